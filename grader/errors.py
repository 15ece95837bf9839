"""The kinds of wrong that are raised inside the grader.

Exception
├── Refusal          the student's file: becomes problems in a Report, a finished job
├── DefinitionError  the competition's definition: the instructor must change it
└── GraderFault      ours: retried, never charged to a student
├── ChildDied    a jailed child ended without an answer (`cause` says why)
└── AirlockUnavailable   no sandbox, so no untrusted byte is read
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Self


@dataclass(frozen=True, slots=True)
class Finding:
    """One refusal as it crosses the airlock: a code of `messages` and its facts; sentences are added outside.

    `file` is the file of an archive that it is about, said by whoever took it out of there.
    """

    code: str
    where: str = ""
    expected: str = ""
    got: str = ""
    file: str = ""


class Refusal(Exception):
    """The student's file cannot be graded. Carries at least one finding."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__(", ".join(finding.code for finding in findings))
        self.findings: Sequence[Finding] = findings


class Misplaced(NamedTuple):
    """One thing to change in a definition. Line and column count from 1; None where there is no place to name."""

    line: int | None
    column: int | None
    message: str


class DefinitionError(Exception):
    """A competition's definition is wrong; `findings` are all that is, the first one's line is `line`."""

    def __init__(self, message: str, *, line: int | None = None, column: int | None = None, source: str = "") -> None:
        self._tell((Misplaced(line, column, message),), source)

    @classmethod
    def of(cls, findings: Iterable[Misplaced], source: str) -> Self:
        """Several findings in one error, in the order of their places, equal ones once."""
        error = cls("")
        error._tell(
            tuple(sorted(set(findings), key=lambda each: (each.line or 0, each.column or 0, each.message))), source
        )
        return error

    def _tell(self, findings: Sequence[Misplaced], source: str) -> None:
        line = findings[0].line
        place = f"{source or 'definition'}, line {line}: " if line else f"{source}: " if source else ""
        others = (f"line {each.line}: {each.message}" if each.line else each.message for each in findings[1:])
        self.args = (place + "; ".join((findings[0].message, *others)),)
        self.findings, self.line = findings, line


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
