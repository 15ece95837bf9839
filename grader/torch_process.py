"""Runs evaluations with torch in a process that lasts, one for each device; for workers that have a GPU."""

import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from safetensors import numpy as safetensors

from grader import limits
from grader.airlock.protocol import Answer, JobLimits, Packet, Usage, receive, send
from grader.errors import Cause, ChildDied, Finding, GraderFault, Refusal
from grader.facts import AnyArray
from grader.running import Runner

JOB = "grader.evaluating.torch_job"
SOURCES = Path(__file__).resolve().parents[1]
HEAD = "head"
PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES")
"""What a GPU's libraries are found by; no secret of the service is in any of them."""
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""The float64 pass takes single images: more threads wait for each other."""


class TorchProcess:
    """Stands in for the airlock where a network is evaluated on a GPU: canonical graphs and images go in.

    What is asked beside, such as to time two networks, goes to `others`. A context manager; not for two threads at once.
    """

    level = "none"

    def __init__(self, device: str, others: Runner) -> None:
        self._device, self._others = device, others
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self.engine = ""

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def run(self, arguments: Mapping[str, Any], inputs: Sequence[int], job_limits: JobLimits) -> Answer:
        """The answer of `grader.evaluating.torch_job`. Raises Refusal, ChildDied, GraderFault; the next call finds a new one."""
        if "task" in arguments:
            return self._others.run(arguments, inputs, job_limits)
        if self._process is None or self._process.poll() is not None:  # no fault of the file that comes next
            self._end()
            self._start()
        answer = os.memfd_create("answer", os.MFD_CLOEXEC)
        try:
            self._send(arguments, [*inputs, answer])
            packet = self._wait(job_limits.wall_seconds)
            if packet.kind == "refused":
                raise Refusal(*(Finding(**finding) for finding in packet.content["findings"]))
            if packet.kind != "done":
                raise GraderFault(f"the device {self._device}: {packet.content.get('text')}")
            return _read_answer(os.pread(answer, job_limits.answer_bytes + limits.ANSWER_FRAME_BYTES, 0))
        finally:
            os.close(answer)

    def _start(self) -> None:
        """Starts the process. Raises GraderFault where there is no such device."""
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", JOB, str(theirs.fileno()), self._device],
                env={name: os.environ[name] for name in PASSED_ON if name in os.environ} | ENVIRONMENT,
                cwd=SOURCES,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # a Ctrl-C in a terminal is for the owner, which then finishes its file
            )
        packet = self._wait(limits.TORCH_START_SECONDS)
        if packet.kind != "ready":
            self._end()
            raise GraderFault(str(packet.content.get("text")))
        self.engine = str(packet.content["engine"])

    def _send(self, arguments: Mapping[str, Any], files: Sequence[int]) -> None:
        if self._control is None:
            raise GraderFault("the process was not started")
        try:
            send(self._control, "run", arguments, files)
        except OSError as error:
            self._end()
            raise ChildDied(Cause.CRASH, f"the evaluating process is gone: {error.strerror}") from error

    def _wait(self, seconds: float) -> Packet:
        """The next packet. Raises ChildDied, after which the process is gone."""
        if self._control is None:
            raise GraderFault("the process was not started")
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        if not poll.poll(seconds * 1000):
            self._end()
            raise ChildDied(Cause.WALL, f"{seconds:g} s were over")
        try:
            packet, _ = receive(self._control)
        except ConnectionResetError:  # it died with a request unread
            packet = None
        if packet is None:
            self._end()
            raise ChildDied(Cause.CRASH, "the evaluating process ended")
        return packet

    def _end(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._control = self._process = None


def _read_answer(data: bytes) -> Answer:
    size = int.from_bytes(data[:8], "little")
    head = json.loads(json.loads(data[8 : 8 + size])["__metadata__"][HEAD])
    arrays: dict[str, AnyArray] = dict(safetensors.load(data))
    return Answer(head, arrays, Usage(cpu_seconds=0.0, wall_seconds=float(head["seconds"]), peak_bytes=0))
