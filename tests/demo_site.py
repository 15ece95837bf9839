"""A whole service with its demo, on loopback: `secateur run` on a free port."""

import os
import re
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool, create_engine, text

from app.schema import migrate
from tests import warm

START_SECONDS = 180


@dataclass(frozen=True)
class Site:
    """A running service: its address, and the demo's passwords by e-mail address. `cookies`: of who has signed in."""

    url: str
    passwords: Mapping[str, str]
    cookies: dict[str, list[Any]] = field(default_factory=dict)


def serving(folder: Path, url: str) -> Iterator[Site]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {"DATA_DIR": str(folder), "PORT": str(port), "WORKER_PROCESSES": "1", "MIN_FREE_DISK_BYTES": "0"}
    environment = {**os.environ, **{f"SECATEUR_{name}": value for name, value in settings.items()}}
    environment["SECATEUR_DATABASE_URL"] = url
    migrate(url)
    with (folder / "accounts").open("wb") as told:
        assert warm.start(["demo"], environment, told).wait(START_SECONDS) == 0
    accounts = re.findall(r"(\S+@example\.org)\s+(\S+)", (folder / "accounts").read_text(encoding="utf-8"))
    with (folder / "log").open("wb") as log:
        process = warm.start(["run"], environment, log)
        try:
            wait_until_ready(f"http://127.0.0.1:{port}/readyz?worker=true", process)
            wait_until_graded(url)
            yield Site(f"http://127.0.0.1:{port}", dict(accounts))
        finally:
            process.terminate()
            process.wait(60)


def wait_until_ready(url: str, process: warm.Process) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
    raise AssertionError(f"the service did not come up, exit status {process.poll()}")


def wait_until_graded(url: str) -> None:
    """Returns when the demo's own submissions have ended."""
    engine = create_engine(url, poolclass=NullPool)
    under_way = text("SELECT count(*) FROM gradings WHERE state IN ('queued', 'running')")
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with engine.connect() as connection:
            if not connection.scalar(under_way):
                return
        time.sleep(0.1)
    raise AssertionError(f"the demo's submissions were not graded within {START_SECONDS} s")
