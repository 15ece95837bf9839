"""The conditions of a competition for one submission, part by part: each with its numbers, and whether it holds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from grader.errors import DefinitionError
from grader.formula import parse
from grader.formula_parts import conjuncts
from grader.scoring import METRICS

CONDITIONS = {"rank_if": "for a rank", "full_credit": "for full credit"}
"""The keys of a definition whose conditions are told, and what they are for."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One part of a condition. `numbers`: the values that it speaks of, in the order of their names."""

    text: str
    purpose: str
    numbers: Mapping[str, Fraction]
    holds: bool


def clauses(grading: Mapping[str, Any], numbers: Mapping[str, Fraction]) -> Sequence[Clause]:
    """Every part of every condition of a definition's `grading`; those that speak of what is not known are left out."""
    return [
        clause
        for key, purpose in CONDITIONS.items()
        if grading.get(key)
        for text in conjuncts(grading[key])
        for clause in _clause(text, purpose, numbers)
    ]


def _clause(text: str, purpose: str, numbers: Mapping[str, Fraction]) -> Iterator[Clause]:
    try:
        formula = parse(text, METRICS | {"score"})
        if formula.names <= numbers.keys():
            found = {name: numbers[name] for name in sorted(formula.names)}
            yield Clause(text, purpose, found, bool(formula(numbers)))
    except DefinitionError:
        return  # such as a division by zero: the whole condition was decided, and that is told elsewhere
