"""The airlock for its owner: runs jobs on untrusted bytes, one at a time, each in a jailed child of its own."""

import math
import platform
import signal
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from grader import limits
from grader.airlock import selftest
from grader.airlock.answer import read_frame
from grader.airlock.layers import ALL_LAYERS, Layer, Level
from grader.airlock.process import Outcome, ZygoteProcess
from grader.airlock.protocol import JSON, Answer, Ending, ExitStatus, JobLimits, Request, Usage
from grader.errors import AirlockUnavailable, Cause, ChildDied, GraderFault, Refusal

SELF_TEST = JobLimits(
    limits.SELF_TEST_CPU_SECONDS,
    limits.SELF_TEST_WALL_SECONDS,
    limits.SELF_TEST_MEMORY_BYTES,
    limits.SELF_TEST_ANSWER_BYTES,
)


class Airlock:
    """Owns one zygote for one job, from `open` to `close`; a context manager. Threads take turns.

    `report` is the self-test of the zygote that runs now, `level` what it is worth. At level C every `run` raises
    AirlockUnavailable. `layers` leaves layers out, to see what then holds. `lasting`: the zygote outlives the death of a
    child, for a job whose inputs see the layout of memory anyhow.
    """

    def __init__(
        self,
        job: str,
        *,
        layers: Collection[Layer] = ALL_LAYERS,
        search_path: Sequence[Path] = (),
        lasting: bool = False,
    ) -> None:
        self.level = Level.C
        self.report: Mapping[str, Any] = {}
        self._job, self._layers, self._search_path, self._lasting = job, layers, search_path, lasting
        self._turn = threading.Lock()
        self._zygote: ZygoteProcess | None = None
        self._ready = False
        self._number = 0

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def process_id(self) -> int | None:
        """The zygote's process number, None while there is none."""
        return self._zygote.process_id if self._zygote else None

    def open(self) -> None:
        """Starts the zygote and tests the jail; raises GraderFault where the job's module does not load."""
        with self._turn:
            self._prepare()

    def close(self) -> None:
        """Ends the zygote and whatever it runs."""
        with self._turn:
            self._drop_zygote()

    def run(self, arguments: Mapping[str, JSON], inputs: Sequence[int], job_limits: JobLimits) -> Answer:
        """The job's answer to these arguments and descriptors, which stay the caller's.

        Raises Refusal for what the job finds wrong with an input, ChildDied for a child that ended otherwise,
        AirlockUnavailable at level C, GraderFault where the zygote is at fault. The next call finds a new zygote.
        """
        with self._turn:
            zygote = self._prepare()
            if zygote is None or self.level is Level.C:
                raise AirlockUnavailable(f"the jail is at level C on {platform.system()} {platform.machine()}")
            try:
                answer = self._run(zygote, self._request(arguments, job_limits), inputs)
            except ChildDied:
                if self._lasting:
                    self._retire(zygote)
                else:
                    self._replace_zygote()  # what crashed may have learnt where things lie in memory
                raise
            except Refusal:
                self._retire(zygote)
                raise
            except BaseException:
                self._drop_zygote()
                raise
            self._retire(zygote)
            return answer

    def _prepare(self) -> ZygoteProcess | None:
        """A zygote that is loaded and tested; None where the system has no such thing."""
        if platform.system() != "Linux":
            self.report = selftest.describe({}, {}, "not tried")
            return None
        zygote = self._zygote
        if zygote is None or not zygote.is_alive():
            zygote = self._replace_zygote()
        if not self._ready:
            self._test(zygote)
        return zygote

    def _test(self, zygote: ZygoteProcess) -> None:
        try:
            zygote.wait_until_ready()
            outcome = zygote.run(self._request({}, SELF_TEST, self_test=True), [])
            self.report = _describe(outcome)
        except BaseException:
            self._drop_zygote()
            raise
        self.level = Level(self.report["level"])
        self._ready = True

    def _request(self, arguments: Mapping[str, JSON], job_limits: JobLimits, *, self_test: bool = False) -> Request:
        self._number += 1
        required = [] if self_test else [Layer.SECCOMP] if self.level is Level.B else list(Layer)
        return Request(self._number, self_test, arguments, required, job_limits)

    def _run(self, zygote: ZygoteProcess, request: Request, inputs: Sequence[int]) -> Answer:
        if len(inputs) > limits.MAX_JAIL_INPUTS:
            raise GraderFault(f"{len(inputs)} inputs, of at most {limits.MAX_JAIL_INPUTS}")
        started = time.monotonic()
        outcome = zygote.run(request, inputs)
        usage = Usage(outcome.ending.cpu_seconds, time.monotonic() - started, outcome.ending.peak_bytes)
        _raise_for_ending(outcome, request.limits)
        head, arrays = read_frame(outcome.frame)
        return Answer(head, arrays, usage)

    def _retire(self, zygote: ZygoteProcess) -> None:
        if zygote.jobs >= limits.JOBS_PER_ZYGOTE:
            self._replace_zygote()

    def _replace_zygote(self) -> ZygoteProcess:
        """Ends the zygote and starts the next one, which gets ready while its owner does other things."""
        self._drop_zygote()
        self._zygote = ZygoteProcess(self._job, self._layers, self._search_path)
        return self._zygote

    def _drop_zygote(self) -> None:
        if self._zygote is not None:
            self._zygote.close()
        self._zygote, self._ready = None, False


def _describe(outcome: Outcome) -> dict[str, Any]:
    """The report of a self-test; one that did not come to its end is worth level C."""
    try:
        head, _ = read_frame(outcome.frame)
        return selftest.describe(head["layers"], head["attacks"], head["threads"])
    except ChildDied as error:
        return selftest.describe({}, {}, f"not tried: {error} {outcome.ending}")


def _raise_for_ending(outcome: Outcome, job_limits: JobLimits) -> None:
    """Raises ChildDied unless the child ended by itself with an answer to read."""
    ending = outcome.ending
    if outcome.stopped is Cause.OUTPUT:
        raise ChildDied(Cause.OUTPUT, f"an answer of more than {job_limits.answer_bytes} bytes")
    if outcome.stopped is Cause.WALL:
        raise ChildDied(Cause.WALL, f"{job_limits.wall_seconds:g} s were over")
    if ending.signal:
        raise ChildDied(*_cause_of_signal(ending, job_limits))
    if ending.status == ExitStatus.NO_MEMORY:
        raise ChildDied(Cause.MEMORY, f"{job_limits.memory_bytes} bytes were not enough")
    if ending.status == ExitStatus.NO_JAIL:  # said by a child, so no reason to trust the jail less than its self-test
        raise ChildDied(Cause.CRASH, "it says that its jail did not close")
    if ending.status and not outcome.frame:
        raise ChildDied(Cause.CRASH, f"exit status {ending.status}")


def _cause_of_signal(ending: Ending, job_limits: JobLimits) -> tuple[Cause, str]:
    spent = ending.cpu_seconds >= math.ceil(job_limits.cpu_seconds)
    if ending.signal == signal.SIGXCPU or (ending.signal == signal.SIGKILL and spent):
        return Cause.CPU, f"{ending.cpu_seconds:.1f} s of CPU, of {math.ceil(job_limits.cpu_seconds)}"
    return Cause.CRASH, f"signal {ending.signal}"
