"""The files that a definition names in place of a network: how each is read into the definition."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from grader.errors import DefinitionError
from grader.limits import MAX_REFERENCE_FILE_BYTES
from grader.networks.onnx_reference import without_weights


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _onnx(path: Path) -> str:
    size = path.stat().st_size
    if size > MAX_REFERENCE_FILE_BYTES:
        raise ValueError(f"it has {size:,} bytes; at most {MAX_REFERENCE_FILE_BYTES:,} are read")
    return without_weights(path.read_bytes())


Lookup: TypeAlias = Callable[[str, str], Any]
"""What reads the file that a definition names: key of `grading.network` and name -> what stands for it in the definition.

Raises OSError, ValueError or DefinitionError.
"""


def in_folder(folder: Path) -> Lookup:
    """Reads the files of a folder, and none beside it."""

    def read(key: str, name: str) -> Any:
        if Path(name).name != name:
            raise DefinitionError("the network's configuration lies in the folder of the definition")
        return REFERENCES[key](folder / name)

    return read


REFERENCES: Mapping[str, Callable[[Path], Any]] = {"keras_config": _json, "onnx": _onnx}
"""Key of `grading.network` -> what reads the file of that name. Raises OSError, ValueError or DefinitionError."""
