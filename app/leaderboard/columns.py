"""What a scored submission can be sorted and plotted by: named numbers out of its report, exact."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from math import isfinite
from typing import Any

from app.leaderboard.scored import Scored
from grader.formula import parse
from grader.scoring import METRICS

DECLARED = "declared."
"""Prefix of columns that students declare themselves in their series; nobody has checked those."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Read = Callable[[Scored], Fraction | None]


class Better(StrEnum):
    """Which end of a column is the good one."""

    HIGH = "high"
    LOW = "low"


class Kind(StrEnum):
    """How a column's values are written."""

    SHARE = "share"
    COUNT = "count"
    MOMENT = "moment"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Column:
    """A named number. `read` gives None where a submission has none; moments are microseconds since 1970 in UTC."""

    name: str
    label: str
    kind: Kind
    better: Better
    read: Read

    @property
    def is_declared(self) -> bool:
        """Whether students say it themselves."""
        return self.name.startswith(DECLARED)


def known(lower_is_better: bool, rows: Iterable[Scored] = ()) -> Mapping[str, Column]:
    """All columns by name: those that the grader measured, and the numbers that are declared in the given rows."""
    score = Column("score", "Score", Kind.NUMBER, Better.LOW if lower_is_better else Better.HIGH, _score)
    declared = sorted({name for row in rows for name, value in _declared(row).items() if _is_number(value)})
    return {column.name: column for column in (score, *_MEASURED, *map(_declared_column, declared))}


def reason(row: Scored, condition: str) -> str:
    """Why a submission has no rank: its numbers, and the condition that they do not meet."""
    names = parse(condition, METRICS | {"score"}).names
    columns = {**known(lower_is_better=False), **_SPELLINGS}
    told = []
    for name in sorted(names, key=lambda name: _place(name, condition)):
        value = columns[name].read(row)
        if value is not None:
            told.append(f"{name} {_plain(value)}")
    return f"{', '.join(told)}; needs {condition}"


def metrics(row: Scored) -> Mapping[str, Fraction]:
    """The named numbers of a scored submission that formulas may use, on the part that its score is of."""
    columns = {**known(lower_is_better=False), **_SPELLINGS}
    found = {name: columns[name].read(row) for name in sorted(METRICS)}
    return {name: value for name, value in found.items() if value is not None}


def abscissa(names: Iterable[str]) -> str:
    """The column that a competition's accuracy is plotted against: the cost that its score's formula speaks of."""
    spoken = {_COSTS.get(name, name) for name in names}
    return next((name for name in _COSTS.values() if name in spoken), "sparsity")


def _plain(value: Fraction) -> str:
    if value.denominator == 1:
        return f"{value.numerator:,}"
    whole, _, decimals = f"{float(value):,.6f}".partition(".")
    return f"{whole}.{decimals.rstrip('0'):0<4}"


def _place(name: str, text: str) -> int:
    found = re.search(rf"\b{name}\b", text)
    return found.start() if found else len(text)


def _score(row: Scored) -> Fraction:
    return row.candidate.score


def _received(row: Scored) -> Fraction:
    return Fraction((row.candidate.received_at - _EPOCH) // timedelta(microseconds=1))


def _count(*path: str, times: int = 1) -> Read:
    def read(row: Scored) -> Fraction | None:
        found: Any = row.report
        for key in path:
            found = found.get(key) if found else None
        return None if found is None else Fraction(times * found)

    return read


def _of_split(name: str) -> Read:
    return lambda row: Fraction(row.split[name])


def _accuracy(row: Scored) -> Fraction:
    split = row.split
    return Fraction(split["correct"], split["examples"])


def _sparsity(row: Scored) -> Fraction:
    return Fraction(row.report["zeros"], row.report["parameters"])


def _declared(row: Scored) -> Mapping[str, Any]:
    return (row.report.get("series") or {}).get("declared") or {}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _declared_column(name: str) -> Column:
    def read(row: Scored) -> Fraction | None:
        value = _declared(row).get(name, "")
        return Fraction(value) if _is_number(value) else None

    # What is declared is mostly a cost, such as seconds of training; the address may say otherwise.
    return Column(DECLARED + name, f"{name.replace('_', ' ')} (self-declared)", Kind.NUMBER, Better.LOW, read)


_HIGH, _LOW = Better.HIGH, Better.LOW
_MEASURED = (
    Column("accuracy", "Accuracy", Kind.SHARE, _HIGH, _accuracy),
    Column("correct", "Correct images", Kind.COUNT, _HIGH, _of_split("correct")),
    Column("sparsity", "Sparsity", Kind.SHARE, _HIGH, _sparsity),
    Column("zeros", "Zeros", Kind.COUNT, _HIGH, _count("zeros")),
    Column("parameters", "Parameters", Kind.COUNT, _LOW, _count("parameters")),
    Column("parameters_effective", "Parameters, effective", Kind.COUNT, _LOW, _count("compacted", "parameters")),
    Column("macs_dense", "Multiply-accumulates, dense", Kind.COUNT, _LOW, _count("macs", "dense")),
    Column("macs_nonzero", "Multiply-accumulates, non-zero", Kind.COUNT, _LOW, _count("macs", "nonzero")),
    Column("macs_effective", "Multiply-accumulates, effective", Kind.COUNT, _LOW, _count("macs", "effective")),
    Column("flops", "FLOPs, dense", Kind.COUNT, _LOW, _count("macs", "dense", times=2)),
    Column("flops_effective", "FLOPs, effective", Kind.COUNT, _LOW, _count("macs", "effective", times=2)),
    Column("file_bytes", "Size of the file, bytes", Kind.COUNT, _LOW, _count("file_bytes")),
    Column("received_at", "Received", Kind.MOMENT, _LOW, _received),
)
_SPELLINGS = {
    "examples": Column("examples", "Images", Kind.COUNT, _HIGH, _of_split("examples")),
    "num_zero_weights": Column("num_zero_weights", "Zeros", Kind.COUNT, _HIGH, _count("zeros")),
    "total_parameters": Column("total_parameters", "Parameters", Kind.COUNT, _LOW, _count("parameters")),
}
"""What a condition may speak of and nobody would plot."""
_COSTS = {
    "flops_effective": "flops_effective",
    "macs_effective": "macs_effective",
    "flops": "flops",
    "macs_nonzero": "macs_nonzero",
    "macs_dense": "macs_dense",
    "sparsity": "sparsity",
    "zeros": "sparsity",
    "num_zero_weights": "sparsity",
    "parameters": "parameters",
    "total_parameters": "parameters",
    "file_bytes": "file_bytes",
}
"""A name in a score's formula -> the column that it is about, the more telling ones first."""
