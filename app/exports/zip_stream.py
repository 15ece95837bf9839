"""A zip archive that is written while it is sent: what it takes of memory does not depend on its size."""

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

CHUNK_BYTES = 256 << 10
_SAFE = re.compile(r"[^\w .@()+=,-]")


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the archive: bytes, or what finds the path to them; one that is not there any more is told in `missing`."""

    name: str
    content: bytes | Callable[[], Path]
    at: datetime | None = None


def chunks(members: Iterable[Member], missing: list[str]) -> Iterator[bytes]:
    """The archive in pieces. Nothing is packed: weight files hardly shrink, and packing costs more than sending."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for member in members:
            yield from _written(archive, sink, member, missing)
    yield sink.taken()


def safe(name: str) -> str:
    """One part of a path that no system takes for anything else."""
    cleaned = _SAFE.sub("_", name).strip(". ")[:120]
    return cleaned or "_"


def _written(archive: zipfile.ZipFile, sink: "_Sink", member: Member, missing: list[str]) -> Iterator[bytes]:
    info = zipfile.ZipInfo(member.name)
    if member.at is not None and 1980 <= member.at.year < 2108:  # what the format can say
        info.date_time = member.at.timetuple()[:6]
    info.external_attr = 0o600 << 16
    try:
        source = io.BytesIO(member.content) if isinstance(member.content, bytes) else member.content().open("rb")
    except FileNotFoundError:
        missing.append(member.name)
        return
    with source, archive.open(info, "w", force_zip64=True) as target:
        while chunk := source.read(CHUNK_BYTES):
            target.write(chunk)
            yield sink.taken()


class _Sink(io.RawIOBase):
    """Where the archive is written to, and taken from piece by piece. It cannot be sought in, and says so."""

    def __init__(self) -> None:
        self._pieces = bytearray()

    def writable(self) -> bool:
        """True."""
        return True

    def write(self, data: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]
        """Takes bytes."""
        self._pieces += data
        return len(data)

    def taken(self) -> bytes:
        """What was written since the last time."""
        found, self._pieces = bytes(self._pieces), bytearray()
        return found
