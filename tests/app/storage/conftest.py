"""A bucket of a real S3 server, and machines that share it."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from app.storage.remote import RemoteStore
from tests.object_store import KEYS, Network, ObjectStoreServer

ROOM = 1 << 30
_prefixes = count(1)

Machine = Callable[..., RemoteStore]


@pytest.fixture(scope="session")
def s3() -> Iterator[ObjectStoreServer]:
    with ObjectStoreServer() as server:
        yield server


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def prefix() -> str:
    """A part of the bucket that is this test's alone."""
    return f"test-{next(_prefixes)}"


@pytest.fixture
def machine(s3: ObjectStoreServer, prefix: str, tmp_path: Path) -> Machine:
    """Makes a machine: the shared bucket, and a folder for copies of its own."""
    numbers = count(1)

    def make(cache_bytes: int = ROOM, endpoint: str = "", seconds: float = 20.0) -> RemoteStore:
        return RemoteStore(tmp_path / f"machine-{next(numbers)}", s3.bucket(prefix, endpoint, seconds), cache_bytes)

    return make


@pytest.fixture
def network(s3: ObjectStoreServer) -> Iterator[Network]:
    network = Network(s3.port)
    yield network
    network.close()
