"""Copies of an object store's files: no more than fit, and none for long that nobody uses."""

import os
import time
from pathlib import Path

import pytest

from app.storage.cache import UNUSED_SECONDS, Cache

MINUTE = 60.0


class Folder:
    """A cache with copies of 100 bytes, each used some minutes ago."""

    def __init__(self, root: Path, max_bytes: int) -> None:
        self.files, self.datasets = root / "files", root / "datasets"
        self.cache = Cache(self.files, self.datasets, max_bytes)
        self.datasets.mkdir(parents=True)
        self.files.mkdir()

    def file(self, name: str, minutes: float) -> Path:
        path = self.files / name[:2] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 100)
        return self._used(path, minutes)

    def dataset(self, name: str, minutes: float) -> Path:
        (self.datasets / name).mkdir()
        (self.datasets / name / "images.npy").write_bytes(b"x" * 100)
        return self._used(self.datasets / name, minutes)

    def _used(self, path: Path, minutes: float) -> Path:
        moment = time.time() - minutes * MINUTE
        os.utime(path, (moment, moment))
        return path


def test_what_was_used_longest_ago_goes_until_the_rest_fits(tmp_path: Path) -> None:
    folder = Folder(tmp_path, max_bytes=250)
    paths = [folder.file("aa1", 4), folder.dataset("bb1", 3), folder.file("aa2", 2), folder.dataset("bb2", 1)]

    assert folder.cache.trim() == 2
    assert [path.exists() for path in paths] == [False, False, True, True]


def test_what_is_used_again_is_the_last_to_go(tmp_path: Path) -> None:
    folder = Folder(tmp_path, max_bytes=100)
    old, young = folder.file("aa1", 4), folder.file("aa2", 2)

    assert folder.cache.use(old)
    assert folder.cache.trim() == 1
    assert (old.exists(), young.exists()) == (True, False)


def test_the_copy_in_use_stays_though_it_alone_is_too_large(tmp_path: Path) -> None:
    folder = Folder(tmp_path, max_bytes=1)
    path = folder.file("aa1", 0)

    assert folder.cache.trim() == 0
    assert path.exists()


@pytest.mark.parametrize("kind", ["file", "dataset"])
def test_a_copy_that_nobody_used_for_a_day_goes_though_it_fits(tmp_path: Path, kind: str) -> None:
    folder = Folder(tmp_path, max_bytes=1 << 20)
    path = getattr(folder, kind)("aa1", UNUSED_SECONDS / MINUTE + 1)

    assert folder.cache.trim() == 1
    assert not path.exists()


def test_a_data_set_that_is_being_fetched_is_left_alone(tmp_path: Path) -> None:
    folder = Folder(tmp_path, max_bytes=0)
    path = folder.dataset(".unfinished", 2 * UNUSED_SECONDS / MINUTE)

    assert folder.cache.trim() == 0
    assert path.exists()


def test_a_copy_that_is_not_there_is_not_used(tmp_path: Path) -> None:
    assert not Folder(tmp_path, 0).cache.use(tmp_path / "files" / "aa" / "aa1")
