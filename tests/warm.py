"""`secateur`'s commands as real processes that need not load everything again: they are forked from one that has.

Tests start services by the dozen, and what each process of one loads takes seconds of the processor. Here one process
loads it and runs nothing; on request it forks, and the child runs `app.cli` from its beginning to its end, with its own
arguments, environment and files, as if it had been started by its command line, which it also shows in /proc. The
processes that `secateur run` keeps alive are forked from it in the same way; jails are always started afresh.

    python -m tests.warm FD PADDING

answers requests that come through the socket FD, until nobody holds its other end.
"""

import atexit
import ctypes
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any, NoReturn

ROOT = Path(__file__).resolve().parents[1]
COMMAND = (sys.executable, "-m", "app.cli")
LOADED = (
    *("app.commands.running", "app.commands.serving", "app.commands.working"),
    *("uvicorn.loops.uvloop", "uvicorn.protocols.http.httptools_impl", "psycopg"),
)
LONGEST_REQUEST = 1 << 16
LONGEST_COMMAND_LINE = 1000
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGHUP, signal.SIGPIPE)


class Started:
    """A process started elsewhere, with the part of `subprocess.Popen` that tests use."""

    def __init__(self, told: socket.socket) -> None:
        self._told = told
        self.pid = int(told.recv(100))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit status as Popen tells it, None while it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
            self.returncode = int(self._told.recv(100))
            self._told.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


Process = Started | subprocess.Popen[bytes]


class Nursery:
    """The process that has loaded everything, started when it is first needed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._requests: socket.socket | None = None

    def start(self, arguments: Sequence[str], environment: Mapping[str, str], output: int, errors: int) -> Started:
        if self._requests is None:
            self._begin()
        assert self._requests is not None
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        request = json.dumps({"arguments": [*arguments], "environment": dict(environment), "folder": str(Path.cwd())})
        with theirs:
            socket.send_fds(self._requests, [request.encode()], [output, errors, theirs.fileno()])
        return Started(ours)

    def _begin(self) -> None:
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-m", "tests.warm", str(theirs.fileno()), "-" * LONGEST_COMMAND_LINE]
            self._process = subprocess.Popen(command, cwd=ROOT, pass_fds=[theirs.fileno()])

    def close(self) -> None:
        """Ends it; what it started goes on."""
        if self._requests is not None and self._process is not None:
            self._requests.close()
            self._process.wait()
            self._requests = self._process = None


nursery: Nursery | None = None
"""None: commands are started afresh. The tests' conftest makes one."""


def start(
    arguments: Sequence[str], environment: Mapping[str, str], output: IO[bytes], *, afresh: bool = False
) -> Process:
    """`secateur` with these arguments, which writes into that file."""
    if nursery is None or afresh:
        return subprocess.Popen([*COMMAND, *arguments], env=dict(environment), stdout=output, stderr=output)
    return nursery.start(arguments, environment, output.fileno(), output.fileno())


def main() -> None:
    """Answers requests until nobody can make any."""
    gc.disable()
    for name in LOADED:
        import_module(name)
    gc.enable()
    requests = socket.socket(fileno=int(sys.argv[1]))
    telling: dict[int, tuple[int, int]] = {}
    # To end the tests is to end what they started.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        ready, _, _ = select.select([requests.fileno(), *telling], [], [])
        for file in ready:
            if file in telling:
                _tell_end(file, *telling.pop(file))
            elif not _answer(requests, telling):
                return


def _answer(requests: socket.socket, telling: dict[int, tuple[int, int]]) -> bool:
    """Starts what is asked for; False where nobody can ask any more."""
    text, files, _, _ = socket.recv_fds(requests, LONGEST_REQUEST, 3)
    if not text:
        return False
    request, (output, errors, told) = json.loads(text), files
    pid = os.fork()
    if pid == 0:
        os.dup2(output, 1)
        os.dup2(errors, 2)
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environment"])
        _become(request["arguments"])
    os.close(output)
    os.close(errors)
    telling[os.pidfd_open(pid)] = (pid, told)
    os.write(told, str(pid).encode())
    return True


def _tell_end(file: int, pid: int, told: int) -> None:
    os.close(file)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with suppress(OSError):  # nobody waits for it
        os.write(told, str(status).encode())
    os.close(told)


class Forked(subprocess.Popen[bytes]):
    """What Popen is, for command lines of `secateur` that inherit everything."""

    def _execute_child(self, arguments: Sequence[str], *_: Any) -> None:
        assert tuple(arguments[: len(COMMAND)]) == COMMAND
        self.pid = os.fork()
        if self.pid == 0:
            _become(arguments[len(COMMAND) :])
        self._child_created = True


def _become(arguments: Sequence[str]) -> NoReturn:
    """Runs `secateur` in this process, which was just forked, and ends it as an interpreter ends."""
    status = 1
    try:
        gc.freeze()  # else whatever held one of these files closes another of the same number one day
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        show([*COMMAND, *arguments])
        sys.argv[:] = [str(Path("app", "cli.py").absolute()), *arguments]
        # For the supervisor alone: jails start afresh.
        import_module("app.supervisor").subprocess = SimpleNamespace(  # type: ignore[attr-defined]
            Popen=Forked, TimeoutExpired=subprocess.TimeoutExpired
        )
        runpy.run_module("app.cli", run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        _end(status)


def _end(status: int) -> NoReturn:
    try:
        threading._shutdown()  # type: ignore[attr-defined] # waits for threads, as the interpreter does
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


def show(command: Sequence[str]) -> None:
    """Has /proc tell this command line of the process."""
    fields = Path("/proc/self/stat").read_text().rpartition(") ")[2].split()
    begin, end = int(fields[45]), int(fields[46])
    line = b"".join(word.encode() + b"\0" for word in command)
    if len(line) < end - begin:
        ctypes.memmove(begin, line.ljust(end - begin, b"\0"), end - begin)


if __name__ == "__main__":
    main()
