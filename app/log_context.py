"""What the log lines of this moment are about: the request, the submission, the grading."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_ABOUT: ContextVar[Mapping[str, str | int]] = ContextVar("about", default={})  # noqa: B039 - never changed in place


@contextmanager
def about(**facts: str | int) -> Iterator[None]:
    """Adds facts to every log line of the block, in the threads that it hands work to as well."""
    token = _ABOUT.set({**_ABOUT.get(), **facts})
    try:
        yield
    finally:
        _ABOUT.reset(token)


def facts() -> Mapping[str, str | int]:
    """The facts that hold now."""
    return _ABOUT.get()
