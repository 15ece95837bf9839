"""The lines that a competition's rules draw into a plot of two columns: equal scores, and where its conditions begin.

Pure. A line that needs any other number than those two columns tell is left out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction

from app.competitions.definition import CompetitionDefinition
from app.competitions.examples import ALIASES, derived
from grader.formula import Formula, FormulaError, parse
from grader.formula_parts import condition_of, conjuncts, sides
from grader.scoring import METRICS

Names = Mapping[str, Fraction]
BASELINE = "baseline"
_ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Bound:
    """Where two formulas are equal. `text`: the condition that begins there; `purposes`: what it is for.

    `at`: the column and the value that the line stands at, where it is a straight one.
    """

    text: str
    purposes: tuple[str, ...]
    sides: tuple[Formula, Formula]
    at: tuple[str, Fraction] | None

    @property
    def names(self) -> frozenset[str]:
        """What it speaks of."""
        return self.sides[0].names | self.sides[1].names

    @property
    def is_edge(self) -> bool:
        """Whether nothing can lie beyond it: no number that is measured is below 0."""
        return self.at is not None and self.at[1] <= 0

    def gap(self, numbers: Names) -> Fraction:
        """How far apart the two sides are: 0 on the line, of either sign beside it."""
        return self.sides[0](numbers) - self.sides[1](numbers)


@dataclass(frozen=True, slots=True)
class Guides:
    """The lines in a plot of the columns `x` and `y`."""

    x: str
    y: str
    constants: Names
    """What is the same for every submission."""
    score: Formula | None
    """The score where `within` holds; None where the two columns do not tell it."""
    within: Formula | None
    """Where it does not hold, the score is another one, such as 0, and has no lines."""
    has_levels: bool
    """Whether lines of equal score tell anything: the score hangs on both columns."""
    bounds: Sequence[Bound]

    @property
    def has_baselines(self) -> bool:
        """Whether one of the bounds is a baseline."""
        return any(BASELINE in each.purposes for each in self.bounds)

    def numbers(self, x: Fraction, y: Fraction) -> Names:
        """All that a place in the plot tells, the score among it where it has one."""
        known = derived({**self.constants, self.x: x, self.y: y})
        with suppress(FormulaError):  # such as a division by zero: no score there
            if self.score is not None and (self.within is None or self.within(known)):
                known["score"] = self.score(known)
        return known


def guides(definition: CompetitionDefinition, x: str, y: str) -> Guides:
    """The lines of a competition in a plot of two columns, which are given by their names."""
    rules = definition.grading
    constants = {} if rules.exact is None else {"parameters": Fraction(rules.exact.parameters)}
    both = derived({**constants, x: _ONE, y: _ONE}).keys()
    text, condition = condition_of(rules.grading.score)
    score, within = parse(text, METRICS), parse(condition, METRICS) if condition else None
    is_told = rules.score.names <= both and "score" not in both
    of_x, of_y = (derived({**constants, name: _ONE}).keys() - derived(constants).keys() for name in (x, y))
    known = frozenset(both | {"score"} if is_told else both)
    varying = known - (derived(constants).keys() - {x, y})
    return Guides(
        x=x,
        y=y,
        constants=constants,
        score=score if is_told else None,
        within=within if is_told else None,
        has_levels=is_told and not score.names.isdisjoint(of_x) and not score.names.isdisjoint(of_y),
        bounds=_merged(
            each
            for each in _bounds(definition, (x, y))
            if each.names <= known and not each.names.isdisjoint(varying) and not each.is_edge
        ),
    )


def _bounds(definition: CompetitionDefinition, columns: tuple[str, str]) -> Iterator[Bound]:
    """What the rules ask for, part by part, and the baselines."""
    rules = definition.grading.grading
    value, condition = condition_of(rules.score)
    asked = ((condition, "for a score"), (rules.rank_if, "for a rank"), (rules.full_credit, "for full credit"))
    pairs = [(each, purpose, sides(each)) for text, purpose in asked if text for each in conjuncts(text)]
    written = [(baseline.name, baseline.written("public")) for baseline in definition.course.baselines]
    pairs += [(name, BASELINE, ("score", text)) for name, text in written if text]
    for text, purpose, pair in pairs:
        if pair is not None:
            left, right = (parse(side, METRICS | {"score"}) for side in pair)
            yield Bound(text, (purpose,), (left, right), _place(left, right, value, columns))


def _place(left: Formula, right: Formula, value: str, columns: tuple[str, str]) -> tuple[str, Fraction] | None:
    """The column and the value of `column > number`, either way round and by any of its names; None of anything else."""
    for side, other in ((left, right), (right, left)):
        name = value if side.text == "score" and "score" not in columns else side.text
        if (column := ALIASES.get(name, name)) in columns and not other.names:
            with suppress(FormulaError):
                return column, other({})
    return None


def _merged(bounds: Iterable[Bound]) -> Sequence[Bound]:
    """Each condition once, with all that it is for."""
    found: dict[str, Bound] = {}
    for each in bounds:
        known = found.get(each.text)
        purposes = dict.fromkeys((*(known.purposes if known else ()), *each.purposes))
        found[each.text] = Bound(each.text, tuple(purposes), each.sides, each.at)
    return list(found.values())
