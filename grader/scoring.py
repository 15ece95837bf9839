"""From counts and predictions to a score: arithmetic on named numbers, all exact."""

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from grader.facts import Counts, Macs, Outcome, SplitResult
from grader.formula import Formula

METRICS = frozenset(
    {
        "accuracy",
        "correct",
        "examples",
        "zeros",
        "parameters",
        "sparsity",
        "macs_dense",
        "macs_nonzero",
        "macs_effective",
        "flops",
        "flops_effective",
        "file_bytes",
        "num_zero_weights",
        "total_parameters",
    }
)
"""Names that a score formula may use; the last two are the words of the 10-605 course for zeros and parameters."""


def compare(classes: npt.NDArray[np.int32], labels: npt.NDArray[np.int64]) -> SplitResult:
    """Correct predictions; both arrays have shape (samples,). Class -1, for logits that are not finite, is never correct."""
    return SplitResult(examples=int(labels.size), correct=int(np.count_nonzero(classes == labels)))


def metrics(counts: Counts, macs: Macs, result: SplitResult, file_bytes: int) -> Mapping[str, Fraction]:
    """The named numbers of one graded file, as exact fractions. A FLOP count is twice the multiply-accumulates of its kind.

    Where effective multiply-accumulates are not computed, nothing was removed, and the dense count stands for them.
    """
    effective = macs.dense if macs.effective is None else macs.effective
    numbers = {
        "accuracy": Fraction(result.correct, result.examples),
        "correct": Fraction(result.correct),
        "examples": Fraction(result.examples),
        "zeros": Fraction(counts.zeros),
        "parameters": Fraction(counts.parameters),
        "sparsity": sparsity(counts),
        "macs_dense": Fraction(macs.dense),
        "macs_nonzero": Fraction(macs.nonzero),
        "macs_effective": Fraction(effective),
        "flops": Fraction(2 * macs.dense),
        "flops_effective": Fraction(2 * effective),
        "file_bytes": Fraction(file_bytes),
    }
    return numbers | {"num_zero_weights": numbers["zeros"], "total_parameters": numbers["parameters"]}


def sparsity(counts: Counts) -> Fraction:
    """Zeros among parameters, from 0 to 1."""
    return Fraction(counts.zeros, counts.parameters)


def outcome(
    score: Formula, full_credit: Formula | None, rank_if: Formula | None, numbers: Mapping[str, Fraction]
) -> Outcome:
    """The score, and whether the conditions hold, which may speak of it too. Raises FormulaError where there is no value."""
    value = score(numbers)
    named = {**numbers, "score": value}
    return Outcome(value, passes(full_credit, named), passes(rank_if, named))


def passes(condition: Formula | None, numbers: Mapping[str, Fraction]) -> bool | None:
    """Whether a condition such as the one for full credit holds; None where the definition has none."""
    return None if condition is None else bool(condition(numbers))
