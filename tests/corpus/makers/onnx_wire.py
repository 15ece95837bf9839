"""The wire format of protocol buffers, written from nested lists: any field, right or wrong, can be put anywhere."""

import struct
from collections.abc import Iterable
from typing import Any, TypeAlias

Fields: TypeAlias = Iterable[tuple[int, Any]]


def message(fields: Fields) -> bytes:
    """Fields in order: a whole number, a float, text, bytes, or a list of fields, which is a message within."""
    return b"".join(_field(number, value) for number, value in fields)


def varint(value: int) -> bytes:
    """A whole number, of 64 bits where it is negative."""
    value &= (1 << 64) - 1
    written = b""
    while value >= 128:
        written += bytes([value & 127 | 128])
        value >>= 7
    return written + bytes([value])


def packed(values: Iterable[int]) -> bytes:
    """Whole numbers in one row."""
    return b"".join(varint(value) for value in values)


def _field(number: int, value: Any) -> bytes:
    if isinstance(value, bool | int):
        return varint(number << 3) + varint(int(value))
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    content = value.encode() if isinstance(value, str) else value if isinstance(value, bytes) else message(value)
    return varint(number << 3 | 2) + varint(len(content)) + content
