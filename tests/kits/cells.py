"""The starter notebook as a program: its cells in order, with other settings after its own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NOTEBOOK = Path(__file__).resolve().parents[2] / "kits" / "cmu-10605" / "starter.ipynb"


@dataclass(frozen=True)
class Cell:
    """A cell of code."""

    id: str
    source: str
    is_parameters: bool


def notebook() -> dict[str, Any]:
    """The notebook as it is stored."""
    found: dict[str, Any] = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    return found


def cells() -> list[Cell]:
    """Its cells of code, in order."""
    return [
        Cell(cell["id"], "".join(cell["source"]), "parameters" in cell["metadata"].get("tags", ()))
        for cell in notebook()["cells"]
        if cell["cell_type"] == "code"
    ]


def program(settings: Mapping[str, object], *only: str) -> str:
    """The cells' own text, all of them or those with these ids, with the settings in the place that is marked for them."""
    parts = []
    for cell in cells():
        if only and cell.id not in only:
            continue
        parts.append(cell.source)
        if cell.is_parameters:
            parts += [f"{name} = {value!r}" for name, value in settings.items()]
    return "\n\n".join(parts) + "\n"
