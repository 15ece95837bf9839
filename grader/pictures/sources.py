"""The files of a folder or a zip archive by their names; nothing of an archive is ever unpacked to disk."""

import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from grader import limits
from grader.dataset_errors import DatasetError

_ENCRYPTED = 0x1  # general purpose bit 0 (APPNOTE.TXT 4.4.4)
_DAMAGE = (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError, OSError, zlib.error)


class Source(Protocol):
    """Files with names, `/` between the parts."""

    def names(self) -> list[str]:
        """The names of all files, in no particular order."""

    def read(self, name: str) -> bytes:
        """The content of a file. Raises DatasetError where it is too long or damaged."""


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """The folder or zip archive at `path`. Raises DatasetError where it is neither, or names what is outside it."""
    if path.is_dir():
        yield _Folder(path)
        return
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise DatasetError(
            str(path),
            expected="a folder or a zip archive of pictures",
            got=f"a file of {path.stat().st_size:,} bytes that is no zip archive ({error})",
            advice="Give the folder itself, or zip it again.",
        ) from error
    with archive:
        yield _Archive(path, archive)


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path

    def names(self) -> list[str]:
        return [file.relative_to(self._path).as_posix() for file in self._path.rglob("*") if file.is_file()]

    def read(self, name: str) -> bytes:
        file = self._path / name
        _check_size(str(file), file.stat().st_size)
        return file.read_bytes()


class _Archive:
    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._path = path
        self._archive = archive
        names = [member.filename for member in archive.infolist()]
        _check_names(path, names)

    def names(self) -> list[str]:
        return [member.filename for member in self._archive.infolist() if not member.is_dir()]

    def read(self, name: str) -> bytes:
        member, where = self._archive.getinfo(name), f"{self._path}, {name}"
        _check_size(where, member.file_size)
        if member.flag_bits & _ENCRYPTED:
            raise DatasetError(
                where, expected="a file that is not encrypted", got="an encrypted one", advice="Zip without a password."
            )
        try:
            return self._archive.read(member)
        except _DAMAGE as error:
            raise DatasetError(
                where,
                expected="a whole file",
                got=f"bytes that do not unpack ({error})",
                advice="Zip the folder again, or copy the archive again.",
            ) from error


def _check_names(path: Path, names: list[str]) -> None:
    outside = [name for name in names if name.startswith("/") or "\\" in name or ".." in name.split("/")]
    if outside:
        raise DatasetError(
            str(path),
            expected="names below the archive's own root, with / between the parts",
            got=f"{len(outside):,} others, the first {outside[0]!r}",
            advice="Zip the folder again with an ordinary tool.",
        )
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise DatasetError(
            str(path),
            expected="each name once",
            got=f"{len(twice):,} that are there more than once, the first {twice[0]!r}",
            advice="Zip the folder again into a new archive.",
        )


def _check_size(where: str, size: int) -> None:
    if size > limits.MAX_PICTURE_BYTES:
        raise DatasetError(
            where,
            expected=f"at most {limits.MAX_PICTURE_BYTES:,} bytes",
            got=f"{size:,} bytes",
            advice="Save the picture smaller.",
        )
