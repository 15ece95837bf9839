"""A strict reading of a zip archive: what is in it, told the same by every part of it, and the bytes of one entry.

Sections are those of PKWARE's APPNOTE.TXT 6.3.10. Where two parts of an archive could tell two stories (the local header
and the central directory, two entries of one name or of the same bytes), the archive is refused: what is graded must not
depend on which of them a program believes.
"""

import re
import stat
import struct
import zlib
from dataclasses import dataclass
from typing import Any

from grader import limits
from grader.errors import Finding, Refusal

STORED, DEFLATED = 0, 8
_END = struct.Struct("<4sHHHHIIH")  # 4.3.16
_LOCATOR = struct.Struct("<4sIQI")  # 4.3.15
_END_64 = struct.Struct("<4sQHHIIQQQQ")  # 4.3.14, version 1
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")  # 4.3.12
_LOCAL = struct.Struct("<4sHHHHHIIIHH")  # 4.3.7
_ENCRYPTED = 0x0001 | 0x0040 | 0x2000  # bits 0, 6 and 13 of the flags, 4.4.4
_HAS_DESCRIPTOR, _UTF_8 = 0x0008, 0x0800
_MAX_16, _MAX_32 = 0xFFFF, 0xFFFFFFFF
_MAX_COMMENT = 0xFFFF
_DRIVE = re.compile("[A-Za-z]:")  # C:/evil; a colon further on is of a file's name: torch.save("model 12:30.pt")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its name, where its bytes begin, how many they are packed and unpacked, and their CRC-32."""

    name: str
    start: int
    packed: int
    size: int
    crc: int
    method: int
    is_link: bool

    @property
    def is_folder(self) -> bool:
        """Whether the entry stands for a folder."""
        return self.name.endswith("/")


@dataclass(frozen=True, slots=True)
class _Directory:
    """Where the central directory lies, and how many entries it lists."""

    start: int
    end: int
    entries: int


def read_entries(data: bytes, max_entries: int) -> tuple[Entry, ...]:
    """All entries in the order of the central directory. Raises Refusal where the archive contradicts itself."""
    directory = _directory(data)
    if directory.entries > max_entries:
        raise Refusal(Finding("zip-too-many-entries", expected=f"{max_entries:,}", got=f"{directory.entries:,}"))
    found: list[Entry] = []
    headers: list[tuple[int, int, str]] = []
    at = directory.start
    for _ in range(directory.entries):
        fields, name = _named(data, _CENTRAL, b"PK\x01\x02", at, directory.end)
        entry = _entry(data, fields, name, directory)
        found.append(entry)
        headers.append((fields[16], entry.start + entry.packed, entry.name))
        at += _CENTRAL.size + sum(fields[10:13])
    if at != directory.end:
        raise Refusal(Finding("zip-damaged", "the table of contents"))
    _check_names(found)
    _check_places(headers)
    return tuple(found)


def content(data: bytes, entry: Entry) -> memoryview:
    """The bytes of an entry, whose length and CRC-32 have been checked. Raises Refusal."""
    packed = memoryview(data)[entry.start : entry.start + entry.packed]
    unpacked = packed if entry.method == STORED else memoryview(_inflated(packed, entry))
    if len(unpacked) != entry.size:
        raise Refusal(Finding("zip-damaged", entry.name))
    if zlib.crc32(unpacked) != entry.crc:
        raise Refusal(Finding("zip-checksum", entry.name, f"{entry.crc:08x}", f"{zlib.crc32(unpacked):08x}"))
    return unpacked


