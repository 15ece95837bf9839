"""What a deadline looks like: who hands in what at which moment, and what came of it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any, Self


class Kind(StrEnum):
    """What a file is, and so what must become of it."""

    GOOD = "good"
    """Scored."""
    WRONG_NETWORK = "wrong network"
    """A weight file of another architecture: taken, read in the jail, rejected."""
    NO_WEIGHTS = "no weights"
    """Something else under the name of a weight file: refused with the answer to the upload."""


@dataclass
class Handed:
    """One file and what its student saw of it; moments are those of the clock on the wall, None: it never came to that."""

    number: int
    student: int
    at: float
    """Seconds after the storm's beginning at which its student hands it in."""
    kind: Kind
    begun: float | None = None
    sent: float | None = None
    """When the last byte of the request that was answered had been given to the network."""
    answered: float | None = None
    statuses: list[str] = field(default_factory=list)
    """What the requests were answered with, in order, or what broke them."""
    submission: int | None = None
    told: float | None = None
    """When the student's page told the end."""
    state: str | None = None
    interrupted: bool = False
    """Whether the student looked at the page of a later file meanwhile."""


@dataclass
class Plan:
    """A storm. What is planned goes to the process of the students, and comes back with what they saw."""

    url: str
    tokens: Sequence[str]
    files: list[Handed]
    poll_seconds: float
    limit_seconds: float
    began: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)
    """Polls and streams by what they were answered with."""
    latest: float = 0.0
    """Seconds by which the students' process was late at most: it shares the machine with the service."""
    polls: list[float] = field(default_factory=list)
    """Seconds that each look at the board took."""

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Self:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        told["files"] = [Handed(**{**each, "kind": Kind(each["kind"])}) for each in told["files"]]
        return cls(**told)


def files(students: int, submissions: int, seconds: float, wrong_every: int, random: Random) -> list[Handed]:
    """The files of all students, each at a moment of chance, in the order of time; every so many of them are wrong.

    Of the wrong ones every second is no weight file at all.
    """
    moments = sorted(random.uniform(0, seconds) for _ in range(submissions))
    whose = [number % students for number in range(submissions)]
    random.shuffle(whose)
    return [
        Handed(number, student, moment, _kind(number, wrong_every))
        for number, (moment, student) in enumerate(zip(moments, whose, strict=True), start=1)
    ]


def _kind(number: int, wrong_every: int) -> Kind:
    if not wrong_every or number % wrong_every:
        return Kind.GOOD
    return Kind.NO_WEIGHTS if number // wrong_every % 2 else Kind.WRONG_NETWORK
