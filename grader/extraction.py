"""What the trusted side asks of the reading job: a file's arrays, and what an archive of several files holds."""

import os

from grader import limits
from grader.airlock.protocol import Answer, JobLimits
from grader.errors import Finding, Refusal
from grader.facts import Contents, StoredWeights
from grader.memory_files import beginning_of
from grader.reading import signatures, stored
from grader.running import Runner
from grader.upload_rules import FileRule


def contents(file: int, rule: FileRule, reader: Runner) -> Contents | None:
    """What the archive behind a descriptor holds, None where the file is no archive of several files. Raises Refusal."""
    _check_size(file, rule)
    if rule.format != "pytorch" or not signatures.is_archive(beginning_of(file, signatures.HEAD_BYTES)):
        return None
    answer = _ask(file, rule, reader, task="contents")
    found = stored.contents_from_answer(answer.head, answer.arrays)
    return found if found.members else None


def weights(file: int, rule: FileRule, reader: Runner, member: str | None = None) -> StoredWeights:
    """The arrays of the weight file behind a descriptor, or of one in an archive. Raises Refusal, or GraderFault."""
    _check_size(file, rule)
    asked = {} if member is None else {"member": member}
    answer = _ask(file, rule, reader, **asked)
    return stored.from_answer(answer.head, answer.arrays)


def content(file: int, rule: FileRule, reader: Runner, member: str) -> bytes:
    """The bytes of one file in an archive, unpacked. Raises Refusal, or GraderFault."""
    answer = _ask(file, rule, reader, task="bytes", member=member)
    return stored.bytes_from_answer(answer.head, answer.arrays)


def _check_size(file: int, rule: FileRule) -> None:
    size = os.fstat(file).st_size
    if size > rule.max_bytes:
        raise Refusal(Finding("too-large", expected=f"{rule.max_bytes:,} bytes", got=f"{size:,} bytes"))


def _ask(file: int, rule: FileRule, reader: Runner, **asked: str) -> Answer:
    job_limits = JobLimits(
        cpu_seconds=limits.READ_CPU_SECONDS,
        wall_seconds=limits.READ_WALL_SECONDS,
        memory_bytes=limits.READ_MEMORY_BYTES,
        answer_bytes=limits.READ_ANSWER_BYTES,
    )
    return reader.run({"format": rule.format, "max_bytes": rule.max_bytes, **asked}, [file], job_limits)
