"""A service over several machines: one with the web server, others that grade, an object store, and a network to it."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from random import Random

from app.database import Database
from app.storage.remote import RemoteStore
from tests.app.world import World
from tests.faults.machine import Machine, publish, settings, shared
from tests.faults.tree import Tree
from tests.object_store import KEYS, Network, ObjectStoreServer

NAMES = ("north", "south")
BEAT = {"SECATEUR_WORKER_BEAT_SECONDS": "0.2", "SECATEUR_WORKER_DEAD_SECONDS": "1.5"}


class Cluster(Tree):
    """The machine with the web server, which grades nothing itself, and those that grade. All that lives on any is below it."""

    def __init__(
        self, world: World, machines: Mapping[str, Machine], network: Network, more: Mapping[str, str]
    ) -> None:
        self.machines = machines
        self.network = network
        super().__init__(world, 0, {**more, "SECATEUR_WORKER_PROCESSES": "0"})

    def start(self) -> None:
        super().start()
        for machine in self.machines.values():
            if machine.process is None:
                machine.start()

    def supervisors(self) -> set[int]:
        graders = {each.process.pid for each in self.machines.values() if each.process is not None}
        return {self.supervisor.pid} | graders

    def kill_all(self) -> None:
        self.below()  # notes what lives, to see later whether it still does
        for machine in self.machines.values():
            machine.die()
        super().kill_all()

    def any_machine(self, random: Random) -> Machine:
        return self.machines[random.choice(sorted(self.machines))]

    def close(self) -> None:
        self.below()
        for machine in self.machines.values():
            machine.end()
        super().close()


@contextmanager
def clustered(world: World) -> Iterator[Cluster]:
    """Machines on that world, ready, and ended at the end. Their folders lie beside each other on one disk."""
    with ExitStack() as stack:
        os.environ.update(KEYS)
        server = stack.enter_context(ObjectStoreServer())
        network = Network(server.port)
        stack.callback(network.close)
        with closing(Database(world.database_url)) as database:
            publish(database, world, RemoteStore(world.folder / "cache", server.bucket("site"), 1 << 30))
        machines = {
            name: Machine(
                name,
                settings(world, world.folder / "machines" / name, server, network) | BEAT,
                world.folder.with_suffix(f".{name}.log"),
            )
            for name in NAMES
        }
        for machine in machines.values():
            stack.callback(machine.die)
        cluster = Cluster(world, machines, network, shared(world, server, network))
        stack.callback(cluster.close)
        cluster.wait_until_ready()
        yield cluster
