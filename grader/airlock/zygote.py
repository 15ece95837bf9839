"""The zygote: a small process of its own, exec'd with an empty environment, that forks one jailed child for each job.

It is started before any secret is near, imports the job's module once, and never reads an input: those go through it as
descriptors. It ends with its owner, whichever way that one ends, and takes its child along; a SIGTERM to everything at
once, as a service manager sends it, is for the owner, which then finishes its job.
"""

import gc
import importlib
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn, cast

from grader import limits
from grader.airlock import child, heap, jail
from grader.airlock.jail import Walls
from grader.airlock.layers import Layer
from grader.airlock.protocol import Ending, Job, Packet, Request, read_request, receive, send


class Owner:
    """The process that this one works for, and the socket to it."""

    def __init__(self, control: socket.socket, process_id: int) -> None:
        self.control = control
        self._life = os.pidfd_open(process_id)
        if os.getppid() != process_id:
            sys.exit("the owner is gone")
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        self._poll.register(self._life, select.POLLIN)

    def next_packet(self) -> tuple[Packet | None, list[int]]:
        """The next packet and its descriptors, None when the owner is gone."""
        ready = [descriptor for descriptor, _ in self._poll.poll()]
        # a copy of the owner's socket may live on in another child of its own; the owner itself cannot
        return (None, []) if self._life in ready else receive(self.control)

    def wait_for_child(self, life: int, seconds: float) -> None:
        """Returns when the child has ended, the owner wants it ended or is gone, or the time is over."""
        self._poll.register(life, select.POLLIN)
        try:
            self._poll.poll(max(0.0, seconds) * 1000)
        finally:
            self._poll.unregister(life)


def main(arguments: list[str]) -> None:
    """Serves until the owner is gone. Arguments: job's dotted path, control socket, owner's process, layers."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # its children inherit that: they are ended by SIGKILL alone
    job_path, control, process_id, layers = arguments
    with socket.socket(fileno=int(control)) as channel:
        channel.set_inheritable(False)
        owner = Owner(channel, int(process_id))
        try:
            job = _load(job_path)
        except Exception as error:  # any import may fail in any way, and only the owner can say so
            send(channel, "failed", {"text": f"{type(error).__name__}: {error}"[: limits.MAX_CRASH_CHARACTERS]})
            return
        folder = jail.open_empty_folder()
        chosen = frozenset(Layer(name) for name in layers.split(",") if name)
        walls = Walls(os.getpid(), chosen, jail.may_drop_user(), folder)
        send(channel, "ready", {"threads": len(list(Path("/proc/self/task").iterdir()))})
        _serve(owner, job, walls)


def _load(job_path: str) -> Job:
    job = cast(Job, importlib.import_module(job_path))
    job.warm()
    child.write_frame({"kind": "answer", "head": {}}, {})
    b"".decode("cp437")  # zipfile's codec, which loads on first use
    gc.collect()
    gc.freeze()  # children then do not copy every page that a collection would touch
    gc.disable()  # and they live for one job
    heap.start_afresh()
    return job


def _serve(owner: Owner, job: Job, walls: Walls) -> None:
    while True:
        packet, descriptors = owner.next_packet()
        if packet is None:
            return
        if packet.kind != "run":  # a request to stop a child that had ended by itself
            continue
        request = read_request(packet.content)
        process = _fork(job, request, walls, descriptors)
        send(owner.control, "ended", asdict(_watch(owner, request, process)))


def _fork(job: Job, request: Request, walls: Walls, descriptors: list[int]) -> int:
    process = os.fork()
    if process == 0:
        _be_child(job, request, walls, descriptors)
    for descriptor in descriptors:
        os.close(descriptor)
    return process


def _be_child(job: Job, request: Request, walls: Walls, descriptors: list[int]) -> NoReturn:
    answer, *inputs = descriptors
    child.live(job, request, walls, answer, inputs)


def _watch(owner: Owner, request: Request, process: int) -> Ending:
    """Waits until the child has ended, by itself or by force, and says how."""
    life = os.pidfd_open(process)
    # the owner keeps the time; this is for one that is stopped
    patience = request.limits.wall_seconds + limits.ZYGOTE_REPLY_SECONDS
    try:
        owner.wait_for_child(life, patience)
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(life, signal.SIGKILL)
        _, status, used = os.wait4(process, 0)
    finally:
        os.close(life)
    return Ending(
        number=request.number,
        signal=os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0,
        status=os.WEXITSTATUS(status) if os.WIFEXITED(status) else 0,
        cpu_seconds=used.ru_utime + used.ru_stime,
        peak_bytes=used.ru_maxrss * 1024,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
