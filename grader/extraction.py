"""What the trusted side asks of the reading job: a weight file's arrays, as named records."""

import os

from grader import limits
from grader.airlock.protocol import JobLimits
from grader.competition import FileRule
from grader.errors import Finding, Refusal
from grader.facts import StoredWeights
from grader.reading import stored
from grader.running import Runner


def weights(file: int, rule: FileRule, reader: Runner) -> StoredWeights:
    """The arrays of the weight file behind a descriptor. Raises Refusal where the file cannot be read, or GraderFault."""
    size = os.fstat(file).st_size
    if size > rule.max_bytes:
        raise Refusal(Finding("too-large", expected=f"{rule.max_bytes:,} bytes", got=f"{size:,} bytes"))
    answer = reader.run({"format": rule.format, "max_bytes": rule.max_bytes}, [file], _limits())
    return stored.from_answer(answer.head, answer.arrays)


def _limits() -> JobLimits:
    return JobLimits(
        cpu_seconds=limits.READ_CPU_SECONDS,
        wall_seconds=limits.READ_WALL_SECONDS,
        memory_bytes=limits.READ_MEMORY_BYTES,
        answer_bytes=limits.READ_ANSWER_BYTES,
    )
