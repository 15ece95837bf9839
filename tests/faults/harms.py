"""What can go wrong with a service that runs: its processes die or freeze, its disk is full, its database is away."""

import os
import resource
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.databases import Backend, Postgres
from tests.faults.cluster import Cluster
from tests.faults.tree import MOMENT_SECONDS, Tree, wait_for
from tests.object_store import Mode

DEAD_SECONDS = 1.5
"""After which a silent worker is taken for dead; see `Tree`."""
SEARCH_SECONDS = 20.0
BUSY_SECONDS = 2.0
AIMED_LOSSES = 3
"""Losses of a grading after which whoever holds it is left alone by harms that are aimed at a worker."""
REFUSALS = 3
"""So many times as long as other trouble the database refuses everybody."""
STARVED_BYTES = 1 << 20
"""Address space beyond what a child has already, far below what an evaluation takes."""
BALLAST_CHUNK = 1 << 20


@dataclass
class Scene:
    """A service that is to be harmed. A grading whose own child was harmed is left alone by further such harms.

    A child that dies twice under a live worker ends its grading by the rules, innocent or not; so do six lost workers.
    Harms are aimed at workers that grade. Often there is but one, which others' deaths leave with the same grading again
    and again; so that is aimed at thrice, and then met only by what strikes everybody.
    """

    tree: Tree
    backend: Backend
    random: Random
    away_seconds: float
    harmed: set[int] = field(default_factory=set)
    thawing: list[threading.Timer] = field(default_factory=list)

    def freeze(self, pid: int, seconds: float) -> None:
        """Stops a process, and has it go on later: other harms come in between."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
        timer = threading.Timer(seconds, thaw, [pid])
        timer.start()
        self.thawing.append(timer)

    def close(self) -> None:
        """Waits until everything that was frozen goes on."""
        for timer in self.thawing:
            timer.join()

    def worker(self) -> int:
        """A worker, of those that grade something if there are any."""
        found: list[int]
        with suppress(TimeoutError):
            found = wait_for("a worker that grades", self.busy, BUSY_SECONDS, every=MOMENT_SECONDS)
            return self.random.choice(found)
        found = wait_for("a worker", self.workers, SEARCH_SECONDS)
        return self.random.choice(found)

    def workers(self) -> list[int]:
        """Those that may be aimed at."""
        spared = {name for name, losses in self._grading() if losses >= AIMED_LOSSES}
        return [
            each.pid for each in self.tree.below() if "worker" in each.arguments and not spared & set(each.arguments)
        ]

    def busy(self) -> list[int]:
        """Of those the ones that grade."""
        names = {name for name, losses in self._grading() if losses < AIMED_LOSSES}
        return [each.pid for each in self.tree.below() if "worker" in each.arguments and names & set(each.arguments)]

    def _grading(self) -> list[tuple[str, int]]:
        """Who grades, and how often what they grade was lost before."""
        running = "SELECT name, losses FROM workers JOIN gradings ON worker_id = workers.id WHERE state = 'running'"
        return [(name, losses) for name, losses in self.tree.ask(running)]

    def zygote(self) -> int:
        workers = set(self.workers())
        return self.random.choice([each.pid for each in self.tree.below() if each.parent in workers] or [0])

    def catch_child(self) -> int:
        """A jailed child in mid-evaluation whose grading was not harmed so far. It is frozen."""
        grading, child = wait_for("an evaluation", self._catch, SEARCH_SECONDS, every=MOMENT_SECONDS)
        self.harmed.add(grading)
        found: int = child
        return found

    def _catch(self) -> tuple[int, int] | None:
        running = (
            "SELECT gradings.id, name FROM gradings JOIN workers ON workers.id = worker_id"
            " WHERE state = 'running' AND phase = 'evaluating'"
        )
        for grading, name in self.tree.ask(running):
            child = self._child_of(name)
            if grading in self.harmed or child is None:
                continue
            try:
                os.kill(child, signal.SIGSTOP)
            except ProcessLookupError:
                continue
            if (grading, name) in self.tree.ask(running) and child == self._child_of(name):
                return grading, child
            thaw(child)
        return None

    def _child_of(self, name: str) -> int | None:
        below = self.tree.below()
        worker = [each.pid for each in below if "worker" in each.arguments and name in each.arguments]
        zygotes = [each.pid for each in below if each.parent in worker]
        return next((each.pid for each in below if each.parent in zygotes), None)


def thaw(pid: int) -> None:
    """Has a process go on, where it still is."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


