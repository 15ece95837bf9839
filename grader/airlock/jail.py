"""Closes this process in: called in the forked child, before it looks at an untrusted byte. There is no way back."""

import errno
import math
import os
import resource
import signal
import tempfile
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from grader import limits
from grader.airlock import kernel, landlock, seccomp
from grader.airlock.layers import Layer

NOBODY = 65534  # the user and group that own nothing


@dataclass(frozen=True, slots=True)
class Walls:
    """What a zygote settles once for all its children.

    `empty_folder` is a descriptor to be rooted in, None without the right to; `drop_user`: become `NOBODY`.
    """

    parent: int
    layers: Collection[Layer]
    drop_user: bool
    empty_folder: int | None


def enter(walls: Walls, memory_bytes: int, cpu_seconds: float) -> dict[str, str]:
    """Closes the process in. Returns a report: layer -> "on: ..." or "off: why".

    `memory_bytes` is what may be mapped beyond what is mapped already. Raises OSError where not even the limits hold.
    """
    _set_limits(memory_bytes, cpu_seconds, walls.drop_user)
    _die_first()
    report = {"limits": "on", "root": _leave_the_files(walls.empty_folder), "uid": _drop_user(walls.drop_user)}
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)  # a change of user clears it, so after that
    if os.getppid() != walls.parent:
        raise OSError(errno.ESRCH, "the zygote is gone")
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    report["no_new_privs"] = "on"
    closing = {Layer.LANDLOCK: landlock.forbid_everything, Layer.SECCOMP: seccomp.seal}
    for layer, close in closing.items():
        report[layer] = _attempt(close) if layer in walls.layers else "off: not asked for"
    return report


def is_on(report: dict[str, str], layer: Layer) -> bool:
    """True where `enter` says that it put the layer on."""
    return report.get(layer, "").startswith("on")


def keep_only(descriptors: Iterable[int]) -> None:
    """Closes every other descriptor of this process and points 0, 1 and 2 at /dev/null. Needs /proc."""
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    open_ones = os.listdir("/proc/self/fd")  # noqa: PTH208 - names are enough, for each child
    for descriptor in {int(name) for name in open_ones} - {0, 1, 2, *descriptors}:
        # the descriptor that listed the folder is closed already
        with suppress(OSError):
            os.close(descriptor)


def may_drop_user() -> bool:
    """True for root that may still kill what it has turned into somebody else: without CAP_KILL it could not."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    effective = next(line for line in status.splitlines() if line.startswith("CapEff:"))
    return os.geteuid() == 0 and bool(int(effective.split()[1], 16) >> kernel.CAP_KILL_BIT & 1)


def open_empty_folder() -> int | None:
    """A descriptor of a folder that is deleted already and so stays empty, None where none can be made."""
    if os.geteuid() != 0:
        return None
    try:
        path = tempfile.mkdtemp()
    except OSError:
        return None
    try:
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    finally:
        Path(path).rmdir()


def _attempt(close: Callable[[], str]) -> str:
    try:
        return f"on: {close()}"
    except OSError as error:
        return f"off: {error.strerror}"


def _set_limits(memory_bytes: int, cpu_seconds: float, drop_user: bool) -> None:
    address_space = _mapped_pages() * os.sysconf("SC_PAGE_SIZE") + memory_bytes
    cpu = math.ceil(cpu_seconds)
    tasks = limits.MAX_JAIL_TASKS_OF_NOBODY if drop_user else limits.MAX_JAIL_TASKS_OF_SAME_USER
    _limit(resource.RLIMIT_AS, address_space)
    _limit(resource.RLIMIT_CPU, cpu, cpu + 1)  # SIGXCPU, then SIGKILL
    _limit(resource.RLIMIT_NOFILE, limits.MAX_JAIL_DESCRIPTORS)
    _limit(resource.RLIMIT_NPROC, tasks)
    for none in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE, resource.RLIMIT_MEMLOCK, resource.RLIMIT_MSGQUEUE):
        _limit(none, 0)


def _mapped_pages() -> int:
    """The size of this process in pages. Read without a stream: each child does this, and pays for what it touches."""
    file = os.open("/proc/self/statm", os.O_RDONLY)
    try:
        return int(os.read(file, 100).split()[0])
    finally:
        os.close(file)


def _limit(kind: int, soft: int, hard: int | None = None) -> None:
    """Lowers a limit; one that is lower already stays."""
    _, ceiling = resource.getrlimit(kind)
    wanted = soft if hard is None else hard
    hardest = wanted if ceiling == resource.RLIM_INFINITY else min(wanted, ceiling)
    resource.setrlimit(kind, (min(soft, hardest), hardest))


def _die_first() -> None:
    """Where the machine runs out of memory, this process goes before anything that matters."""
    with suppress(OSError):
        file = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
        try:
            os.write(file, b"1000")
        finally:
            os.close(file)


def _leave_the_files(empty_folder: int | None) -> str:
    if empty_folder is None:
        return "off: not root"
    try:
        os.fchdir(empty_folder)
        os.chroot(".")
    except OSError as error:
        return f"off: {error.strerror}"
    os.close(empty_folder)
    return "on: an empty folder"


def _drop_user(drop: bool) -> str:
    if not drop:
        return f"same: {os.geteuid()}"
    try:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    except OSError as error:
        return f"same: {os.geteuid()} ({error.strerror})"
    return f"dropped to {NOBODY}"
