"""Attacks that a sealed child makes on its own jail, through the same door as every job, and what follows from them."""

import ctypes
import os
import platform
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from grader.airlock import landlock
from grader.airlock.kernel import checked, libc
from grader.airlock.layers import Layer, Level

BLOCKED = "blocked"
THREADS = "threads"
CLONE_NEWUSER = 0x10000000
PTRACE_TRACEME = 0
BEYOND_BUDGET_BYTES = 3 << 30


def attack(parent: int) -> dict[str, str]:
    """What each attack came to: "blocked: why" or "ALLOWED". `parent` is the process to try a signal on."""
    attacks: dict[str, Callable[[], object]] = {
        "read /etc/passwd": lambda: Path("/etc/passwd").read_bytes(),
        "read /proc/1/environ": lambda: Path("/proc/1/environ").read_bytes(),
        "read /proc/self/environ": lambda: Path("/proc/self/environ").read_bytes(),
        "list /": lambda: list(Path("/").iterdir()),
        "write /tmp": lambda: os.close(os.open("/tmp", os.O_TMPFILE | os.O_WRONLY)),  # noqa: S108  (leaves no file)
        "tcp": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM).close(),
        "udp": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close(),
        "unix socket": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).close(),
        "fork": _fork,
        "exec": _execute,
        "signal the parent": lambda: os.kill(parent, 0),
        "unshare": lambda: checked(libc().unshare(ctypes.c_int(CLONE_NEWUSER))),
        "memory": lambda: bytearray(BEYOND_BUDGET_BYTES),
        # last: where it is allowed, the next signal would stop this process for its tracer
        "ptrace": lambda: checked(libc().ptrace(ctypes.c_long(PTRACE_TRACEME), 0, None, None)),
    }
    return {name: _outcome(attempt) for name, attempt in attacks.items()}


def use_threads() -> str:
    """The word `work` where the jail still lets a job have a thread, else why it does not."""
    done = threading.Event()
    try:
        thread = threading.Thread(target=done.set)
        thread.start()
        thread.join()
    except (OSError, RuntimeError) as error:
        return f"refused: {error}"
    return "work" if done.is_set() else "refused: it did not run"


def judge(layers: Mapping[str, str], attacks: Mapping[str, str], threads: str) -> Level:
    """The level that these outcomes are worth."""
    sound = bool(attacks) and all(outcome.startswith(BLOCKED) for outcome in attacks.values()) and threads == "work"
    on = {layer for layer in Layer if layers.get(layer, "").startswith("on")}
    if not sound or Layer.SECCOMP not in on:
        return Level.C
    return Level.A if Layer.LANDLOCK in on else Level.B


def describe(layers: Mapping[str, str], attacks: Mapping[str, str], threads: str) -> dict[str, Any]:
    """The report of a self-test, for health checks and for every result."""
    return {
        "level": judge(layers, attacks, threads).value,
        "layers": dict(layers),
        "attacks": dict(attacks),
        "threads": threads,
        "uid": layers.get("uid", "unknown"),
        "landlock_abi": landlock.abi() if platform.system() == "Linux" else 0,
        "kernel": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
    }


def _outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except OSError as error:
        return f"{BLOCKED}: {error.strerror}"
    except MemoryError:
        return f"{BLOCKED}: out of memory"
    return "ALLOWED"


def _fork() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def _execute() -> None:
    """Runs what does not exist: the jail has to refuse before anybody looks for the file."""
    try:
        os.execv("/nonexistent", ["nonexistent"])  # noqa: S606  (an attack on oneself)
    except FileNotFoundError:
        return
