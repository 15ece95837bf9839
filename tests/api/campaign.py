"""A service that is asked whatever its own description allows, and much that it does not, by schemathesis.

    python -m tests.api.campaign --examples 100 --seed 1

Once as a student and once as an instructor, with all of schemathesis' checks: nothing breaks, every answer is one that is
described, what is described is taken and nothing else, and nobody gets through without a token. Ends with 1 where something
was found.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import httpx2

from app.accounts.passwords import Passwords
from app.database import Database
from app.schema import migrate
from app.storage import Store
from tests import warm
from tests.app.world import World, hand_in, populate, settle, store_bytes, write_images
from tests.faults.tree import free_port, wait_for

PEOPLE = ("ada", "instructor")
"""A student, who has handed something in, and the instructor of the course."""
ROOT = Path(__file__).resolve().parents[2]
CONFIG = Path(__file__).with_name("schemathesis.toml")
QUICK, FULL = "examples,fuzzing", "examples,coverage,fuzzing,stateful"
"""Phases of a run in the tests, and of `make api`."""


@contextmanager
def serving() -> Iterator[tuple[str, World]]:
    """The address of a service with a course in it, and who is there."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "data"
        folder.mkdir()
        world = _world(folder)
        port = free_port()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SECATEUR_")} | {
            "SECATEUR_DATA_DIR": str(folder),
            "SECATEUR_PORT": str(port),
            "SECATEUR_MIN_FREE_DISK_BYTES": "0",
        }
        with Path(os.devnull).open("wb") as nowhere:
            process = warm.start(["web"], environment, nowhere)
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for("the web process", lambda: _answers(url))
            yield url, world
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _world(folder: Path) -> World:
    url = f"sqlite:///{folder / 'secateur.sqlite'}"
    migrate(url)
    with closing(Database(url)) as database:
        passwords = Passwords(memory_kib=8, passes=1, lanes=1)
        world = populate(database, folder, passwords, write_images(folder / "images.npz", 20))
        stored = store_bytes(Store(folder, 0), b"weights")
        settle(database, hand_in(database, world, "ada", sha256_hex=stored.sha256))
    return world


def _answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/openapi.json", timeout=60).status_code == 200  # made once, and not in a moment
    except httpx2.TransportError:
        return False


def ask(url: str, token: str, *, examples: int, seed: int, phases: str) -> subprocess.CompletedProcess[str]:
    """What schemathesis found with this person's token."""
    arguments = [
        "--config-file", str(CONFIG), "run", f"{url}/openapi.json",
        "--header", f"Authorization:Bearer {token}",
        "--max-examples", str(examples), "--seed", str(seed), "--phases", phases,
        "--continue-on-failure", "--generation-database", "none", "--no-color",
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    command = [str(Path(sys.executable).with_name("schemathesis")), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=tempfile.gettempdir(), env=environment
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints what was found; 0 for nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--phases", default=FULL)
    asked = parser.parse_args(arguments)
    codes = []
    with serving() as (url, world):
        for name in PEOPLE:
            done = ask(url, world.people[name].token, examples=asked.examples, seed=asked.seed, phases=asked.phases)
            print(f"--- as {name}\n{done.stdout}{done.stderr}")
            codes.append(done.returncode)
    return max(codes)


if __name__ == "__main__":
    raise SystemExit(main())
