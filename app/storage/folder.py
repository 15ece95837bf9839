"""A folder as the file store: every upload under the SHA-256 of its bytes, written completely or not at all."""

import errno
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self

from app.errors import AppError
from models.columns import SHA256_HEX_LENGTH


class Stored(NamedTuple):
    """A file in the store: its digest as hexadecimal text, and its size."""

    sha256: str
    bytes: int


class Store:
    """A folder of files named by their content. Two uploads of the same bytes are one file."""

    def __init__(self, root: Path, min_free_bytes: int = 0) -> None:
        self._min_free_bytes = min_free_bytes
        self._files = root / "files"
        self._incoming = root / "incoming"
        self._aside = root / "aside"
        self._lasting: set[Path] = set()
        """Folders of files that this process knows to be on disk for good."""
        self.datasets = root / "datasets"
        """Where data sets are made, each in a folder that gets its digest as its name."""
        for folder in (self._files, self._incoming, self._aside, self.datasets):
            folder.mkdir(parents=True, exist_ok=True)

    def receive(self) -> "Incoming":
        """A new file to write to. Raises AppError 507 before the disk, which also holds the database, is full."""
        self._check_room()
        return Incoming(self._incoming / secrets.token_hex(16), self._files, self._lasting)

    def open(self, sha256: str) -> int:
        """A read-only descriptor of a stored file. Raises FileNotFoundError."""
        return os.open(_place(self._files, sha256), os.O_RDONLY | os.O_CLOEXEC)

    def path(self, sha256: str) -> Path:
        """Where a stored file is, for sending it."""
        return _place(self._files, sha256)

    def has(self, sha256: str) -> bool:
        """Whether a file is stored."""
        return _place(self._files, sha256).exists()

    def dataset(self, digest: str) -> Path:
        """The folder of a data set; it is there where the data set is."""
        return self.datasets / digest

    def has_dataset(self, digest: str) -> bool:
        """Whether a data set is stored."""
        return (self.datasets / digest).is_dir()

    def publish_dataset(self, digest: str) -> None:
        """Makes a data set that has got its place here known to every machine that shares the store."""

    def check(self) -> None:
        """Returns where files can be had at the moment. Raises OSError or StoreAway."""
        self._files.stat()

    def trim(self) -> int:
        """Removes copies of what is kept elsewhere, where there are too many; how many that were."""
        return 0

    def files(self, older_than: float) -> Iterator[Stored]:
        """The files that were put here before a POSIX timestamp, in no order."""
        for folder in self._files.iterdir():
            with os.scandir(folder) as entries:
                for entry in entries:
                    with suppress(FileNotFoundError):  # gone since
                        facts = entry.stat()
                        if facts.st_mtime < older_than and len(entry.name) == SHA256_HEX_LENGTH:
                            yield Stored(entry.name, facts.st_size)

    def set_aside(self, sha256: str) -> "Aside | None":
        """Takes a file out of its place, to be removed or put back; None where it is not there."""
        aside = self._aside / f"{sha256}.{secrets.token_hex(4)}"
        try:
            _place(self._files, sha256).rename(aside)
        except FileNotFoundError:
            return None
        return Aside(aside, _place(self._files, sha256))

    def put_back_left(self, older_than: float) -> int:
        """Puts back what was set aside by a process that ended meanwhile, before a POSIX timestamp; how many that were."""
        # A file that is renamed keeps its time of modification; that of its entry is the moment of the renaming.
        left = [path for path in self._aside.iterdir() if path.stat().st_ctime < older_than]
        for path in left:
            Aside(path, _place(self._files, path.name.partition(".")[0])).put_back()
        return len(left)

    def broken(self, older_than_seconds: float, now: float) -> list[Path]:
        """What broken uploads left behind. `now` is a POSIX timestamp."""
        found = []
        for path in self._incoming.iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < now - older_than_seconds:
                    found.append(path)
        return found

    def sweep(self, older_than_seconds: float, now: float) -> int:
        """Removes what broken uploads left behind and returns how many files that were. `now` is a POSIX timestamp."""
        left = self.broken(older_than_seconds, now)
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def _check_room(self) -> None:
        if free_bytes(self._incoming) < self._min_free_bytes:
            raise disk_full()


class Aside:
    """A file that was taken out of its place. Until it is removed it may go back there."""

    def __init__(self, path: Path, place: Path) -> None:
        self._path, self._place = path, place
        self.modified_at = path.stat().st_mtime

    def put_back(self) -> None:
        """Puts it where it was; the same bytes may have come in there meanwhile."""
        self._path.replace(self._place)
        _sync_folder(self._place.parent)

    def remove(self) -> None:
        """Gives it up."""
        self._path.unlink(missing_ok=True)


class Incoming:
    """A file on its way in. Leaving the `with` block without `keep` removes it."""

    def __init__(self, path: Path, files: Path, lasting: set[Path]) -> None:
        self._path = path
        self._files = files
        self._lasting = lasting
        self._digest = hashlib.sha256()
        self._stream = path.open("xb")
        self.bytes = 0

    def write(self, chunk: bytes) -> None:
        """Appends bytes. Raises AppError 507 where the disk is full."""
        try:
            self._stream.write(chunk)
        except OSError as error:
            raise _told(error) from error
        self._digest.update(chunk)
        self.bytes += len(chunk)

    @property
    def sha256(self) -> str:
        """The digest of what was written so far, as hexadecimal text."""
        return self._digest.hexdigest()

    def complete(self) -> Path:
        """Where the bytes are until the `with` block is left, for a reader that wants nothing kept."""
        try:
            self._stream.flush()
        except OSError as error:
            raise _told(error) from error
        return self._path

    def keep(self) -> Stored:
        """Moves the complete file to its place, on disk for good when this returns."""
        stored = Stored(self.sha256, self.bytes)
        place = _place(self._files, stored.sha256)
        try:
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._stream.close()
            place.parent.mkdir(exist_ok=True)
            self._path.replace(place)
            _sync_folder(place.parent)
            if place.parent not in self._lasting:  # it may be new, and made by another process that ended before this
                _sync_folder(self._files)
                self._lasting.add(place.parent)
        except OSError as error:
            raise _told(error) from error
        return stored

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        with suppress(OSError):  # closing writes what is left in the buffer: on a full disk that fails once more
            self._stream.close()
        self._path.unlink(missing_ok=True)


def free_bytes(folder: Path) -> int:
    """Bytes that an ordinary process may still write there."""
    facts = os.statvfs(folder)
    return facts.f_bavail * facts.f_frsize


def disk_full() -> AppError:
    """The answer to an upload for which there is no room. The student's try is not used."""
    return AppError(
        507, "disk-full", "There is no room for uploads at the moment. Nothing was stored; try again later."
    )


def _told(error: OSError) -> Exception:
    return disk_full() if error.errno in (errno.ENOSPC, errno.EDQUOT) else error


def _place(files: Path, sha256: str) -> Path:
    return files / sha256[:2] / sha256


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
