"""A campaign against the whole service: students hand in while everything that can fail does, and all of it is counted.

    python -m tests.faults.campaign --submissions 300 --seed 1 --database sqlite
    python -m tests.faults.campaign --submissions 500 --machines

The same files are handed in to a service that nobody harms, once; what becomes of them there must become of them here.
"""

import argparse
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import numpy as np

from app.accounts.passwords import Passwords
from app.database import Database
from app.schema import migrate
from tests.app.world import FOLDER, World, copied, populate
from tests.databases import KINDS, SQLITE, Backend, Postgres
from tests.faults import harms
from tests.faults.cluster import clustered
from tests.faults.handing_in import Client, Upload, clients, make_uploads
from tests.faults.harms import LONG, OF_MACHINES, OF_STORE, QUICK, Harm, Scene
from tests.faults.inquest import Deed, failures
from tests.faults.tree import Tree, running, wait_for

WORKERS = 2
TIMES = 3
"""So often an evaluation runs over the demo's images: long enough to be met by many harms. The short form has fewer."""
PER_QUICK_HARM = 20
"""Submissions for each time that each quick harm is done in the long form."""
PAUSE_SECONDS = (0.1, 1.2)
"""Least and most between two harms."""
AWAY_SECONDS = 10.0
"""How long the database is locked or gone, and the disk full, in the long form."""
END_SECONDS = 600.0
"""In which something must end once nobody is harmed any more: longer than the longest time limit of a job."""
DISK_BYTES = 256 << 20
FILE_BYTES = 400 << 10
"""Room on the small disk: for the service, and for each submission."""
COPIES = 4
"""Of each file where machines keep their own."""
BOARD_COLUMNS = ("rank", "score_exact", "accuracy", "sparsity", "full_credit", "entries")


Serve = Callable[[World], AbstractContextManager[Tree]]


def on_one_machine(world: World) -> AbstractContextManager[Tree]:
    """The service as it runs on one machine."""
    return running(world, WORKERS)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the uploads: state and exact score of each, and the board as everybody sees it."""

    ends: dict[int, tuple[str, str | None]]
    board: Any


@dataclass
class Tally:
    """What is counted. Each of the figures in `WRONG` must be 0."""

    submitted: int = 0
    scored: int = 0
    rejected: int = 0
    lost: int = 0
    twice: int = 0
    stuck: int = 0
    innocent_failed: int = 0
    other_result: int = 0
    board_differs: int = 0
    processes_left: int = 0
    harms: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    losses: int = 0
    crashes: int = 0
    failures: list[str] = field(default_factory=list)
    """Why each that failed did."""
    deeds: list[Deed] = field(default_factory=list)
    seconds: float = 0.0

    def wrong(self) -> dict[str, int]:
        return {name: number for name, number in asdict(self).items() if name in WRONG and number}


WRONG = (
    "lost",
    "twice",
    "stuck",
    "innocent_failed",
    "other_result",
    "board_differs",
    "processes_left",
)


def template(backend: Backend, times: int = TIMES) -> World:
    """The demo's competition with the images that it ships with, so that scores mean something: each file has its own."""

    def make(folder: Path, url: str) -> World:
        migrate(url)
        with closing(Database(url)) as database:
            hasher = Passwords(memory_kib=8, passes=1, lanes=1)
            return populate(database, folder, hasher, repeated(folder / "images.npz", times))

    return backend.once("campaign", make)


def repeated(path: Path, times: int) -> Path:
    """The demo's images several times over: an evaluation must last long enough to be met."""
    with np.load(FOLDER / "demo" / "hidden-test.npz") as demo:
        images, labels = (np.concatenate([demo[name]] * times) for name in ("images", "labels"))
    np.savez(path, images=images, labels=labels)
    return path


def undisturbed(backend: Backend, uploads: Sequence[Upload], folder: Path, times: int = TIMES) -> Outcome:
    """What becomes of the uploads where nothing goes wrong."""
    with copied(backend, template(backend, times), folder) as world, running(world, WORKERS) as tree:
        everyone = start_clients(tree, uploads, threading.Semaphore(len(uploads)), Random(0))
        finish(tree, everyone)
        return outcome(tree, everyone)


