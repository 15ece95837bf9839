"""What runs the jobs on untrusted input, and what they are called."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from grader.airlock.protocol import Answer, JobLimits

READING_JOB = "grader.reading.job"
EVALUATING_JOB = "grader.evaluating.job"
EXPORTING_JOB = "grader.exporting.job"


class Runner(Protocol):
    """Runs one job on untrusted input: the airlock, or one's own process for one's own file."""

    @property
    def level(self) -> str:
        """How well the job is contained, as the report says it: A, B, C, or none."""

    def run(self, arguments: Mapping[str, Any], inputs: Sequence[int], job_limits: JobLimits) -> Answer:
        """The job's answer. Raises Refusal, ChildDied or another GraderFault."""
