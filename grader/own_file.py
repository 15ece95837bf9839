"""Runs a job in this process. For one's own file only: nothing here contains a hostile one."""

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from grader.airlock.protocol import Answer, JobLimits, Usage


class OwnFile:
    """Stands in for the airlock where a person grades a file of their own."""

    level = "none"

    def __init__(self, job: str) -> None:
        self._job = importlib.import_module(job)

    def run(self, arguments: Mapping[str, Any], inputs: Sequence[int], job_limits: JobLimits) -> Answer:
        """The job's answer; raises Refusal. The limits are not applied."""
        head, arrays = self._job.run(dict(arguments), list(inputs))
        return Answer(head, arrays, Usage(cpu_seconds=0.0, wall_seconds=0.0, peak_bytes=0))
