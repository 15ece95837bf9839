"""How a dataset is stored, checked before it is read, and its numbers.

Checked for every dataset: no data outside the file, no virtual dataset, no filter but deflate, shuffle and fletcher32.
Checked for those that hold weights: an IEEE float type, a size within the budget, and every byte really there, since
HDF5 hands out zeros for what was never written, and a zero is worth points here.
"""

import math
import zlib
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from grader import limits
from grader.errors import Finding, Refusal
from grader.facts import AnyArray, Shape
from grader.reading.library import DAMAGE, h5d, h5s, h5t

DEFLATE, SHUFFLE, FLETCHER32 = 1, 2, 3
FLETCHER32_BYTES = 4  # appended by the checksum
_FILTER_NAMES = {
    DEFLATE: "gzip",
    SHUFFLE: "shuffle",
    FLETCHER32: "fletcher32",
    4: "szip",
    5: "nbit",
    6: "scaleoffset",
    32000: "LZF",
    32001: "Blosc",
    32004: "LZ4",
    32015: "Zstandard",
}
_FLOATS = (
    *(h5t.IEEE_F16LE, h5t.IEEE_F32LE, h5t.IEEE_F64LE),
    *(h5t.IEEE_F16BE, h5t.IEEE_F32BE, h5t.IEEE_F64BE),
)
_CLASSES = {h5t.STRING: "text", h5t.COMPOUND: "compound or complex numbers", h5t.ENUM: "booleans or an enumeration"}


class Stored(Protocol):
    """A dataset that can be read: its path and its open handle."""

    @property
    def path(self) -> str:
        """Path in the file, without a leading slash."""

    @property
    def handle(self) -> object:
        """The library's open dataset."""


def layout_problem(handle: Any, path: str) -> Finding | None:
    """What is forbidden about the place and the coding of a dataset's bytes, None where nothing is."""
    plan = handle.get_create_plist()
    if plan.get_external_count():
        return Finding("h5-external-storage", path)
    if plan.get_layout() == h5d.VIRTUAL:
        return Finding("h5-virtual", path)
    filters = _filters(plan)
    for number in filters:
        if number not in (DEFLATE, SHUFFLE, FLETCHER32) or filters.count(number) > 1:
            name = _FILTER_NAMES.get(number, f"number {number}")
            return Finding("h5-filter", path, got=f"{name}, {filters.count(number)} x")
    return None


def read_arrays(datasets: Sequence[Stored]) -> list[AnyArray]:
    """The numbers of the datasets as stored, in this machine's byte order. Raises Refusal with all problems.

    All datasets are checked before the first is read; findings end at a cap.
    """
    findings: list[Finding] = []
    budget = limits.MAX_ELEMENTS
    chunks = limits.H5_MAX_CHUNKS
    for dataset in datasets:
        handle: Any = dataset.handle
        try:
            if problem := _type_problem(handle, dataset.path) or _space_problem(handle, dataset.path):
                findings.append(problem)
                continue
            elements, pieces = _extent(handle)
            budget, chunks = budget - elements, chunks - pieces
            if budget < 0 or chunks < 0:
                raise Refusal(*findings, _too_large(dataset.path, budget, chunks))
            if problem := _bytes_problem(handle, dataset.path):
                findings.append(problem)
        except DAMAGE:
            findings.append(Finding("h5-damaged", dataset.path))
    if findings:
        raise Refusal(*findings[: limits.MAX_READ_FINDINGS])
    return [_read(dataset.handle, dataset.path) for dataset in datasets]


def _read(handle: Any, path: str) -> AnyArray:
    array = np.empty(handle.shape, handle.dtype.newbyteorder("="))
    try:
        handle.read(h5s.ALL, h5s.ALL, array)
    except DAMAGE as error:
        raise Refusal(Finding("h5-damaged", path)) from error
    return array


def _filters(plan: Any) -> list[int]:
    return [plan.get_filter(index)[0] for index in range(plan.get_nfilters())]


def _too_large(path: str, budget: int, chunks: int) -> Finding:
    if budget < 0:
        limit = limits.MAX_ELEMENTS
        return Finding("h5-too-many-numbers", path, f"{limit:,}", f"{limit - budget:,}")
    return Finding("h5-too-many-chunks", path, f"{limits.H5_MAX_CHUNKS:,}", f"{limits.H5_MAX_CHUNKS - chunks:,}")


