"""Machines that share a database and an object store, and nothing else: one dies for good, freezes, or loses the store."""

import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.database import Database
from app.storage import Store
from app.storage.remote import RemoteStore
from tests.app.world import World, copied, hand_in, store_bytes
from tests.databases import Backend
from tests.faults.machine import Machine, publish, settings
from tests.faults.tree import MOMENT_SECONDS, distinct_file, wait_for
from tests.faults.witness import call_witness
from tests.object_store import KEYS, Network, ObjectStoreServer

NAMES = ("north", "south")
TAKEN_OVER_SECONDS = 10.0
AWAY_SECONDS = 4.0
NOTICED = ("grading.fenced", "grading.child_died")
"""How a worker finds out that it lost a ticket: at the end, or because its child did not outlive the frost."""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@dataclass
class Site:
    """A database, a store behind a network, and machines."""

    world: World
    database: Database
    store: Store
    network: Network
    machines: Mapping[str, Machine]
    folder: Path
    numbers: list[int] = field(default_factory=list)

    def submit(self) -> int:
        path = distinct_file(self.folder, len(self.numbers) + 1)
        stored = store_bytes(self.store, path.read_bytes())
        self.numbers.append(hand_in(self.database, self.world, "ada", sha256_hex=stored.sha256))
        return self.numbers[-1]

    def ask(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        with self.database.read() as session:
            return [tuple(row) for row in session.execute(text(statement), values)]

    def evaluating(self, number: int) -> Machine | None:
        """The machine that evaluates a submission at this moment."""
        found = self.ask(
            "SELECT name FROM workers JOIN gradings ON gradings.worker_id = workers.id"
            " WHERE submission_id = :number AND state = 'running' AND phase = 'evaluating'",
            number=number,
        )
        return self.machines[found[0][0].partition("-")[0]] if found else None

    def catch(self) -> tuple[int, Machine]:
        """A submission, and the machine that was frozen while it evaluated it."""
        for _ in range(20):
            number = self.submit()
            machine = wait_for(
                "its evaluation or its end", partial(self._evaluating_or_ended, number), every=MOMENT_SECONDS
            )
            if isinstance(machine, Machine):
                machine.signal(signal.SIGSTOP)
                if self.evaluating(number) is machine:
                    return number, machine
                machine.signal(signal.SIGCONT)
        raise TimeoutError("no evaluation was caught")

    def _evaluating_or_ended(self, number: int) -> "Machine | bool":
        return self.evaluating(number) or self.ended(number)

    def ended(self, number: int) -> bool:
        ends = "SELECT 1 FROM gradings WHERE submission_id = :number AND finished_at IS NOT NULL"
        return bool(self.ask(ends, number=number))

    def have_ended(self, numbers: Sequence[int]) -> bool:
        return all(self.ended(number) for number in numbers)

    def outcome(self) -> tuple[Counter[str], int]:
        """How many ended how, and how many results were written more than once."""
        states = Counter(state for (state,) in self.ask("SELECT state FROM gradings WHERE is_live"))
        twice = self.ask("SELECT grading_id FROM ends GROUP BY grading_id HAVING count(*) > 1")
        return states, len(twice)

    def losses(self, number: int) -> int:
        return int(self.ask("SELECT losses FROM gradings WHERE submission_id = :number", number=number)[0][0])


@pytest.fixture
def site(backend: Backend, slow_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with ExitStack() as stack:
        server = stack.enter_context(ObjectStoreServer())
        world = stack.enter_context(copied(backend, slow_world, tmp_path / "web"))
        network = Network(server.port)
        stack.callback(network.close)
        database = Database(world.database_url)
        stack.callback(database.close)
        with database.write() as session:
            call_witness(session.connection())
        store = RemoteStore(tmp_path / "web" / "cache", server.bucket("site"), 1 << 30)
        publish(database, world, store)
        machines = {
            name: Machine(name, settings(world, tmp_path / f"{name}-data", server, network), tmp_path / name)
            for name in NAMES
        }
        for machine in machines.values():
            stack.callback(machine.die)
            machine.start()
        site = Site(world, database, store, network, machines, tmp_path)
        wait_for("four workers", lambda: site.ask("SELECT count(*) FROM workers")[0][0] == 2 * len(NAMES))
        yield site


def test_what_a_machine_that_died_for_good_held_is_taken_over_in_time(site: Site) -> None:
    number, machine = site.catch()
    machine.die()
    begun = time.monotonic()
    wait_for("another machine to take it", lambda: site.losses(number) == 1)
    taken = time.monotonic() - begun
    wait_for("its end", lambda: site.ended(number))

    print(f"\ntaken over {taken:.1f} s after its machine died, ended after {time.monotonic() - begun:.1f} s")
    assert taken < TAKEN_OVER_SECONDS
    assert site.outcome() == (Counter(scored=len(site.numbers)), 0)


def test_a_machine_that_thaws_writes_nothing(site: Site) -> None:
    number, machine = site.catch()
    wait_for("another machine to end it", lambda: site.ended(number))
    machine.signal(signal.SIGCONT)
    try:
        wait_for("it to find its ticket gone", lambda: any(each in machine.log.read_text() for each in NOTICED), 60)
    except TimeoutError:
        raise AssertionError(machine.log.read_text()[-3000:]) from None

    assert site.losses(number) == 1
    assert site.outcome() == (Counter(scored=len(site.numbers)), 0)


def test_a_store_that_fails_and_then_stalls_costs_no_submission_a_try(site: Site) -> None:
    for mode in ("drop", "stall"):
        numbers = [site.submit() for _ in range(3)]
        site.network.become(mode)
        time.sleep(AWAY_SECONDS)
        site.network.become("through")
        wait_for("all to end", partial(site.have_ended, numbers))

    assert site.outcome() == (Counter(scored=6), 0)
    assert [site.losses(number) for number in site.numbers] == [0] * 6
