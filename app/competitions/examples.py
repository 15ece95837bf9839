"""Examples of the score as a course states them, and what the formula makes of them: pure rules over named numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from pydantic import Field, field_validator

from app.competitions.exact import Exact, exact
from grader.competition import Definition
from grader.formula import Formula, FormulaError
from grader.scoring import METRICS, outcome
from grader.strict import Strict

ALIASES = {"num_zero_weights": "zeros", "total_parameters": "parameters"}
"""The words of a course for metrics that have another name here."""


class ScoreExample(Strict):
    """Some metrics, and the score that they come to. Of zeros, parameters and sparsity two tell the third."""

    given: dict[str, Exact] = Field(min_length=1, description="Metrics by name, such as accuracy and sparsity.")
    score: Exact
    full_credit: bool | None = Field(default=None, description="Whether it is full credit; null: not stated.")
    ranks: bool | None = Field(default=None, description="Whether it has a rank; null: not stated.")

    @field_validator("given")
    @classmethod
    def _are_metrics(cls, given: dict[str, str]) -> dict[str, str]:
        for name in given:
            if name not in METRICS:
                raise ValueError(f"{name!r} is no metric; known are {', '.join(sorted(METRICS))}")
        return given


@dataclass(frozen=True, slots=True)
class Compared:
    """An example beside what the formula gives. `problem` is a sentence where the two differ, else empty."""

    example: ScoreExample
    score: Fraction | None
    problem: str

    @property
    def given(self) -> str:
        """The metrics, as a reader takes them in."""
        return ", ".join(f"{name} {value}" for name, value in self.example.given.items())


def compare(example: ScoreExample, definition: Definition) -> Compared:
    """What the definition's formulas make of an example."""
    exact_network = definition.exact
    numbers = _numbers(example.given, exact_network.parameters if exact_network else None)
    missing = sorted(definition.score.names - numbers.keys())
    if missing:
        return Compared(example, None, f"the formula asks for {', '.join(missing)}, which the example does not give")
    try:
        found = outcome(definition.score, None, None, numbers)
        named = numbers | {"score": found.score}
        credit, ranks = (_holds(each, named) for each in (definition.full_credit, definition.rank_if))
    except FormulaError as error:
        return Compared(example, None, f"the formula has no value: {error}")
    told = [
        f"{name} is {got}, the example says {stated}"
        for name, got, stated in (
            ("the score", _written(found.score), None if found.score == exact(example.score) else example.score),
            ("full credit", credit, _unless_equal(example.full_credit, credit)),
            ("a rank", ranks, _unless_equal(example.ranks, ranks)),
        )
        if stated is not None
    ]
    return Compared(example, found.score, "; ".join(told))


def _holds(condition: Formula | None, named: Mapping[str, Fraction]) -> bool | None:
    """Whether a condition holds; None where there is none, or where it asks for what is not given."""
    return bool(condition(named)) if condition is not None and condition.names <= named.keys() else None


def _unless_equal(stated: bool | None, got: bool | None) -> bool | None:
    return None if stated == got else stated


def _numbers(given: Mapping[str, str], parameters: int | None) -> dict[str, Fraction]:
    """The metrics that were given, and those that follow from them."""
    known = {ALIASES.get(name, name): exact(text) for name, text in given.items()}
    if parameters is not None:
        known.setdefault("parameters", Fraction(parameters))
    elif "sparsity" in known:
        known.setdefault("parameters", Fraction(1))  # a share is the same of any number
    return derived(known)


def derived(given: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """Metrics by their names here, and those that follow from them, the words of courses among them."""
    known = dict(given)
    for whole, part, share in (("parameters", "zeros", "sparsity"), ("examples", "correct", "accuracy")):
        _complete(known, whole, part, share)
    for kind, macs in (("flops", "macs_dense"), ("flops_effective", "macs_effective")):
        if macs in known:
            known.setdefault(kind, 2 * known[macs])
        elif kind in known:
            known[macs] = known[kind] / 2
    for name, metric in ALIASES.items():
        if metric in known:
            known[name] = known[metric]
    return known


def _complete(known: dict[str, Fraction], whole: str, part: str, share: str) -> None:
    if share not in known and part in known and known.get(whole):
        known[share] = known[part] / known[whole]
    elif share in known and whole in known:
        known.setdefault(part, known[share] * known[whole])


def _written(value: Fraction) -> str:
    """A fraction as a decimal where that is exact, else as it is."""
    text = f"{float(value):.12g}"
    return text if Fraction(text) == value else str(value)
