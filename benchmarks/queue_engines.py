"""What one ticket costs through DBOS and through a plain claim of the grading's own row, side by side on SQLite.

The plain claim inserts a row, claims the oldest queued one under a fresh fence and ends it under that fence. DBOS
carries an empty ticket, without the row's own two updates that a grading would still need. Both files are WAL and
synchronous=FULL; one process enqueues, another works on one ticket at a time. Two minutes.
"""

import importlib.util
import json
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

TICKETS = 200
SINGLES = 20
SINGLES_EVERY_SECONDS = 0.5
IDLE_SECONDS = 10.0
POLLING_SECONDS = {"row": (0.05,), "dbos": (0.05, 0.2)}

metadata = sa.MetaData()
columns = (sa.Column("state", sa.String, index=True), sa.Column("fence", sa.String))
grading = sa.Table("grading", metadata, sa.Column("id", sa.Integer, primary_key=True), *columns)
started: dict[str, float] = {}


class RowClaim:
    """The grading's row is the ticket."""

    def __init__(self, folder: Path) -> None:
        self.database = sa.create_engine(f"sqlite:///{folder}/row.sqlite", connect_args={"isolation_level": None})
        pragmas = "PRAGMA busy_timeout=30000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"
        sa.event.listen(self.database, "connect", lambda connection, _: connection.executescript(pragmas))
        sa.event.listen(self.database, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        metadata.create_all(self.database)

    def enqueue(self) -> str:
        with self.database.begin() as transaction:
            return str(transaction.scalar(grading.insert().values(state="queued").returning(grading.c.id)))

    def claim(self, fence: str) -> int | None:
        oldest = sa.select(grading.c.id).where(grading.c.state == "queued").order_by(grading.c.id).limit(1)
        taking = grading.update().where(grading.c.id == oldest.scalar_subquery()).values(state="running", fence=fence)
        with self.database.begin() as transaction:
            return transaction.execute(taking.returning(grading.c.id)).scalar_one_or_none()

    def finish(self, ticket: int, fence: str) -> None:
        held = (grading.c.id == ticket) & (grading.c.fence == fence) & (grading.c.state == "running")
        with self.database.begin() as transaction:
            transaction.execute(grading.update().where(held).values(state="scored", fence=None))

    def work(self, polling_seconds: float) -> None:
        def loop() -> None:
            while True:
                fence = uuid4().hex
                if (ticket := self.claim(fence)) is None:
                    time.sleep(polling_seconds)
                    continue
                started[str(ticket)] = time.time()
                self.finish(ticket, fence)

        threading.Thread(target=loop, daemon=True).start()


class Dbos:
    """A workflow is the ticket."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder}/dbos.sqlite"
        self.client: Any = None

    def enqueue(self) -> str:
        from dbos import DBOSClient

        self.client = self.client or DBOSClient(system_database_url=self.url)
        ticket = uuid4().hex
        options = {"workflow_name": "grade", "queue_name": "g", "workflow_id": ticket, "app_version": "1"}
        self.client.enqueue(options, ticket)
        return ticket

    def work(self, polling_seconds: float) -> None:
        from dbos import DBOS

        config: Any = {"name": "bench", "executor_id": "worker", "application_version": "1", "log_level": "ERROR"}
        DBOS(config=config | {"system_database_url": self.url})

        @DBOS.workflow(name="grade", max_recovery_attempts=50)
        def grade(ticket: str) -> None:
            started[ticket] = time.time()

        DBOS.launch()
        every: Any = {"polling_interval_sec": polling_seconds, "on_conflict": "always_update"}
        DBOS.register_queue("g", worker_concurrency=1, **every)


ENGINES: dict[str, type[RowClaim] | type[Dbos]] = {"row": RowClaim, "dbos": Dbos}


def resident_mib() -> float:
    """This process's resident memory in MiB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20


def serve(role: str, engine_name: str, folder: Path, polling_seconds: float) -> None:
    """Open the engine and answer one command a line: how long that took, CPU seconds, what was started, enqueue n."""
    before_mib, before = resident_mib(), time.perf_counter()
    engine = ENGINES[engine_name](folder)
    if role == "worker":
        engine.work(polling_seconds)
    else:
        engine.enqueue()
    ready = {"seconds": time.perf_counter() - before, "mib": resident_mib() - before_mib}
    for command in map(str.strip, sys.stdin):
        cpu_before = time.process_time()
        sent = [(time.time(), engine.enqueue()) for _ in range(int(command) if command.isdigit() else 0)]
        answer = {"cpu": time.process_time(), "spent": time.process_time() - cpu_before, "sent": sent, **ready}
        print(json.dumps({**answer, "started": started if command == "started" else len(started)}), flush=True)


class Process(subprocess.Popen[str]):
    """A child of this script that answers `serve`'s commands."""

    def __init__(self, *arguments: object) -> None:
        command = [sys.executable, __file__, *map(str, arguments)]
        super().__init__(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ready = self.ask("ready")

    def ask(self, command: str) -> Any:
        assert self.stdin
        assert self.stdout
        print(command, file=self.stdin, flush=True)
        return json.loads(self.stdout.readline())


def measure(engine_name: str, polling_seconds: float) -> dict[str, float]:
    """Every figure of one engine at one polling interval, by the name of its row in the table."""
    with tempfile.TemporaryDirectory() as folder:
        sqlite3.connect(f"{folder}/{engine_name}.sqlite").execute("PRAGMA journal_mode=WAL").close()
        worker = Process("worker", engine_name, folder, polling_seconds)
        web = Process("web", engine_name, folder, 0)
        time.sleep(1)
        resting = worker.ask("facts")["cpu"]
        time.sleep(IDLE_SECONDS)
        before, begun = worker.ask("facts"), time.perf_counter()
        enqueue_cpu = web.ask(str(TICKETS))["spent"]
        while worker.ask("facts")["started"] < before["started"] + TICKETS:
            time.sleep(0.2)
        wall, worker_cpu = time.perf_counter() - begun, worker.ask("facts")["cpu"] - before["cpu"]
        sent: list[tuple[float, str]] = []
        for _ in range(SINGLES):
            time.sleep(SINGLES_EVERY_SECONDS + random.uniform(0, 0.1))
            sent += web.ask("1")["sent"]
        time.sleep(1)
        begun_at = worker.ask("started")["started"]
        waits = sorted((begun_at[ticket] - moment) * 1000 for moment, ticket in sent)
        for process in (worker, web):
            process.kill()
            process.communicate()
    return {
        "enqueue, CPU ms a ticket": enqueue_cpu / TICKETS * 1000,
        "worker, CPU ms a ticket": worker_cpu / TICKETS * 1000,
        f"{TICKETS} tickets, wall s": wall,
        "latency of a single ticket, median ms": statistics.median(waits),
        "latency of a single ticket, p95 ms": waits[int(0.95 * (len(waits) - 1))],
        "start of a worker, s": worker.ready["seconds"],
        "memory of a worker, MiB more": worker.ready["mib"],
        "start of the web's side, s": web.ready["seconds"],
        "memory of the web's side, MiB more": web.ready["mib"],
        f"idle worker, CPU ms in {IDLE_SECONDS:.0f} s": (before["cpu"] - resting) * 1000,
    }


def main() -> None:
    """Print one column for each engine and interval, each DBOS figure with its ratio to the row claim."""
    engines = ["row", "dbos"] if importlib.util.find_spec("dbos") else ["row"]
    if "dbos" not in engines:
        print("DBOS is not installed, so its half is left out: pip install 'dbos==3.4.*'")
    columns = {(name, every): measure(name, every) for name in engines for every in POLLING_SECONDS[name]}
    own = columns["row", POLLING_SECONDS["row"][0]]
    print(f"{'':40}" + "".join(f"{f'{name}, each {every} s':>26}" for name, every in columns))
    for row, base in own.items():
        print(f"{row:40}" + "".join(f"{c[row]:>15.2f} ({c[row] / base:>6.1f} x)" for c in columns.values()))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        serve(sys.argv[1], sys.argv[2], Path(sys.argv[3]), float(sys.argv[4]))
    else:
        main()
