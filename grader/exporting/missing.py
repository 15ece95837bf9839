"""What stands for a module that is not installed, until somebody uses it: a script imports much that its network does not need."""

from typing import Any, NoReturn


class MissingModule(ImportError):
    """Something of a module that is not available here was used. `name` is the module's."""


class Missing:
    """A module or something in it that is not there. Any name may be asked of it; calling or deriving from it raises."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> "Missing":
        if name.startswith("__"):
            raise AttributeError(name)
        return Missing(self._module)

    def __call__(self, *arguments: Any, **named: Any) -> NoReturn:
        """Raises MissingModule."""
        raise MissingModule(f"the module {self._module} is not available", name=self._module)

    def __getitem__(self, key: Any) -> "Missing":
        return self

    def __or__(self, other: Any) -> "Missing":
        return self

    __ror__ = __or__

    def __mro_entries__(self, bases: Any) -> NoReturn:
        self()
