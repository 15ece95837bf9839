"""A safetensors file, read strictly: a length, a table of contents in JSON, and the numbers without gap or overlap.

The format is that of https://huggingface.co/docs/safetensors: 8 bytes of length, the table, the numbers, little-endian.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from grader import limits
from grader.errors import Finding, Refusal
from grader.reading.state_dicts import is_plain_name
from grader.reading.tensors import FLOATS, ITEM_BYTES, Storage, Tensor

_KINDS = {
    "F16": "float16",
    "BF16": "bfloat16",
    "F32": "float32",
    "F64": "float64",
    "I8": "int8",
    "U8": "uint8",
    "I16": "int16",
    "I32": "int32",
    "I64": "int64",
    "BOOL": "bool",
    "C64": "complex64",
}
_LENGTH_BYTES = 8
_KEYS = {"dtype", "shape", "data_offsets"}


@dataclass(frozen=True, slots=True)
class _Row:
    """One tensor of the table: type as the file spells it, shape, and its bytes from the end of the table."""

    name: str
    kind: str
    shape: tuple[int, ...]
    begin: int
    end: int


def open_safetensors(data: bytes) -> tuple[list[tuple[str, Tensor | Finding]], dict[str, memoryview]]:
    """The tensors by name, layers with numbers in their names in the order of these, and their bytes. Raises Refusal."""
    length = int.from_bytes(data[:_LENGTH_BYTES], "little")
    if length > limits.SAFETENSORS_MAX_HEADER_BYTES:
        limit = f"{limits.SAFETENSORS_MAX_HEADER_BYTES:,} bytes"
        raise Refusal(Finding("safetensors-table", expected=limit, got=f"{length:,} bytes"))
    start = _LENGTH_BYTES + length
    if start > len(data):
        raise Refusal(Finding("safetensors-truncated", expected=f"{start:,} bytes", got=f"{len(data):,} bytes"))
    rows = sorted(_rows(data[_LENGTH_BYTES:start]), key=lambda row: (row.begin, row.end))
    numbers = memoryview(data)[start:]
    end = 0
    for row in rows:
        if row.begin != end or row.end < row.begin:
            raise Refusal(Finding("safetensors-places", row.name))
        end = row.end
    if end != len(numbers):
        raise Refusal(Finding("safetensors-truncated", expected=f"{start + end:,} bytes", got=f"{len(data):,} bytes"))
    rows.sort(key=lambda row: _in_order(row.name))
    return [(row.name, _tensor(row)) for row in rows], {row.name: numbers[row.begin : row.end] for row in rows}


def _rows(table: bytes) -> Iterator[_Row]:
    try:
        told = json.loads(table.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise Refusal(Finding("safetensors-damaged")) from None
    if not isinstance(told, dict) or len(told) > limits.MAX_TENSORS:
        raise Refusal(Finding("safetensors-damaged"))
    for name, facts in told.items():
        if name == "__metadata__":  # a few texts about the file, of no weight
            continue
        if not is_plain_name(name):
            raise Refusal(Finding("tensor-name", expected=str(limits.MAX_NAME_CHARACTERS), got=ascii(name)[:60]))
        yield _row(name, facts)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError
    return table


def _row(name: str, facts: Any) -> _Row:
    if not isinstance(facts, dict) or set(facts) != _KEYS or not isinstance(facts["dtype"], str):
        raise Refusal(Finding("safetensors-row", name))
    shape, places = facts["shape"], facts["data_offsets"]
    if not _counts(shape) or not _counts(places) or len(places) != 2:
        raise Refusal(Finding("safetensors-row", name))
    return _Row(name, facts["dtype"], tuple(shape), *places)


def _counts(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= 4 * limits.MAX_DIMENSIONS
        and all(type(item) is int and 0 <= item < 1 << 48 for item in value)
    )


def _tensor(row: _Row) -> Tensor | Finding:
    kind = _KINDS.get(row.kind, row.kind)
    if kind == "complex64":
        return Finding("tensor-complex", row.name, got=kind)
    if kind not in FLOATS:
        return Finding("tensor-dtype", row.name, "float32", kind[:20])
    if len(row.shape) > limits.MAX_DIMENSIONS:
        return Finding("tensor-too-many-dimensions", row.name, str(limits.MAX_DIMENSIONS), str(len(row.shape)))
    if 0 in row.shape:
        return Finding("tensor-empty", row.name, got=str(row.shape))
    size = math.prod(row.shape)
    if size * ITEM_BYTES[kind] != row.end - row.begin:
        expected, got = f"{size * ITEM_BYTES[kind]:,} bytes", f"{row.end - row.begin:,} bytes"
        return Finding("storage-length", row.name, expected, got)
    strides = tuple(math.prod(row.shape[axis + 1 :]) for axis in range(len(row.shape)))
    return Tensor(Storage(row.name, kind, size), 0, row.shape, strides)


def _in_order(name: str) -> list[tuple[int, int | str]]:
    """Sorts `features.2` before `features.10`, by the whole numbers among the parts of a name."""
    parts: list[tuple[int, int | str]] = []
    for part in re.split(r"(\d{1,9})", name):
        parts.append((0, int(part)) if part.isdecimal() else (1, part))
    return parts
