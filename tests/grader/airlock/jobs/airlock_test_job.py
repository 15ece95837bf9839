"""A job that does what its argument `do` says: honest work, accidents and attacks."""

import ctypes
import fcntl
import gc
import json
import mmap
import os
import resource
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from grader.airlock.kernel import checked, libc, prctl
from grader.errors import Finding, Refusal

Reply = tuple[dict[str, Any], dict[str, Any]]
PARENT: list[int] = []
ENVIRONMENT: list[str] = []


def warm() -> None:
    """Notes what only the zygote can see."""
    PARENT.append(os.getpid())
    ENVIRONMENT.extend(Path("/proc/self/environ").read_text().split("\0"))
    np.ones((2, 2), np.float32) @ np.ones((2, 2), np.float32)


def run(arguments: dict[str, Any], inputs: list[int]) -> Reply:
    do: Callable[[dict[str, Any], list[int]], Reply] = globals()[f"do_{arguments['do']}"]
    return do(arguments, inputs)


def do_nothing(arguments: dict[str, Any], inputs: list[int]) -> Reply:
    return {}, {}


def do_echo(arguments: dict[str, Any], inputs: list[int]) -> Reply:
    matrix = np.arange(6, dtype=np.float32).reshape(2, 3)
    return {"said": arguments["say"]}, {
        "matrix": matrix,
        "columns": matrix.T,
        "empty": np.zeros((0, 3)),
        "one": matrix[0, 0],
    }


def do_read(arguments: dict[str, Any], inputs: list[int]) -> Reply:
    first, second = inputs
    with mmap.mmap(second, 0, prot=mmap.PROT_READ) as mapped:
        text = [os.pread(first, 4, 1).decode(), os.read(first, 2).decode(), mapped[:3].decode()]
    return {"text": text, "size": os.fstat(first).st_size, "at": os.lseek(first, 0, os.SEEK_CUR)}, {}


def do_descriptors(arguments: dict[str, Any], inputs: list[int]) -> Reply:
    return {"open": [number for number in range(1024) if _is_open(number)], "inputs": inputs}, {}


def do_environment(arguments: dict[str, Any], inputs: list[int]) -> Reply:
    return {"environment": ENVIRONMENT, "path": sys.path}, {}


def do_collection(arguments: dict[str, Any], inputs: list[int]) -> Reply:
    return {"enabled": gc.isenabled(), "frozen": gc.get_freeze_count()}, {}


def do_identity(arguments: dict[str, Any], inputs: list[int]) -> Reply:
    return {"users": [os.getuid(), os.geteuid()], "groups": [os.getgid(), os.getegid()]}, {}