def _type_problem(handle: Any, path: str) -> Finding | None:
    kind = handle.get_type()
    if kind.committed():
        return Finding("h5-named-type", path)
    if kind.get_class() == h5t.FLOAT and any(kind.equal(known) for known in _FLOATS):
        return None
    bits = 8 * kind.get_size()
    sign = "u" if kind.get_class() == h5t.INTEGER and kind.get_sign() == h5t.SGN_NONE else ""
    names = {**_CLASSES, h5t.INTEGER: f"{sign}int{bits}", h5t.FLOAT: f"an unusual float of {bits} bits"}
    return Finding("h5-dtype", path, "float32", names.get(kind.get_class(), "something else than numbers"))


def _space_problem(handle: Any, path: str) -> Finding | None:
    space = handle.get_space()
    if space.get_simple_extent_type() == h5s.NULL:
        return Finding("h5-no-shape", path)
    shape: Shape = handle.shape
    if len(shape) > limits.MAX_DIMENSIONS:
        return Finding("h5-too-many-dimensions", path, str(limits.MAX_DIMENSIONS), str(len(shape)))
    if 0 in shape:
        return Finding("h5-empty-array", path, got=str(shape))
    return None


def _extent(handle: Any) -> tuple[int, int]:
    """Numbers that reading may touch, whole chunks at the edges included, and the number of chunks."""
    plan = handle.get_create_plist()
    if plan.get_layout() != h5d.CHUNKED:
        return math.prod(handle.shape), 0
    chunk: Shape = plan.get_chunk()
    pieces = math.prod(-(-length // step) for length, step in zip(handle.shape, chunk, strict=True))
    return pieces * math.prod(chunk), pieces


def _bytes_problem(handle: Any, path: str) -> Finding | None:
    """Whether bytes are missing, or are fewer or more than the shape says."""
    size = math.prod(handle.shape) * handle.dtype.itemsize
    if not handle.get_storage_size():
        return Finding("h5-unwritten", path, f"{size:,} bytes", "0 bytes")
    plan = handle.get_create_plist()
    if plan.get_layout() == h5d.CHUNKED:
        return _chunks_problem(handle, plan, path)
    stored = handle.get_storage_size()
    return Finding("h5-damaged", path) if stored != size else None


def _chunks_problem(handle: Any, plan: Any, path: str) -> Finding | None:
    found: list[Any] = []
    handle.chunk_iter(found.append)
    chunk: Shape = plan.get_chunk()
    places = {
        tuple(info.chunk_offset)
        for info in found
        if all(
            at < length and at % step == 0
            for at, length, step in zip(info.chunk_offset, handle.shape, chunk, strict=True)
        )
    }
    _, needed = _extent(handle)
    if len(places) != needed:
        return Finding("h5-unwritten", path, f"{needed:,} chunks", f"{len(places):,} chunks")
    size = math.prod(chunk) * handle.dtype.itemsize
    for info in found:
        if problem := _chunk_problem(handle, info, size, _filters(plan), path):
            return problem
    return None


def _chunk_problem(handle: Any, info: Any, size: int, filters: Sequence[int], path: str) -> Finding | None:
    """Whether a chunk's bytes are those of its shape, exactly: for fewer, HDF5 would hand out whatever memory held."""
    if info.size > size + size // 1000 + 64:  # what deflate and a checksum add to bytes that do not compress
        return Finding("h5-damaged", path)
    for index, number in enumerate(filters):
        applied = not info.filter_mask >> index & 1
        if number == FLETCHER32 and applied:
            size += FLETCHER32_BYTES
        if number == DEFLATE and applied:
            _mask, packed = handle.read_direct_chunk(info.chunk_offset)
            return _inflated_problem(packed, size, path)
    return Finding("h5-damaged", path) if info.size != size else None


def _inflated_problem(packed: bytes, size: int, path: str) -> Finding | None:
    """Unpacks no more than one byte too many; HDF5 itself would go on for as long as memory lasts."""
    stream = zlib.decompressobj()
    try:
        length = len(stream.decompress(packed, size + 1))
    except zlib.error:
        return Finding("h5-damaged", path)
    if length > size:
        return Finding("h5-inflates", path, f"{size:,} bytes", f"more than {size:,} bytes")
    return Finding("h5-damaged", path) if length < size or not stream.eof else None
