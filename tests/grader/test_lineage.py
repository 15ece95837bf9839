import math
from fractions import Fraction
from typing import Any

import pytest

from grader.lineage import Savings, savings, time_ratio


def report(correct: int, effective: int | None, parameters: int | None = None) -> dict[str, Any]:
    return {
        "parameters": 100,
        "macs": {"dense": 1000, "nonzero": 900, "effective": effective},
        "splits": {"test": {"examples": 1000, "correct": correct, "accuracy": correct / 1000}},
        "compacted": None if parameters is None else {"parameters": parameters},
    }


def test_savings_are_shares_of_the_reference() -> None:
    assert savings(report(900, 1000), report(890, 250, 20)) == Savings(
        accuracy_drop=Fraction(1, 100), flops_saved=Fraction(3, 4), parameters_saved=Fraction(4, 5)
    )


def test_where_nothing_was_removed_the_dense_count_stands() -> None:
    found = savings(report(900, None), report(910, None))

    assert found == Savings(Fraction(-1, 100), Fraction(0), Fraction(0))


@pytest.mark.parametrize("missing", ["splits", "macs", "parameters"])
def test_without_a_number_there_is_no_comparison(missing: str) -> None:
    hidden = report(900, 10) | {missing: None}

    assert savings(hidden, report(900, 10)) is None
    assert savings(report(900, 10), hidden) is None


def test_the_ratio_is_the_median_of_pairs_with_its_quartiles() -> None:
    ratio = time_ratio([1.0, 2.0, 3.0, 4.0, 50.0], [2.0, 2.0, 2.0, 2.0, 2.0], 256)

    assert (ratio.low, ratio.median, ratio.high) == (1.0, 1.5, 2.0)
    assert ratio.as_json() == {"median": 1.5, "low": 1.0, "high": 2.0, "rounds": 5, "examples": 256}


@pytest.mark.parametrize("bad", [[1.0], [1.0, 0.0], [1.0, -1.0], [1.0, math.nan], [1.0, math.inf], [1.0, 1.0, 1.0]])
def test_what_are_no_times_is_refused(bad: list[float]) -> None:
    with pytest.raises(ValueError, match=r"pairs|seconds"):
        time_ratio(bad, [1.0] * min(len(bad), 2), 1)
