"""HDF5 files by program: a base, steps that change it through h5py, then edits of its bytes."""

import io
from typing import Any

import h5py

from tests.corpus.makers import bases, edits, steps


def make(parameters: dict[str, Any], seed: int) -> bytes:
    """The bytes of the file. Keys: `base`, `network`, `options` (of h5py.File), `steps`, `edits`."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", **parameters.get("options", {})) as file:
        bases.fill(file, parameters.get("base", "keras-vars"), parameters.get("network", "corpus"), seed)
        for step in parameters.get("steps", []):
            steps.apply(file, step)
    data = buffer.getvalue()
    for edit in parameters.get("edits", []):
        data = edits.apply(data, edit)
    return data
