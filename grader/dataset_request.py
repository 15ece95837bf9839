"""What the process that makes a data set from an upload is asked."""

from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[1]
"""Where the packages lie."""


@dataclass(frozen=True, slots=True)
class Request:
    """The upload, the folder of all data sets, and what is done to pictures. `layout` is None for an `.npz`."""

    source: str
    folder: str
    layout: str | None = None
    resize: int | None = None
    crop: int | None = None
    classes: tuple[str, ...] = ()