def disturbed(
    backend: Backend,
    uploads: Sequence[Upload],
    folder: Path,
    plan: Sequence[Harm],
    calm: Outcome,
    *,
    seed: int,
    away_seconds: float,
    serve: Serve | None = None,
    times: int = TIMES,
) -> Tally:
    """Harms a service by the plan while the uploads come in, and counts."""
    started, random = time.monotonic(), Random(seed)
    with copied(backend, template(backend, times), folder) as world:
        with (serve or on_one_machine)(world) as tree:
            scene = Scene(tree, backend, random, away_seconds)
            pace = threading.Semaphore(0)
            everyone = start_clients(tree, uploads, pace, random)
            tally = Tally(submitted=len(uploads))
            for number, harm in enumerate(plan):
                for _ in range(len(uploads) * (number + 1) // len(plan) - len(uploads) * number // len(plan)):
                    pace.release()
                time.sleep(random.uniform(*PAUSE_SECONDS))
                begun = time.time()
                name = do(harm, scene)
                tally.harms[name] += 1
                tally.deeds.append(Deed(name, begun, time.time()))
            scene.close()
            finish(tree, everyone)
            count(tally, tree, everyone, calm)
        tally.processes_left = len(tree.left())
    tally.seconds = time.monotonic() - started
    return tally


def do(harm: Harm, scene: Scene) -> str:
    """The harm's name; with a remark where there was nothing to harm."""
    try:
        harm(scene)
    except (TimeoutError, ProcessLookupError, FileNotFoundError):
        return f"{harm.__name__} (nothing there)"
    except PermissionError:
        return f"{harm.__name__} (not permitted)"
    return harm.__name__


def start_clients(tree: Tree, uploads: Sequence[Upload], pace: threading.Semaphore, random: Random) -> Sequence[Client]:
    everyone = tuple(clients(tree, uploads, pace, random))
    for client in everyone:
        client.start()
    return everyone


def finish(tree: Tree, everyone: Sequence[Client]) -> None:
    """Returns when every upload was accepted and every grading has ended, or when nothing ends any more."""
    end = time.monotonic() + END_SECONDS
    for client in everyone:
        client.join(max(0.0, end - time.monotonic()))
        client.ended.set()
    before, ended = -1, _ended(tree)
    while ended != before:  # hundreds may wait, on a machine that has other work
        before = ended
        with suppress(TimeoutError):
            wait_for("everything to end", tree.all_ended, END_SECONDS)
        ended = _ended(tree)


def _ended(tree: Tree) -> int:
    [(ended,)] = tree.ask("SELECT count(*) FROM gradings WHERE state NOT IN ('queued', 'running')")
    return int(ended)


def outcome(tree: Tree, everyone: Sequence[Client]) -> Outcome:
    gradings = "SELECT submission_id, state, score_exact FROM gradings WHERE is_live"
    known = {number: (state, score) for number, state, score in tree.ask(gradings)}
    numbers = {upload: number for client in everyone for upload, number in client.numbers.items()}
    ends = {upload: known[number] for upload, number in numbers.items() if number in known}
    token = f"Bearer {tree.world.people['admin'].token}"
    address = f"{tree.url}/competitions/demo/leaderboard"
    tree.wait_until_ready()
    body = httpx2.get(address, headers={"Authorization": token, "Accept": "application/json"}, timeout=30).json()
    # Aliases, numbers and moments of submissions differ from run to run; the rest of a row does not.
    uploads = {number: upload for upload, number in numbers.items()}
    rows = [
        {"upload": uploads[row["submission_id"]], **{name: row[name] for name in BOARD_COLUMNS}} for row in body["rows"]
    ]
    return Outcome(ends, rows)


def count(tally: Tally, tree: Tree, everyone: Sequence[Client], calm: Outcome) -> None:
    """Puts what became of everything into the tally."""
    found = outcome(tree, everyone)
    states = Counter(state for state, _ in found.ends.values())
    tally.scored, tally.rejected = states["scored"], states["rejected"]
    tally.stuck = states["queued"] + states["running"]
    tally.innocent_failed = states["failed"]
    ((stored,),) = tree.ask("SELECT count(*) FROM submissions")
    made_twice = stored - len(found.ends) + sum(len(client.changed) for client in everyone)
    tally.lost = tally.submitted - len(found.ends)
    tally.twice = len(tree.ask("SELECT grading_id FROM ends GROUP BY grading_id HAVING count(*) > 1")) + abs(made_twice)
    ended = {upload for upload, (state, _) in found.ends.items() if state in ("scored", "rejected")}
    tally.other_result = sum(found.ends[upload] != calm.ends[upload] for upload in ended)
    tally.board_differs = int(found.board != calm.board)
    ((tally.losses, tally.crashes),) = tree.ask("SELECT sum(losses), sum(crashes) FROM gradings")
    tally.failures = failures(tree.ask, tally.deeds)
    tally.answers = sum((client.answers for client in everyone), Counter())


def long_plan(submissions: int, random: Random, leave_out: Sequence[Harm], *, machines: bool) -> Sequence[Harm]:
    """Every quick harm again and again, each long one twice, and at first a child that never returns."""
    quick, long = ((*QUICK, *OF_MACHINES), (*LONG, *OF_STORE)) if machines else (QUICK, LONG)
    plan = [*quick * max(2, submissions // PER_QUICK_HARM), *long * 2]
    random.shuffle(plan)
    return [harm for harm in (harms.hang_child, *plan) if harm not in leave_out]


@contextmanager
def small_disk(parent: Path, submissions: int) -> Iterator[tuple[Path, bool]]:
    """A folder on a disk of its own that can be filled, where this process may mount one; else any folder, and False."""
    disk = Path(tempfile.mkdtemp(dir=parent, prefix="disk-"))
    size = DISK_BYTES + FILE_BYTES * submissions
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)]
    mounted = shutil.which("mount") is not None and subprocess.run(command, capture_output=True).returncode == 0
    try:
        yield disk, mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(disk)], check=True)


