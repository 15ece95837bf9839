"""The file store: complete files under their digests, or nothing."""

import os
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from app.errors import AppError
from app.storage import Store, free_bytes

DAY_SECONDS = 24 * 3600


def put(store: Store, content: bytes) -> str:
    with store.receive() as incoming:
        for start in range(0, len(content), 1000):
            incoming.write(content[start : start + 1000])
        return incoming.keep().sha256


def files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


def test_a_file_is_read_back_by_its_digest(tmp_path: Path) -> None:
    store, content = Store(tmp_path), bytes(range(256)) * 50

    digest = put(store, content)

    assert digest == sha256(content).hexdigest()
    with os.fdopen(store.open(digest), "rb") as stream:
        assert stream.read() == content


def test_a_stored_file_is_opened_for_reading_alone(tmp_path: Path) -> None:
    store = Store(tmp_path)
    descriptor = store.open(put(store, b"x"))

    with os.fdopen(descriptor, "rb"), pytest.raises(OSError, match="Bad file descriptor"):
        os.write(descriptor, b"y")


def test_equal_files_are_kept_once(tmp_path: Path) -> None:
    store = Store(tmp_path)

    assert put(store, b"same") == put(store, b"same")
    assert len(files(tmp_path)) == 1


def test_equal_files_at_the_same_time_are_kept_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        digests = set(pool.map(lambda _: put(store, b"same" * 5000), range(32)))

    assert [path.name for path in files(tmp_path)] == list(digests)


def test_what_was_not_kept_is_gone(tmp_path: Path) -> None:
    with Store(tmp_path).receive() as incoming:
        incoming.write(b"half of a")
        assert len(files(tmp_path)) == 1

    assert files(tmp_path) == []


def test_folders_are_on_disk_before_a_file_counts_as_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    store = Store(tmp_path)
    folders = [tmp_path / "files" / put(store, b"content")[:2], tmp_path / "files"]

    assert synced[1:] == folders
    synced.clear()
    put(store, b"content")
    assert synced[1:] == folders[:1]  # the other one holds nothing new


def test_an_unknown_digest_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Store(tmp_path).open("0" * 64)


def test_nothing_is_taken_where_less_than_the_reserve_is_free(tmp_path: Path) -> None:
    with pytest.raises(AppError) as caught:
        Store(tmp_path, free_bytes(tmp_path) * 2).receive()

    assert (caught.value.status, caught.value.code) == (507, "disk-full")
    assert files(tmp_path) == []


def test_sweeping_removes_old_leftovers_and_nothing_else(tmp_path: Path) -> None:
    store = Store(tmp_path)
    kept = put(store, b"kept")
    with store.receive() as fresh:
        fresh.write(b"under way")
        old = tmp_path / "incoming" / "old"
        old.write_bytes(b"left behind")
        now = old.stat().st_mtime
        os.utime(old, (now - 2 * DAY_SECONDS, now - 2 * DAY_SECONDS))

        assert store.sweep(DAY_SECONDS, now) == 1
        assert fresh.keep().bytes == 9

    assert kept in [path.name for path in files(tmp_path)]
    assert not old.exists()
