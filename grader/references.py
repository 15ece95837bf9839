"""The files that a definition names in place of a network: how each is read into the definition."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from grader.limits import MAX_REFERENCE_FILE_BYTES
from grader.networks.onnx_reference import without_weights


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _onnx(path: Path) -> str:
    size = path.stat().st_size
    if size > MAX_REFERENCE_FILE_BYTES:
        raise ValueError(f"it has {size:,} bytes; at most {MAX_REFERENCE_FILE_BYTES:,} are read")
    return without_weights(path.read_bytes())


REFERENCES: Mapping[str, Callable[[Path], Any]] = {"keras_config": _json, "onnx": _onnx}
"""Key of `grading.network` -> what reads the file of that name. Raises OSError, ValueError or DefinitionError."""
