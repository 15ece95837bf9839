"""The source of a script or notebook, cell by cell, without the lines that are commands to a notebook and no Python."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from grader import limits
from grader.errors import Finding, Refusal

NOTEBOOK = ".ipynb"
_COMMAND = re.compile(r"^(\s*)([%!?].*|[\w.]+\?{1,2}\s*|[\w., ]+=\s*[%!].*)$")
_CELL_COMMAND = re.compile(r"^\s*%%(\w+)")
_PYTHON_CELLS = ("time", "timeit", "capture", "prun")
"""Commands of a whole cell after which Python follows."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of source: what it is called in messages, `hw13.ipynb, cell 3`, and its text."""

    name: str
    text: str


def cells_of(name: str, content: bytes) -> tuple[Cell, ...]:
    """The cells of a notebook that hold code, or the one of a script. Raises Refusal."""
    if not name.lower().endswith(NOTEBOOK):
        return (Cell(name, _text(name, content)),)
    try:
        told = json.loads(_text(name, content))
        return tuple(Cell(f"{name}, cell {number}", text) for number, text in _code(told))
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        raise Refusal(Finding("code-notebook", name)) from None


def without_commands(text: str) -> str:
    """The text with `%magic`, `!command` and `name?` blanked out, line by line; nothing of a cell in another language."""
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    command = _CELL_COMMAND.match(first)
    if command and command[1] not in _PYTHON_CELLS:
        return ""
    return "\n".join(_COMMAND.sub(r"\1pass", line) for line in lines)


def _code(notebook: Any) -> Iterator[tuple[int, str]]:
    """The number, counted over all cells from 1, and the text of each cell of code; older notebooks have sheets."""
    cells = (
        notebook["cells"]
        if "cells" in notebook
        else [each for sheet in notebook["worksheets"] for each in sheet["cells"]]
    )
    for number, cell in enumerate(cells[: limits.CODE_MAX_CELLS], 1):
        if cell["cell_type"] == "code":
            source = cell.get("source", cell.get("input", ""))
            yield number, source if isinstance(source, str) else "".join(source)


def _text(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refusal(Finding("code-syntax", name, got="it is no text in UTF-8")) from None
