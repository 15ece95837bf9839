"""Where the structures of an HDF5 file lie, found by their signatures and by parsing object headers.

Offsets are those of the HDF5 File Format Specification, version 3. What does not parse is left out: the files are meant to be
damaged, not to be understood.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

MESSAGES = {
    1: "dataspace",
    2: "link info",
    3: "datatype",
    4: "old fill value",
    5: "fill value",
    6: "link",
    7: "external files",
    8: "layout",
    10: "group info",
    11: "filters",
    12: "attribute",
    16: "continuation",
    17: "symbol table",
    21: "attribute info",
}
SIGNATURES = {
    name.encode(): length
    for name, length in (
        *(("TREE", 128), ("SNOD", 128), ("HEAP", 160), ("GCOL", 128), ("FRHP", 146), ("FHDB", 64), ("FHIB", 64)),
        *(("BTHD", 38), ("BTLF", 64), ("BTIN", 64), ("FAHD", 28), ("FADB", 64), ("EAHD", 72), ("EAIB", 64)),
        ("OCHK", 96),
    )
}
HEADER_1 = re.compile(rb"\x01\x00(?P<count>..)(?:[\x01-\x04]\x00\x00\x00)(?P<size>....)\x00\x00\x00\x00", re.DOTALL)
SIGNATURE = re.compile(b"|".join(SIGNATURES))
MAX_MESSAGES = 64


@dataclass(frozen=True, slots=True)
class Piece:
    """A structure or a part of one: what it is, and the bytes that it takes."""

    kind: str
    start: int
    length: int


def pieces(data: bytes) -> list[Piece]:
    """Everything that was found, in no particular order."""
    found = [Piece("superblock", 8, 88 if data[8:9] < b"\x02" else 40)]
    found += [
        Piece(hit.group().decode(), hit.start(), min(SIGNATURES[hit.group()], len(data) - hit.start()))
        for hit in SIGNATURE.finditer(data)
    ]
    for hit in HEADER_1.finditer(data):
        if hit.start() % 8 == 0:
            found.append(Piece("header", hit.start(), 16))
            found += _messages_1(data, hit.end(), int.from_bytes(hit["size"], "little"))
    for hit in re.finditer(b"OHDR", data):
        start, end, step = chunk_of_header_2(data, hit.start())
        found.append(Piece("header", hit.start() + 4, start - hit.start() - 4))
        found += _messages_2(data, start, end, step)
    return [piece for piece in found if piece.length > 0 and piece.start + piece.length <= len(data)]


def chunk_of_header_2(data: bytes, at: int) -> tuple[int, int, int]:
    """Begin and end of the messages of a header of version 2, and the length of a message's own header."""
    flags = data[at + 5] if at + 5 < len(data) else 0
    start = at + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
    width = 1 << (flags & 3)
    size = int.from_bytes(data[start : start + width], "little")
    return start + width, start + width + size, 6 if flags & 4 else 4


def _messages_1(data: bytes, at: int, length: int) -> Iterator[Piece]:
    end = min(at + length, len(data) - 8)
    for _ in range(MAX_MESSAGES):
        if at >= end:
            return
        kind, size = struct.unpack_from("<HH", data, at)
        yield Piece("message", at, 8)
        yield Piece(MESSAGES.get(kind, "other message"), at + 8, size)
        if kind == 16 and size >= 16 and at + 24 <= len(data):
            there, room = struct.unpack_from("<QQ", data, at + 8)
            if at < there < len(data):
                yield from _messages_1(data, there, room)
        at += 8 + size


def _messages_2(data: bytes, at: int, end: int, step: int) -> Iterator[Piece]:
    for _ in range(MAX_MESSAGES):
        if at + step > min(end, len(data)):
            return
        kind, size = data[at], int.from_bytes(data[at + 1 : at + 3], "little")
        yield Piece("message", at, step)
        yield Piece(MESSAGES.get(kind, "other message"), at + step, size)
        at += step + size
