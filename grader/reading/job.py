"""The reading job: the bytes of a weight file in, named arrays out. Runs in the jail."""

import os

import numpy as np

from grader import limits
from grader.errors import Finding, Refusal
from grader.facts import AnyArray
from grader.reading import keras_layouts, signatures, storage
from grader.reading.hdf5 import open_tree
from grader.reading.library import h5d, h5f, h5g, h5p, h5s, h5t
from grader.reading.signatures import HDF5, has_user_block

READ_BYTES = 1 << 20  # for one call


def warm() -> None:
    """Reads one good and one damaged file, so that nothing is left to load once files can no longer be opened."""
    read(_sample(), limits.MAX_FILE_BYTES)
    for bad in (HDF5 + bytes(limits.H5_WARM_BYTES), b"PK\x03\x04", "\u00e9".encode()):
        try:
            read(bad, limits.MAX_FILE_BYTES)
        except Refusal:
            continue


def run(arguments: dict[str, object], inputs: list[int]) -> tuple[dict[str, object], dict[str, AnyArray]]:
    """Layout, layers and notes, and the arrays by `<layer>/<array>`. Raises Refusal with what is wrong with the file.

    `max_bytes` and `file_name` may stand in the arguments; the name only helps to tell what was uploaded by mistake.
    """
    asked = arguments.get("max_bytes")
    max_bytes = asked if isinstance(asked, int) else limits.MAX_FILE_BYTES
    return read(_content(inputs[0], max_bytes), max_bytes, str(arguments.get("file_name", "")))


def read(data: bytes, max_bytes: int, file_name: str = "") -> tuple[dict[str, object], dict[str, AnyArray]]:
    """What `run` returns, for bytes in memory. One byte beyond `max_bytes` is enough to refuse them."""
    if len(data) > max_bytes:
        raise Refusal(Finding("too-large", expected=f"{max_bytes:,} bytes", got=f"more than {max_bytes:,} bytes"))
    if not data.startswith(HDF5) and not has_user_block(data):
        raise Refusal(signatures.recognise(data[: signatures.HEAD_BYTES], file_name) or Finding("not-hdf5"))
    found = keras_layouts.find_weights(open_tree(data))
    arrays = storage.read_arrays([dataset for layer in found.layers for dataset in layer.arrays.values()])
    keys = [f"{at}/{number}" for at, layer in enumerate(found.layers) for number in range(len(layer.arrays))]
    head: dict[str, object] = {
        "layout": found.layout.value,
        "ordered": found.layout.ordered,
        "layers": [{"name": layer.name, "arrays": list(layer.arrays)} for layer in found.layers],
        "notes": [[code, number] for code, number in found.notes.items()],
    }
    return head, dict(zip(keys, arrays, strict=True))


def _content(file: int, max_bytes: int) -> bytes:
    """The file from its beginning, but no more than one byte beyond `max_bytes`."""
    os.lseek(file, 0, os.SEEK_SET)
    pieces: list[bytes] = []
    left = max_bytes + 1
    while left > 0 and (piece := os.read(file, min(left, READ_BYTES))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _sample() -> bytes:
    """A small file that makes every part of the reader work: a layer with one array in a chunk that is packed."""
    access = h5p.create(h5p.FILE_ACCESS)
    access.set_fapl_core(backing_store=False)
    file = h5f.create(b"warm.h5", fapl=access)
    layer = h5g.create(h5g.create(file, b"layers"), b"dense")
    plan = h5p.create(h5p.DATASET_CREATE)
    plan.set_chunk((2, 2))
    plan.set_shuffle()
    plan.set_deflate(1)
    plan.set_fletcher32()
    dataset = h5d.create(h5g.create(layer, b"vars"), b"0", h5t.IEEE_F64BE, h5s.create_simple((3, 3)), plan)
    dataset.write(h5s.ALL, h5s.ALL, np.ones((3, 3)))
    h5f.flush(file)
    content: bytes = file.get_file_image()
    return content
