"""The kinds of wrong that are raised inside the grader.

Exception
├── Refusal          the student's file: becomes problems in a Report, a finished job
├── DefinitionError  the competition's definition: the instructor must change it
└── GraderFault      ours: retried, never charged to a student
├── ChildDied    a jailed child ended without an answer (`cause` says why)
└── AirlockUnavailable   no sandbox, so no untrusted byte is read
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Finding:
    """One refusal as it crosses the airlock: a code of `messages` and its facts; sentences are added outside."""

    code: str
    where: str = ""
    expected: str = ""
    got: str = ""


class Refusal(Exception):
    """The student's file cannot be graded. Carries at least one finding."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__(", ".join(finding.code for finding in findings))
        self.findings: Sequence[Finding] = findings


class DefinitionError(Exception):
    """A competition's definition is wrong. `line` counts from 1, None where there is none to name."""

    def __init__(self, message: str, *, line: int | None = None, source: str = "") -> None:
        place = f"{source or 'definition'}, line {line}: " if line else f"{source}: " if source else ""
        super().__init__(place + message)
        self.line = line


class GraderFault(Exception):
    """Our own fault: the job is tried again and ends as `failed`, with the student's try returned."""


class Cause(StrEnum):
    """Why a jailed child ended without an answer."""

    CRASH = "crash"
    CPU = "cpu"
    MEMORY = "memory"
    WALL = "wall"
    OUTPUT = "output"
    ANSWER = "answer"

    @property
    def own_limit(self) -> bool:
        """True where the child used up what it may, so that the file is too heavy rather than we at fault.

        Wall time is not the child's own: a machine that stands still uses it up, too.
        """
        return self in (Cause.CPU, Cause.MEMORY)


class ChildDied(GraderFault):
    """A jailed child ended without an answer that can be used."""

    def __init__(self, cause: Cause, detail: str) -> None:
        super().__init__(f"jailed child ended: {cause} ({detail})")
        self.cause = cause


class AirlockUnavailable(GraderFault):
    """The machine offers no sandbox that is strong enough to read an untrusted file."""
