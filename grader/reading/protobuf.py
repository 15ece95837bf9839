"""The wire format of protocol buffers, read strictly: fields that a message has, as often as it may have them, and no other.

Format: https://protobuf.dev/programming-guides/encoding/. Nothing is built for a message but a table of its fields.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from grader import limits
from grader.errors import Finding, Refusal
from grader.facts import AnyArray

MAX_VARINT_BYTES = 10  # 64 bits, seven in each
VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
"""Kinds of values on the wire; 3 and 4 are groups, which no message has that is read here."""


class Kind(Enum):
    """What a field holds."""

    INT = VARINT
    FLOAT = FIXED32
    BYTES = LENGTH
    TEXT = "text"
    INTS = "ints"
    FLOATS = "floats"
    DOUBLES = "doubles"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Forbidden:
    """A field that no file may have; `code` is the refusal's."""

    code: str


class Field(NamedTuple):
    """A field of a message: its name, what it holds (a kind, or the fields of a message), and whether there may be many."""

    name: str
    holds: "Kind | Forbidden | Message"
    many: bool = False


Message: TypeAlias = Mapping[int, Field]
Table: TypeAlias = dict[str, Any]
"""The fields that a message has, by name: numbers, texts, bytes, arrays, tables, and lists of those that may be many."""


class Reader:
    """Reads one file; the fields of all its messages are counted together."""

    def __init__(self) -> None:
        self._fields = 0

    def read(self, data: memoryview, message: Message, where: str, depth: int = 0) -> Table:
        """The fields of a message. Raises Refusal where bytes are no message of that kind."""
        if depth > limits.ONNX_MAX_DEPTH:
            raise _damaged(where, "messages within messages without end")
        table: Table = {}
        for number, wire, value in self._pairs(data, where):
            field = message.get(number)
            if field is None:
                raise _damaged(where, f"field {number}, which no ONNX file has there")
            if isinstance(field.holds, Forbidden):
                raise Refusal(Finding(field.holds.code, _name_of(table, where)))
            if field.holds is not Kind.SKIPPED:
                self._put(table, field, self._value(field, wire, value, where, depth), where)
        return table

    def _pairs(self, data: memoryview, where: str) -> Iterator[tuple[int, int, int | memoryview]]:
        at = 0
        while at < len(data):
            self._fields += 1
            if self._fields > limits.ONNX_MAX_FIELDS:
                raise Refusal(Finding("onnx-too-many-fields", expected=f"{limits.ONNX_MAX_FIELDS:,}"))
            key, at = _varint(data, at, where)
            number, wire = key >> 3, key & 7
            value: int | memoryview
            if wire == VARINT:
                value, at = _varint(data, at, where)
            else:
                length, at = (
                    _varint(data, at, where) if wire == LENGTH else ({FIXED64: 8, FIXED32: 4}.get(wire, -1), at)
                )
                if length < 0 or length > len(data) - at:
                    raise _damaged(where, f"field {number} is cut off or of a kind {wire} that is not used")
                value, at = data[at : at + length], at + length
            yield number, wire, value

    def _value(self, field: Field, wire: int, value: int | memoryview, where: str, depth: int) -> Any:
        holds = field.holds
        if isinstance(holds, Mapping):
            return self.read(_bytes(value, wire, where, field), holds, f"{where}.{field.name}", depth + 1)
        if holds is Kind.INT and isinstance(value, int) and wire == VARINT:
            return _signed(value)
        if holds is Kind.FLOAT and not isinstance(value, int) and wire == FIXED32:
            return struct.unpack("<f", value)[0]
        if holds is Kind.INTS:
            return [_signed(value)] if isinstance(value, int) else _integers(value, wire, where, field)
        if holds in (Kind.FLOATS, Kind.DOUBLES) and not isinstance(value, int):
            return _numbers(value, wire, np.dtype("<f4" if holds is Kind.FLOATS else "<f8"), where, field)
        if holds in (Kind.BYTES, Kind.TEXT):
            content = _bytes(value, wire, where, field)
            return content if holds is Kind.BYTES else _text(content, where, field)
        raise _damaged(where, f"{field.name} is of a kind {wire} that it never is")

    def _put(self, table: Table, field: Field, value: Any, where: str) -> None:
        if field.many:
            table.setdefault(field.name, []).append(value)
        elif field.name not in table:
            table[field.name] = value
        elif field.holds not in (Kind.INTS, Kind.FLOATS, Kind.DOUBLES):
            raise _damaged(where, f"{field.name} is there twice")
        elif len(table[field.name]) > limits.ONNX_MAX_PACKED:
            raise Refusal(Finding("onnx-long-list", where, f"{limits.ONNX_MAX_PACKED:,}", f"more of {field.name}"))
        elif field.holds is Kind.INTS:
            table[field.name] += value
        else:
            table[field.name] = np.concatenate([table[field.name], value])


def _varint(data: memoryview, at: int, where: str) -> tuple[int, int]:
    """A whole number from 0, and where it ends."""
    value = 0
    for place, byte in enumerate(data[at : at + MAX_VARINT_BYTES]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value & (1 << 64) - 1, at + place + 1
    raise _damaged(where, "a number that does not end")


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


def _integers(value: memoryview, wire: int, where: str, field: Field) -> list[int]:
    if wire != LENGTH:
        raise _damaged(where, f"{field.name} is of a kind {wire} that it never is")
    if len(value) > MAX_VARINT_BYTES * limits.ONNX_MAX_PACKED:
        raise Refusal(
            Finding("onnx-long-list", where, f"{limits.ONNX_MAX_PACKED:,}", f"{len(value):,} bytes of {field.name}")
        )
    found, at = [], 0
    while at < len(value):
        number, at = _varint(value, at, where)
        found.append(_signed(number))
    return found


def _numbers(value: memoryview, wire: int, kind: "np.dtype[Any]", where: str, field: Field) -> AnyArray:
    alone = wire in (FIXED32, FIXED64) and len(value) == kind.itemsize
    if not (alone or wire == LENGTH) or len(value) % kind.itemsize:
        raise _damaged(where, f"{field.name} has {len(value):,} bytes, no whole number of {kind.itemsize}")
    return np.frombuffer(value, kind)


def _bytes(value: int | memoryview, wire: int, where: str, field: Field) -> memoryview:
    if isinstance(value, int) or wire != LENGTH:
        raise _damaged(where, f"{field.name} is of a kind {wire} that it never is")
    return value


def _text(value: memoryview, where: str, field: Field) -> str:
    try:
        text = bytes(value[: 4 * limits.ONNX_MAX_NAME_CHARACTERS + 1]).decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if len(text) > limits.ONNX_MAX_NAME_CHARACTERS or not (text.isprintable() or not text):
        raise Refusal(
            Finding("onnx-name", where, f"{limits.ONNX_MAX_NAME_CHARACTERS}", f"{field.name} of {len(value):,} bytes")
        )
    return text


def _name_of(table: Table, where: str) -> str:
    return str(table.get("name") or where)


def _damaged(where: str, detail: str) -> Refusal:
    return Refusal(Finding("onnx-damaged", where, got=detail))