def kill(pid: int | None) -> None:
    """Ends a process as nothing can resist. None and 0: there is none at this moment."""
    if pid:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def starve(pid: int) -> None:
    """Leaves a process next to nothing of memory that it does not have yet. Raises PermissionError where that may not be."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
    owner = Path(f"/proc/{pid}").stat()
    if os.getuid() not in (0, owner.st_uid) or shutil.which("prlimit") is None:
        raise PermissionError(f"process {pid} is another user's")
    # As its own user: root may only with a right that containers lack.
    command = ["prlimit", f"--pid={pid}", f"--as={pages * resource.getpagesize() + STARVED_BYTES}:"]
    as_owner = {} if os.getuid() else {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    if subprocess.run(command, capture_output=True, **as_owner).returncode:  # type: ignore[call-overload]
        raise PermissionError(f"the limits of process {pid} may not be changed")


def kill_worker(scene: Scene) -> None:
    kill(scene.worker())


def freeze_worker(scene: Scene) -> None:
    scene.freeze(scene.worker(), scene.random.uniform(2, 4) * DEAD_SECONDS)


def kill_web(scene: Scene) -> None:
    kill(scene.tree.child("web"))


def freeze_web(scene: Scene) -> None:
    web = scene.tree.child("web")
    if web is not None:
        scene.freeze(web, scene.random.uniform(1, 3))


def kill_zygote(scene: Scene) -> None:
    kill(scene.zygote())


def freeze_zygote(scene: Scene) -> None:
    zygote = scene.zygote()
    if zygote:
        scene.freeze(zygote, scene.random.uniform(2, 4) * DEAD_SECONDS)


def kill_child(scene: Scene) -> None:
    kill(scene.catch_child())


def starve_child(scene: Scene) -> None:
    """Takes away the memory that an evaluation needs."""
    child = scene.catch_child()
    try:
        starve(child)
    finally:
        thaw(child)


def starve_worker(scene: Scene) -> None:
    """A worker that finds no memory any more, until somebody starts it anew."""
    starve(scene.worker())


def hang_child(scene: Scene) -> None:
    """A child that never returns: only the time limit of its job ends it."""
    scene.catch_child()


def lock_database(scene: Scene) -> None:
    with scene.backend.locked(scene.tree.world.database_url):
        time.sleep(scene.away_seconds)


def stop_database(scene: Scene) -> None:
    """A server that crashes and comes back. SQLite has none: there its disk fills up instead."""
    if isinstance(scene.backend, Postgres):
        scene.backend.server.break_off()
        try:
            time.sleep(scene.away_seconds)
        finally:
            scene.backend.server.go_on()


def refuse_connections(scene: Scene) -> None:
    """A database that throws everybody out and lets nobody in, for half a minute in the long form."""
    with scene.backend.refusing(scene.tree.world.database_url):
        time.sleep(REFUSALS * scene.away_seconds)


def fill_disk(scene: Scene) -> None:
    """Not a byte is free on the disk of the data folder, where SQLite's file lies too."""
    ballast = scene.tree.world.folder / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        size = BALLAST_CHUNK
        while size:
            try:
                file.write(bytes(size))
            except OSError:
                size //= 2
    time.sleep(scene.away_seconds)
    ballast.unlink()


def cut_power(scene: Scene) -> None:
    """Every process at once, supervisor included."""
    scene.tree.kill_all()
    scene.tree.start()


def lose_machine(scene: Scene) -> None:
    """A machine that grades is gone with all that runs on it; another one takes its name when it was long dead."""
    cluster = _cluster(scene)
    machine = cluster.any_machine(scene.random)
    cluster.below()
    machine.die()
    time.sleep(scene.random.uniform(1, 3) * DEAD_SECONDS)
    machine.start()


def freeze_machine(scene: Scene) -> None:
    """All of a machine stands still for longer than it may, and goes on."""
    cluster = _cluster(scene)
    machine = cluster.any_machine(scene.random)
    pids = [*(each.pid for each in machine.below()), *([machine.process.pid] if machine.process else [])]
    seconds = scene.random.uniform(2, 3) * DEAD_SECONDS
    for pid in pids:
        scene.freeze(pid, seconds)


def break_store(scene: Scene) -> None:
    _harm_store(scene, "drop")


def stall_store(scene: Scene) -> None:
    _harm_store(scene, "stall")


def slow_store(scene: Scene) -> None:
    _harm_store(scene, "slow")


def _harm_store(scene: Scene, mode: Mode) -> None:
    network = _cluster(scene).network
    network.become(mode)
    try:
        time.sleep(scene.away_seconds)
    finally:
        network.become("through")


def _cluster(scene: Scene) -> Cluster:
    assert isinstance(scene.tree, Cluster)
    return scene.tree


Harm = Callable[[Scene], None]
QUICK: tuple[Harm, ...] = (
    kill_worker,
    freeze_worker,
    kill_web,
    freeze_web,
    kill_zygote,
    freeze_zygote,
    kill_child,
    starve_child,
    starve_worker,
)
LONG: tuple[Harm, ...] = (lock_database, stop_database, fill_disk, cut_power, refuse_connections)
OF_MACHINES: tuple[Harm, ...] = (lose_machine, freeze_machine)
OF_STORE: tuple[Harm, ...] = (break_store, stall_store, slow_store)
"""What can go wrong where machines share an object store: the first as often as the quick ones, the others as the long ones."""
