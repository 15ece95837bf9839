"""Files that are no HDF5 files: text, bytes, archives."""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable
from typing import Any


def make(parameters: dict[str, Any], seed: int) -> bytes:
    """The bytes of one thing: `text`, `hex`, `zeros` (a length), `gzip`, `zip` or `tar` (names and texts)."""
    ((kind, value),) = parameters.items()
    return WAYS[kind](value)


def _text(text: str) -> bytes:
    return text.encode()


def _hex(digits: str) -> bytes:
    return bytes.fromhex(digits)


def _gzip(text: str) -> bytes:
    return gzip.compress(text.encode(), mtime=0)


def _zip(entries: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in entries.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return buffer.getvalue()


def _tar(entries: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, text in entries.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()


WAYS: dict[str, Callable[[Any], bytes]] = {
    "text": _text,
    "hex": _hex,
    "zeros": bytes,
    "gzip": _gzip,
    "zip": _zip,
    "tar": _tar,
}
