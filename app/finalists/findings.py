"""What a scan of code means under a competition's rules: pure rules over names."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from grader.sources.mentions import Kind


class Found(NamedTuple):
    """A place in the code that staff should look at. `cell` is 0 outside of notebooks; `name` as the code names it."""

    file: str
    cell: int
    line: int
    kind: str
    name: str
    text: str
    forbidden: str
    """The forbidden module; empty: an import or code whose name is computed."""

    @property
    def place(self) -> str:
        """Where it stands."""
        cell = f", cell {self.cell}" if self.cell else ""
        return f"{self.file}{cell}, line {self.line}"


def findings_of(scan: Mapping[str, Any] | None, forbidden: Sequence[str]) -> tuple[Sequence[Found], Sequence[Found]]:
    """The places that name a forbidden module, and those of which the text does not tell."""
    told = [(*place, _forbidden(place[4], place[3], forbidden)) for place in (scan or {}).get("places", ())]
    places = [Found(*each) for each in told]
    named = [each for each in places if each.forbidden]
    return named, [each for each in places if each.kind == Kind.COMPUTED]


def unread(scan: Mapping[str, Any] | None) -> Sequence[tuple[str, str]]:
    """The files that were not read in whole, and why."""
    return [(name, note) for name, _, note in (scan or {}).get("files", ()) if note]


def _forbidden(name: str, kind: str, forbidden: Sequence[str]) -> str:
    if kind == Kind.COMPUTED:
        return ""
    return next((each for each in forbidden if _is_named(name, kind, each)), "")


def _is_named(name: str, kind: str, module: str) -> bool:
    if kind == Kind.INSTALL:  # a package has no submodules, and writes hyphens and letters as it likes
        return name == module.partition(".")[0].lower() and "." not in module
    if name.endswith(".*"):  # everything of a package, and so the module as well
        return f"{module}.".startswith(name[:-1]) or f"{name[:-2]}.".startswith(f"{module}.")
    return f"{name}.".startswith(f"{module}.")
