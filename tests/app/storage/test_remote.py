"""Files that machines share through a real S3 server: fetched once, verified, bounded, and never half there."""

import os
import time
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from app.storage import Store, StoreAway
from app.storage.bucket import Bucket
from app.storage.remote import RemoteStore
from grader import dataset_folders, datasets
from grader.errors import GraderFault
from grader.testset import open_test_folder
from tests.app.storage.conftest import Machine
from tests.app.world import store_bytes
from tests.object_store import Network, ObjectStoreServer

LATER = float("inf")
LARGE = bytes(range(256)) * (70 << 10)
"""Of several parts."""


def content_of(store: Store, digest: str) -> bytes:
    with os.fdopen(store.open(digest), "rb") as stream:
        return stream.read()


def copies(store: RemoteStore) -> int:
    return sum(path.is_file() for path in store._files.rglob("*"))


@pytest.fixture
def data() -> datasets.Dataset:
    random = np.random.default_rng(1)
    return datasets.create(random.random((40, 3, 5, 5), np.float32), np.arange(40) % 4)


def test_what_one_machine_keeps_another_one_opens(machine: Machine) -> None:
    here, there = machine(), machine()
    stored = store_bytes(here, b"weights")

    assert stored.sha256 == sha256(b"weights").hexdigest()
    assert content_of(there, stored.sha256) == b"weights"
    assert there.has(stored.sha256)


def test_a_large_file_goes_there_and_back_in_parts(machine: Machine) -> None:
    stored = store_bytes(machine(), LARGE)

    assert content_of(machine(), stored.sha256) == LARGE


def test_a_file_is_fetched_once(machine: Machine, network: Network) -> None:
    stored, there = store_bytes(machine(), b"weights"), machine(endpoint=network.endpoint, seconds=1)
    content_of(there, stored.sha256)
    network.become("drop")

    assert content_of(there, stored.sha256) == b"weights"


def test_copies_take_no_more_room_than_they_may(machine: Machine) -> None:
    here, there = machine(), machine(cache_bytes=250)
    stored = [store_bytes(here, bytes([number]) * 100) for number in range(4)]
    for each in stored:
        content_of(there, each.sha256)

    assert copies(there) == 2
    assert content_of(there, stored[0].sha256) == bytes([0]) * 100


def test_other_bytes_under_a_name_are_never_taken_for_the_file(
    machine: Machine, s3: ObjectStoreServer, prefix: str
) -> None:
    stored, there = store_bytes(machine(), b"weights"), machine()
    s3.overwrite(prefix, f"files/{stored.sha256[:2]}/{stored.sha256}", b"swapped")

    with pytest.raises(GraderFault, match="other bytes"):
        there.open(stored.sha256)
    assert copies(there) == 0


def test_a_file_that_nobody_stored_is_not_found(machine: Machine) -> None:
    with pytest.raises(FileNotFoundError):
        machine().open("0" * 64)
    assert not machine().has("0" * 64)


def test_a_bucket_that_is_not_there_is_a_store_that_is_away(s3: ObjectStoreServer, tmp_path: Path) -> None:
    here = RemoteStore(tmp_path / "machine", Bucket("s3://mistyped/files", s3.endpoint, 20.0), 1 << 20)

    for ask in (
        lambda: store_bytes(here, b"weights"),
        lambda: here.open("0" * 64),
        lambda: here.has("0" * 64),
        lambda: here.dataset("0" * 64),
        lambda: here.has_dataset("0" * 64),
        lambda: list(here.files(LATER)),
        here.check,
    ):
        with pytest.raises(StoreAway):
            ask()


@pytest.mark.parametrize("mode", ["drop", "stall"])
def test_a_store_that_fails_or_stalls_is_told_in_time_and_keeps_nothing(
    machine: Machine, network: Network, mode: str
) -> None:
    stored = store_bytes(machine(), b"weights")
    there = machine(endpoint=network.endpoint, seconds=0.5)
    network.become(mode)  # type: ignore[arg-type]

    with pytest.raises(StoreAway):
        store_bytes(there, b"more weights")
    with pytest.raises(StoreAway):
        there.open(stored.sha256)
    with pytest.raises(StoreAway):
        there.check()
    assert copies(there) == 0
    assert list(there._incoming.iterdir()) == []

    network.become("through")
    there.check()
    assert content_of(there, stored.sha256) == b"weights"
    assert not there.has(sha256(b"more weights").hexdigest())


def test_what_was_put_there_before_a_moment_is_listed(machine: Machine) -> None:
    here = machine()
    stored = {store_bytes(here, bytes([number])) for number in range(3)}

    assert set(here.files(LATER)) == stored
    assert set(here.files(time.time() - 3600)) == set()


def test_a_file_set_aside_is_gone_and_comes_back_or_does_not(machine: Machine) -> None:
    here = machine()
    back, away = store_bytes(here, b"back").sha256, store_bytes(here, b"away").sha256
    for digest, end in ((back, "put_back"), (away, "remove")):
        aside = here.set_aside(digest)
        assert aside is not None
        assert abs(aside.modified_at - time.time()) < 3600
        with pytest.raises(FileNotFoundError):
            here.open(digest)
        getattr(aside, end)()

    assert content_of(here, back) == b"back"
    assert not here.has(away)
    assert here.set_aside(away) is None
    assert here.put_back_left(LATER) == 0


def test_what_a_process_that_died_set_aside_is_put_back(machine: Machine) -> None:
    here = machine()
    digest = store_bytes(here, b"weights").sha256
    here.set_aside(digest)

    assert here.put_back_left(LATER) == 1
    assert content_of(here, digest) == b"weights"


def publish(store: Store, data: datasets.Dataset) -> str:
    digest = datasets.digest(data)
    dataset_folders.save_raw(data, store.datasets / digest)
    store.publish_dataset(digest)
    return digest


def test_a_data_set_is_fetched_once_and_is_the_same(machine: Machine, network: Network, data: datasets.Dataset) -> None:
    digest, there = publish(machine(), data), machine(endpoint=network.endpoint, seconds=1)
    assert there.has_dataset(digest)
    assert not there.has_dataset("0" * 64)
    assert list(there.datasets.iterdir()) == []

    with open_test_folder(there.dataset(digest)) as test_set:
        assert (test_set.digest, test_set.examples) == (digest, 40)
    network.become("drop")
    assert dataset_folders.digest(there.dataset(digest)) == digest


def test_a_data_set_is_evicted_like_a_file_and_fetched_again(machine: Machine, data: datasets.Dataset) -> None:
    here, there = machine(), machine(cache_bytes=1000)
    digest, file = publish(here, data), store_bytes(here, b"x" * 900)
    with open_test_folder(there.dataset(digest)) as test_set:
        content_of(there, file.sha256)
        assert not (there.datasets / digest).exists()
        assert len(os.pread(test_set.images.file, 1200, test_set.images.offset)) == 1200

    assert dataset_folders.digest(there.dataset(digest)) == digest


def test_a_data_set_that_was_changed_or_is_not_complete_is_not_taken(
    machine: Machine, s3: ObjectStoreServer, prefix: str, data: datasets.Dataset
) -> None:
    here, there = machine(), machine()
    digest = publish(here, data)
    images = (here.datasets / digest / "images.npy").read_bytes()
    s3.overwrite(prefix, f"datasets/{digest}/images.npy", images[:-1] + b"!")

    with pytest.raises(GraderFault, match="another data set"):
        there.dataset(digest)
    with pytest.raises(FileNotFoundError):
        there.dataset("0" * 64)
    assert list(there.datasets.iterdir()) == []
