"""The Python in a Jupyter notebook, cell by cell, and what its lines for the shell install."""

import json
import re
from collections.abc import Iterator

from grader.sources.mentions import Kind, Mention

_MAGIC = re.compile(r"(\s*)(?:[\w.,\s\[\]]+=\s*)?[%!].*")
_HELP = re.compile(r"\s*[\w.]+\?{1,2}\s*")
_OF_PYTHON = ("time", "timeit", "capture", "prun", "writefile", "file", "python", "python3", "pypy")
_INSTALL = re.compile(r"\b(?:pip3?|conda|mamba|uv)\b.*?\b(?:install|add)\b(.*)")
_REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def cells_of(text: str) -> list[str]:
    """The sources of the code cells in order. Raises ValueError where it is no notebook."""
    try:
        told = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(told, dict):
        raise ValueError("no notebook")
    if not isinstance(told.get("cells", told.get("worksheets")), list):
        raise ValueError("no cells")
    sheets = _list(told.get("worksheets")) or [told]  # the third format of notebooks had them
    cells = [cell for sheet in sheets if isinstance(sheet, dict) for cell in _list(sheet.get("cells"))]
    return [_source(cell) for cell in cells if isinstance(cell, dict) and cell.get("cell_type") == "code"]


def as_python(source: str) -> str:
    """The cell with a line of Python for each line that is meant for the notebook, so that numbers of lines stay."""
    lines = source.splitlines()
    if lines and (first := lines[0].strip()).startswith("%%"):
        name = first[2:].split()[0] if first[2:].split() else ""
        lines = [""] + (lines[1:] if name in _OF_PYTHON else [""] * (len(lines) - 1))
    return "\n".join(_line(line) for line in lines)


def installed(source: str) -> Iterator[Mention]:
    """The packages that lines for the shell install, under the names by which they are imported as a rule."""
    for number, line in enumerate(source.splitlines(), start=1):
        if match := _INSTALL.search(line.partition("#")[0]):
            yield from required(match[1].replace('"', " ").replace("'", " "), number)


def required(line: str, number: int) -> Iterator[Mention]:
    """The packages in a line of requirements."""
    for word in line.split():
        if (match := _REQUIREMENT.match(word)) and not word.startswith("-"):
            yield Mention(re.sub(r"[-.]+", "_", match[0]).lower(), Kind.INSTALL, number, line.strip()[:200])


def _line(line: str) -> str:
    if match := _MAGIC.fullmatch(line):
        return f"{match[1]}pass"
    return f"{line[: len(line) - len(line.lstrip())]}pass" if _HELP.fullmatch(line) else line


def _source(cell: dict[str, object]) -> str:
    told = cell.get("source", cell.get("input", ""))
    return told if isinstance(told, str) else "".join(part for part in _list(told) if isinstance(part, str))


def _list(told: object) -> list[object]:
    return told if isinstance(told, list) else []