def do_thread(arguments: dict[str, Any], inputs: list[int]) -> Reply:
    seen: list[int] = []
    threads = [threading.Thread(target=seen.append, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"seen": sorted(seen)}, {}


def do_attack(arguments: dict[str, Any], inputs: list[int]) -> Reply:
    try:
        got = ATTACKS[arguments["attack"]]()
    except (OSError, MemoryError) as error:
        return {"outcome": "blocked", "why": type(error).__name__}, {}
    return {"outcome": "ALLOWED", "why": str(got)[:100]}, {}


def do_refuse(arguments: dict[str, Any], inputs: list[int]) -> Reply:
    raise Refusal(Finding("not-a-file", "a\x1b[31mb\u202e", "x" * 1000, "\ud800"), Finding("second"))


def do_raise(arguments: dict[str, Any], inputs: list[int]) -> Reply:
    raise ValueError("not\x00 this")


def do_spin(arguments: dict[str, Any], inputs: list[int]) -> Reply:
    signal.signal(signal.SIGXCPU, signal.SIG_IGN if arguments.get("stubborn") else signal.SIG_DFL)
    while True:
        pass


def do_sleep(arguments: dict[str, Any], inputs: list[int]) -> Reply:
    time.sleep(600)
    return {}, {}


def do_close_and_sleep(arguments: dict[str, Any], inputs: list[int]) -> Reply:
    os.close(_answer())
    time.sleep(600)
    return {}, {}


def do_eat(arguments: dict[str, Any], inputs: list[int]) -> Reply:
    return {"eaten": len(bytearray(1 << 40))}, {}


def do_eat_in_another_language(arguments: dict[str, Any], inputs: list[int]) -> Reply:
    raise RuntimeError("std::bad_alloc")


def do_flood(arguments: dict[str, Any], inputs: list[int]) -> Reply:
    while True:
        os.write(_answer(), bytes(1 << 16))


def do_long_answer(arguments: dict[str, Any], inputs: list[int]) -> Reply:
    return {}, {"long": np.zeros(arguments["bytes"], np.uint8)}


def do_garbage(arguments: dict[str, Any], inputs: list[int]) -> Reply:
    os.write(_answer(), json.dumps(arguments).encode())
    os._exit(0)


def do_exit(arguments: dict[str, Any], inputs: list[int]) -> Reply:
    os._exit(arguments["status"])


def do_segfault(arguments: dict[str, Any], inputs: list[int]) -> Reply:
    ctypes.string_at(0)
    return {}, {}


def do_abort(arguments: dict[str, Any], inputs: list[int]) -> Reply:
    os.abort()


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _answer() -> int:
    return next(number for number in range(3, 1024) if _is_open(number) and stat.S_ISFIFO(os.fstat(number).st_mode))


def _fork() -> int:
    child = os.fork()
    if child == 0:
        os._exit(0)
    return os.waitpid(child, 0)[1]


def _limit_descriptors(process: int) -> None:
    """Through libc, as `resource` hides the errno."""
    limit = (ctypes.c_ulong * 2)(1, 1)
    checked(libc().prlimit(process, resource.RLIMIT_NOFILE, limit, None))


def _own_signals_to_parent() -> None:
    """A pipe whose readiness would be a signal to the zygote."""
    fcntl.fcntl(_answer(), fcntl.F_SETOWN, PARENT[0])


ATTACKS: dict[str, Callable[[], object]] = {
    "read /etc/passwd": lambda: Path("/etc/passwd").read_bytes(),
    "read its own environment": lambda: Path("/proc/self/environ").read_bytes(),
    "read the first process": lambda: Path("/proc/1/environ").read_bytes(),
    "read the zygote's memory": lambda: Path(f"/proc/{PARENT[0]}/mem").open("rb").close(),
    "read its own code": lambda: Path(__file__).read_bytes(),
    "list /": lambda: list(Path("/").iterdir()),
    "write /tmp": lambda: os.open("/tmp", os.O_TMPFILE | os.O_RDWR),
    "reopen an input": lambda: os.open("/proc/self/fd/0", os.O_RDWR),
    "resolve a link": lambda: Path("/proc/self/exe").readlink(),
    "make a folder": lambda: Path("/tmp/airlock-test-folder").mkdir(),
    "memory file": lambda: os.memfd_create("x"),
    "tcp": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    "udp": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
    "unix socket": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
    "socket pair": socket.socketpair,
    "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    "fork": _fork,
    "spawn": lambda: subprocess.run(["/bin/true"], check=True),
    "exec": lambda: os.execv("/bin/true", ["true"]),
    "signal the zygote": lambda: os.kill(PARENT[0], 0),
    "signal everybody": lambda: os.kill(-1, 0),
    "signal a thread of the zygote": lambda: checked(libc().tgkill(PARENT[0], PARENT[0], 0)),
    "hold the zygote": lambda: os.pidfd_open(PARENT[0]),
    "signal through a descriptor": _own_signals_to_parent,
    "limit the zygote": lambda: _limit_descriptors(PARENT[0]),
    "change its own limits": lambda: _limit_descriptors(0),
    "outlive the zygote": lambda: prctl(1, 0),
    "become root": lambda: os.setuid(0),
    "unshare": lambda: checked(libc().unshare(0x10000000)),
    "ptrace": lambda: checked(libc().ptrace(0, 0, None, None)),
    "run new code": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC),
    "pin to a processor": lambda: os.sched_setaffinity(PARENT[0], {0}),
    "pipe": os.pipe,
    "3 GiB": lambda: bytearray(3 << 30),
}
