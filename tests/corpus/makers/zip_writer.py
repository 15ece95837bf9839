"""A writer of zip archives that can lie: each entry may say of itself what is not so. Layout as in APPNOTE 6.3.10."""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

ALIGNMENT = 64
UTF_8, DESCRIPTOR = 0x0800, 0x0008
PADDING = 0x4246  # "FB", the extra field with which torch aligns


@dataclass
class Entry:
    """One entry. `lies` overrides what headers say: `local-` or `central-` before a field's name, or both without."""

    name: str
    content: bytes
    method: int = 0
    flags: int = UTF_8 | DESCRIPTOR
    attributes: int = 0
    lies: dict[str, Any] = field(default_factory=dict)

    def said(self, where: str, fact: str, truth: Any) -> Any:
        """What a header says about a fact."""
        return self.lies.get(f"{where}-{fact}", self.lies.get(fact, truth))


def write(
    entries: Sequence[Entry], *, zip64: bool = True, comment: bytes = b"", end: dict[str, int] | None = None
) -> bytes:
    """The archive, as torch writes it: data at multiples of 64 bytes, lengths behind the data, the end record twice."""
    out, central = bytearray(), bytearray()
    for entry in entries:
        at = int(entry.lies.get("at", len(out)))
        packed = _packed(entry)
        if "at" not in entry.lies:
            out += _local(entry, packed, len(out)) + packed + _descriptor(entry, packed)
        central += _central(entry, packed, at)
    return bytes(out + central) + _end(len(entries), len(central), len(out), zip64, comment, end or {})


def _packed(entry: Entry) -> bytes:
    if entry.method != 8:
        return entry.content
    stream = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return stream.compress(entry.content) + stream.flush()


def _facts(entry: Entry, packed: bytes, where: str) -> tuple[int, int, int]:
    return (
        entry.said(where, "crc", zlib.crc32(entry.content)),
        entry.said(where, "packed", len(packed)),
        entry.said(where, "size", len(entry.content)),
    )


def _local(entry: Entry, packed: bytes, at: int) -> bytes:
    name = str(entry.said("local", "name", entry.name)).encode()
    facts = _facts(entry, packed, "local")
    if entry.flags & DESCRIPTOR and not any(key.startswith("local-") for key in entry.lies):
        facts = (0, 0, 0)
    padding = -(at + 30 + len(name) + 4) % ALIGNMENT
    extra = struct.pack("<HH", PADDING, padding) + b"Z" * padding
    method, flags = entry.said("local", "method", entry.method), entry.said("local", "flags", entry.flags)
    return struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 0, flags, method, 0, 0, *facts, len(name), len(extra)) + name + extra


def _descriptor(entry: Entry, packed: bytes) -> bytes:
    return struct.pack("<4sIII", b"PK\7\10", *_facts(entry, packed, "central")) if entry.flags & DESCRIPTOR else b""


def _central(entry: Entry, packed: bytes, at: int) -> bytes:
    name = entry.name.encode()
    method, flags = entry.said("central", "method", entry.method), entry.said("central", "flags", entry.flags)
    facts = _facts(entry, packed, "central")
    lengths = (len(name), 0, 0, 0, 0)
    return (
        struct.pack("<4sHHHHHHIII", b"PK\1\2", 0x0314, 0, flags, method, 0, 0, *facts)
        + struct.pack("<HHHHHII", *lengths, entry.attributes << 16, at)
        + name
    )


def _end(count: int, size: int, start: int, zip64: bool, comment: bytes, lies: dict[str, int]) -> bytes:
    count, size, start = lies.get("entries", count), lies.get("size", size), lies.get("start", start)
    found = b""
    if zip64:
        long = lies.get("long-entries", count)
        found = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 0x031E, 45, 0, 0, long, long, size, start)
        found += struct.pack("<4sIQI", b"PK\6\7", 0, start + size, 1)
    disk = lies.get("disk", 0)
    return found + struct.pack("<4sHHHHIIH", b"PK\5\6", disk, disk, count, count, size, start, len(comment)) + comment
