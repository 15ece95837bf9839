"""The texts that a new competition may begin with."""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from app.competitions import definition
from app.editing.references import BUILT_IN
from app.errors import NotFound
from grader import yaml_source
from grader.errors import DefinitionError

SLUG_CHARACTERS = 64


class Start(NamedTuple):
    """A built-in definition: its name, and what it is."""

    name: str
    title: str
    summary: str


@cache
def built_in() -> tuple[Start, ...]:
    """The definitions that come with the project."""
    return tuple(_starts())


def text_of(name: str) -> str:
    """The text of a built-in definition. Raises NotFound."""
    if name not in {start.name for start in built_in()}:
        raise NotFound(f"There is no built-in definition {name[:60]!r}.")
    return (BUILT_IN / f"{name}.yaml").read_text(encoding="utf-8")


def renamed(text: str, slug: str, taken: frozenset[str]) -> str:
    """The text under a slug that is free: `slug` itself, or with the lowest number behind it."""
    free = slug[:SLUG_CHARACTERS]
    number = 1
    while free in taken:
        number += 1
        free = f"{slug[: SLUG_CHARACTERS - len(str(number)) - 1]}-{number}"
    return with_value(text, ("slug",), free)


def with_network(text: str, key: str, name: str) -> str:
    """The text with an uploaded network in the place of its own; unchanged where it has no place for one."""
    return with_value(text, ("grading", "network"), f"{key}: {name}")


def with_value(text: str, path: tuple[str, ...], value: str) -> str:
    """The text with another value of one line at a path; unchanged where it cannot be read or has no such path."""
    try:
        return yaml_source.parse(text, "").replaced(path, value, text)
    except DefinitionError:
        return text


def _starts() -> Iterator[Start]:
    for path in sorted(BUILT_IN.glob("*.yaml")):
        found = definition.load(path)
        yield Start(path.stem, found.title, found.summary)
