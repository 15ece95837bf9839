"""Copies of what an object store has: files and data sets in a folder, no more of them than fit."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

UNUSED_SECONDS = 24 * 3600.0
"""A copy that nobody used for so long goes: its original may have been erased since."""


@dataclass(frozen=True, slots=True, order=True)
class _Copy:
    used_at: float
    path: Path
    bytes: int


class Cache:
    """The copies below two folders: one with files in folders of two letters, one with a folder for each data set."""

    def __init__(self, files: Path, datasets: Path, max_bytes: int) -> None:
        self._files, self._datasets, self._max_bytes = files, datasets, max_bytes

    def use(self, path: Path) -> bool:
        """Notes that a copy is used now; False where there is none."""
        try:
            os.utime(path)
        except FileNotFoundError:
            return False
        return True

    def trim(self) -> int:
        """Removes copies that nobody used lately, and those used longest ago until the others fit; how many.

        The one used last stays in any case. Whoever has a copy open keeps it.
        """
        copies = sorted((*self._of_files(), *self._of_datasets()))
        total, oldest, gone = sum(each.bytes for each in copies), time.time() - UNUSED_SECONDS, 0
        for each in copies:
            is_last = each is copies[-1]
            if each.used_at >= oldest and (total <= self._max_bytes or is_last):
                break
            _remove(each.path)
            total -= each.bytes
            gone += 1
        return gone

    def _of_files(self) -> Iterator[_Copy]:
        for folder in self._files.iterdir():
            with os.scandir(folder) as entries:
                for entry in entries:
                    with suppress(FileNotFoundError):  # removed by another process
                        facts = entry.stat()
                        yield _Copy(facts.st_mtime, Path(entry.path), facts.st_size)

    def _of_datasets(self) -> Iterator[_Copy]:
        for folder in self._datasets.iterdir():
            if folder.name.startswith("."):  # being made
                continue
            with suppress(FileNotFoundError):
                size = sum(path.stat().st_size for path in folder.iterdir())
                yield _Copy(folder.stat().st_mtime, folder, size)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