def _inflated(packed: memoryview, entry: Entry) -> bytes:
    """Unpacks no more than one byte too many."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        unpacked = stream.decompress(packed, entry.size + 1)
    except zlib.error:
        raise Refusal(Finding("zip-damaged", entry.name)) from None
    if len(unpacked) > entry.size:
        raise Refusal(Finding("zip-inflates", entry.name, f"{entry.size:,} bytes", f"more than {entry.size:,} bytes"))
    if not stream.eof or stream.unused_data:
        raise Refusal(Finding("zip-damaged", entry.name))
    return unpacked


def _directory(data: bytes) -> _Directory:
    at = data.rfind(b"PK\x05\x06", max(0, len(data) - _END.size - _MAX_COMMENT))
    if at < 0 or at + _END.size > len(data):
        raise Refusal(Finding("zip-no-end"))
    _, disk, first_disk, here, total, size, start, comment = _END.unpack_from(data, at)
    if at + _END.size + comment != len(data):
        raise Refusal(Finding("zip-no-end"))
    end, entries = at, total
    if at >= _LOCATOR.size and data[at - _LOCATOR.size : at].startswith(b"PK\x06\x07"):
        end, entries, size, start = _zip64(data, at, (total, size, start))
    if (disk, first_disk) != (0, 0) or here != total or start + size != end:
        raise Refusal(Finding("zip-damaged", "the end record"))
    return _Directory(start, end, entries)


def _zip64(data: bytes, at: int, told: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """The same facts from the record for large archives, which torch.save writes always. Both have to agree."""
    _, disk, record_at, disks = _LOCATOR.unpack_from(data, at - _LOCATOR.size)
    if record_at != at - _LOCATOR.size - _END_64.size or disk != 0 or disks > 1:
        raise Refusal(Finding("zip-damaged", "the end record"))
    signature, length, _, _, *disks_64, here, entries, size, start = _END_64.unpack_from(data, record_at)
    agree = all(
        short in (long, limit)
        for short, long, limit in zip(told, (entries, size, start), (_MAX_16, _MAX_32, _MAX_32), strict=True)
    )
    if signature != b"PK\x06\x06" or length != _END_64.size - 12 or any(disks_64) or here != entries or not agree:
        raise Refusal(Finding("zip-damaged", "the end record"))
    return record_at, entries, size, start


def _named(data: bytes, form: struct.Struct, signature: bytes, at: int, end: int) -> tuple[tuple[Any, ...], bytes]:
    """The fields of a header and the name behind it."""
    if at + form.size > end:
        raise Refusal(Finding("zip-damaged", "the table of contents"))
    fields = form.unpack_from(data, at)
    name_bytes = fields[10] if form is _CENTRAL else fields[9]
    name = data[at + form.size : at + form.size + name_bytes]
    if fields[0] != signature or at + form.size + name_bytes > end:
        raise Refusal(Finding("zip-damaged", "the table of contents"))
    return fields, name


def _entry(data: bytes, fields: tuple[Any, ...], raw_name: bytes, directory: _Directory) -> Entry:
    _, _, _, flags, method, _, _, crc, packed, size, _, _, _, disk, _, attributes, header = fields
    name = _text(raw_name, flags)
    if flags & _ENCRYPTED:
        raise Refusal(Finding("zip-encrypted", name))
    if method not in (STORED, DEFLATED):
        raise Refusal(Finding("zip-method", name, got=str(method)))
    if _MAX_32 in (packed, size, header) or disk or (method == STORED and packed != size):
        raise Refusal(Finding("zip-damaged", name))
    local, local_name = _named(data, _LOCAL, b"PK\x03\x04", header, directory.start)
    _, _, local_flags, local_method, _, _, *told, _, extra = local
    start = header + _LOCAL.size + len(local_name) + extra
    known = [(crc, packed, size)] + [(0, 0, 0)] * bool(local_flags & _HAS_DESCRIPTOR)
    same = local_name == raw_name and local_method == method and not (local_flags ^ flags) & _ENCRYPTED
    if not same or tuple(told) not in known:
        raise Refusal(Finding("zip-disagrees", name))
    if start + packed > directory.start:
        raise Refusal(Finding("zip-damaged", name))
    return Entry(name, start, packed, size, crc, method, stat.S_ISLNK(attributes >> 16))


def _text(raw: bytes, flags: int) -> str:
    """A name as text: UTF-8 where the flags or the bytes say so, else code page 437 (APPNOTE, appendix D)."""
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError:
        if flags & _UTF_8:
            raise Refusal(Finding("zip-name", expected=str(limits.MAX_NAME_CHARACTERS), got=ascii(raw[:60]))) from None
        name = raw.decode("cp437")
    if not 0 < len(name) <= limits.MAX_NAME_CHARACTERS or not name.isprintable():
        raise Refusal(Finding("zip-name", expected=str(limits.MAX_NAME_CHARACTERS), got=ascii(name[:60])))
    return name


def _check_names(entries: list[Entry]) -> None:
    seen: set[str] = set()
    for entry in entries:
        parts = entry.name.removesuffix("/").split("/")
        if "\\" in entry.name or _DRIVE.match(entry.name) or any(part in ("", ".", "..") for part in parts):
            raise Refusal(Finding("zip-path", got=entry.name))
        if entry.is_link:
            raise Refusal(Finding("zip-link", entry.name))
        if entry.name in seen:
            raise Refusal(Finding("zip-duplicate", entry.name))
        seen.add(entry.name)


def _check_places(headers: list[tuple[int, int, str]]) -> None:
    """No byte belongs to two entries, and none stands before the first."""
    end = 0
    for begin, next_end, name in sorted(headers):
        if not end and begin:
            raise Refusal(Finding("zip-damaged", name))
        if begin < end:
            raise Refusal(Finding("zip-overlap", name))
        end = next_end
