"""A machine of its own: what runs on it has a name, a folder and a cache of its own, and dies and freezes together."""

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.database import Database
from app.storage import Store
from app.storage.remote import RemoteStore
from models.datasets import Dataset
from tests import warm
from tests.app.world import World
from tests.faults.tree import Process, descendants
from tests.object_store import Network, ObjectStoreServer

STORE_SECONDS = "2"
"""Within which the object store has to answer."""


@dataclass
class Machine:
    """`secateur run --no-web` with a folder and a name of its own."""

    name: str
    environment: Mapping[str, str]
    log: Path
    process: warm.Process | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = warm.start(["run", "--no-web", "--name", self.name], self.environment, log)

    def below(self) -> list[Process]:
        return [] if self.process is None else descendants({self.process.pid})

    def signal(self, number: int) -> None:
        """To all of it: what happens to a machine happens to everything on it."""
        assert self.process is not None
        for pid in (self.process.pid, *(each.pid for each in self.below())):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def end(self) -> None:
        """Has it finish what it is doing."""
        if self.process is not None:
            self.signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.die()
            self.process = None

    def die(self) -> None:
        if self.process is not None:
            self.signal(signal.SIGSTOP)  # nothing of it starts anything meanwhile
            self.signal(signal.SIGKILL)
            self.process.wait()
            self.process = None


def settings(world: World, folder: Path, server: ObjectStoreServer, network: Network) -> dict[str, str]:
    """The environment of a machine that shares the database, and the object store behind that network."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SECATEUR_")}
    return kept | {"SECATEUR_DATA_DIR": str(folder)} | shared(world, server, network)


def shared(world: World, server: ObjectStoreServer, network: Network) -> dict[str, str]:
    """The settings that are the same on every machine."""
    return {
        "SECATEUR_DATABASE_URL": world.database_url,
        "SECATEUR_STORE_URL": server.url("site"),
        "SECATEUR_STORE_ENDPOINT": network.endpoint,
        "SECATEUR_STORE_SECONDS": STORE_SECONDS,
        "SECATEUR_WORKER_PROCESSES": "1",
    }


def publish(database: Database, world: World, store: RemoteStore) -> None:
    """Puts the data set of the competition where all machines find it."""
    with database.read() as session:
        digest = session.query(Dataset.digest).scalar()
    Store(world.folder).dataset(digest).rename(store.datasets / digest)
    store.publish_dataset(digest)
