from fractions import Fraction

import numpy as np
import pytest

from grader import formula, scoring
from grader.competition import Definition
from grader.facts import Counts, Macs, SplitResult
from grader.scoring import METRICS

PARAMETERS = 592_933


def numbers_of(zeros: int, correct: int, examples: int = 5_000) -> dict[str, Fraction]:
    counts = Counts(parameters=PARAMETERS, zeros=zeros, buffers=64, layers=())
    return dict(scoring.metrics(counts, Macs(dense=1_000, nonzero=600), SplitResult(examples, correct), 2_400_000))


def score_of(definition: Definition, zeros: int, correct: int) -> Fraction:
    return definition.score(numbers_of(zeros, correct))


def full_credit_of(definition: Definition, zeros: int, correct: int) -> bool | None:
    numbers = numbers_of(zeros, correct)
    return scoring.passes(definition.full_credit, numbers | {"score": definition.score(numbers)})


def test_3000_of_5000_is_not_above_06_and_scores_0(cmu: Definition) -> None:
    assert score_of(cmu, PARAMETERS // 2, 3_000) == 0


def test_3001_of_5000_is_above_06_and_scores(cmu: Definition) -> None:
    assert score_of(cmu, 349_830, 3_001) == (Fraction(3_001, 5_000) + Fraction(349_830, PARAMETERS)) / 2


def test_without_a_single_zero_the_score_is_0(cmu: Definition) -> None:
    assert score_of(cmu, 0, 5_000) == 0


def test_one_zero_is_enough_to_score(cmu: Definition) -> None:
    assert score_of(cmu, 1, 5_000) == (1 + Fraction(1, PARAMETERS)) / 2


@pytest.mark.parametrize(
    ("zeros", "correct", "credited"),
    [(349_830, 3_001, True), (349_830, 3_000, False), (0, 5_000, False), (1, 3_600, True)],
)
def test_full_credit_needs_accuracy_above_06_and_a_score_above_036(
    cmu: Definition, zeros: int, correct: int, credited: bool
) -> None:
    assert full_credit_of(cmu, zeros, correct) is credited


def test_a_condition_that_asks_for_more_than_036_is_not_met_by_036_itself() -> None:
    condition = formula.parse("score > 0.36", METRICS | {"score"})

    assert scoring.passes(condition, {"score": Fraction(36, 100)}) is False
    assert scoring.passes(condition, {"score": Fraction(36, 100) + Fraction(1, 10**18)}) is True


def test_without_a_condition_nothing_is_said_about_full_credit() -> None:
    assert scoring.passes(None, {}) is None


def test_a_class_that_is_not_finite_is_never_correct() -> None:
    result = scoring.compare(np.array([0, 1, -1, 2], np.int32), np.array([0, 2, 1, 2], np.int64))

    assert result == SplitResult(examples=4, correct=2)


def test_metrics_are_exact_and_the_course_has_its_own_words_for_two() -> None:
    assert numbers_of(zeros=200_000, correct=3_333) == {
        "accuracy": Fraction(3_333, 5_000),
        "correct": 3_333,
        "examples": 5_000,
        "zeros": 200_000,
        "num_zero_weights": 200_000,
        "parameters": PARAMETERS,
        "total_parameters": PARAMETERS,
        "sparsity": Fraction(200_000, PARAMETERS),
        "macs_dense": 1_000,
        "macs_nonzero": 600,
        "macs_effective": 1_000,
        "flops": 2_000,
        "flops_effective": 2_000,
        "file_bytes": 2_400_000,
    }


def test_what_can_be_removed_from_a_network_is_counted_as_effective() -> None:
    counts, result = Counts(10, 4, 0, ()), SplitResult(examples=2, correct=1)

    numbers = scoring.metrics(counts, Macs(dense=100, nonzero=60, effective=80), result, 1)

    assert [int(numbers[name]) for name in ("macs_effective", "flops_effective", "flops")] == [80, 160, 200]


def test_every_name_that_a_formula_may_use_has_a_number() -> None:
    assert numbers_of(1, 1).keys() == METRICS
