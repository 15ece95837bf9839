"""An airlock that is opened when it is first needed: a zygote that nobody uses would hold its memory for nothing."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from grader.airlock.layers import Level
from grader.airlock.protocol import JSON, Answer, JobLimits
from grader.airlock.runner import Airlock


class OnDemand:
    """The airlock for one job, a context manager; whoever asks for its level or runs something starts its zygote.

    The zygote lasts, see `Airlock`: one that is started late is one that takes long to start.
    """

    def __init__(self, job: str) -> None:
        self._airlock = Airlock(job, lasting=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._airlock.close()

    @property
    def level(self) -> Level:
        """What the jail is worth on this machine. Raises GraderFault where the job's module does not load."""
        self._airlock.open()
        return self._airlock.level

    def run(self, arguments: Mapping[str, JSON], inputs: Sequence[int], job_limits: JobLimits) -> Answer:
        """The job's answer, see `Airlock.run`."""
        return self._airlock.run(arguments, inputs, job_limits)