def print_tally(name: str, seed: int, tally: Tally) -> None:
    wrong = tally.wrong()
    print(f"\n{name}, seed {seed}: {tally.submitted} submissions, {tally.seconds:.0f} s")
    print(f"  harms     {sum(tally.harms.values())}: {', '.join(f'{n} {h}' for h, n in sorted(tally.harms.items()))}")
    print(f"  answers   {', '.join(f'{number} x {answer}' for answer, number in sorted(tally.answers.items()))}")
    print(f"  gradings  {tally.losses} workers lost and {tally.crashes} children died under them")
    print(f"  ends      {tally.scored} scored, {tally.rejected} rejected as they must be")
    for each in WRONG:
        print(f"  {each.replace('_', ' '):16} {getattr(tally, each)}")
    for failure in tally.failures:
        print(f"  failed    submission {failure}")
    print(f"  {'everything as it must be' if not wrong else f'WRONG: {wrong}'}", flush=True)


def run(names: Sequence[str], submissions: int, seed: int, *, machines: bool) -> int:
    """The exit status: 0 where nothing was lost, scored twice, stuck, failed or otherwise wrong."""
    status = 0
    with tempfile.TemporaryDirectory(prefix="secateur-faults-", ignore_cleanup_errors=True) as root:
        folder = Path(root)
        uploads = make_uploads(folder, submissions)
        calm_backend = KINDS[SQLITE](folder / "calm-database")
        calm = undisturbed(calm_backend, uploads, folder / "calm")
        print(f"undisturbed: {Counter(state for state, _ in calm.ends.values())}", flush=True)
        room = submissions * (COPIES if machines else 1)
        for name in names:
            with closing(KINDS[name](folder / name)) as backend, small_disk(folder, room) as (disk, mounted):
                leave_out = [] if mounted else [harms.fill_disk]
                if leave_out:
                    print(f"{name}: no full disk, since this user may not mount a small one")
                if not isinstance(backend, Postgres):
                    leave_out.append(harms.stop_database)
                plan = long_plan(submissions, Random(seed), leave_out, machines=machines)
                serve = clustered if machines else on_one_machine
                place, away = disk / "data", AWAY_SECONDS
                tally = disturbed(backend, uploads, place, plan, calm, seed=seed, away_seconds=away, serve=serve)
                print_tally(f"{name}, three machines" if machines else name, seed, tally)
                status |= bool(tally.wrong())
    return status


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--submissions", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", action="append", choices=list(KINDS))
    parser.add_argument(
        "--machines", action="store_true", help="A web server, two machines that grade, and an S3 store."
    )
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # whatever was started is ended, too
    return run(chosen.database or list(KINDS), chosen.submissions, chosen.seed, machines=chosen.machines)


if __name__ == "__main__":
    sys.exit(main())
