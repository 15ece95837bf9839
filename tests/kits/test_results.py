"""Results: the assignment's formula, and what is kept of a step."""

from fractions import Fraction
from pathlib import Path

import pytest

from kits.reference import results
from kits.reference.plan import DENSE, GRADUAL, MASKED
from tests.kits.records import PARAMETERS, result


@pytest.mark.parametrize(
    ("zeros", "correct", "score"),
    [
        (0, 3_835, Fraction(0)),
        (PARAMETERS // 2, 3_000, Fraction(0)),
        (PARAMETERS // 2, 3_001, (Fraction(3_001, 5_000) + Fraction(PARAMETERS // 2, PARAMETERS)) / 2),
        (1, 5_000, (1 + Fraction(1, PARAMETERS)) / 2),
    ],
)
def test_the_score_is_the_assignments(zeros: int, correct: int, score: Fraction) -> None:
    assert result(MASKED, zeros, correct).score == score


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    made = result(MASKED, 575_000, 3_700, epochs=6)

    results.keep(made, tmp_path)

    assert results.kept(tmp_path) == made


def test_a_step_that_was_stopped_has_no_result(tmp_path: Path) -> None:
    (tmp_path / "state.npz").touch()

    assert results.kept(tmp_path) is None


def test_results_are_listed_by_method_and_sparsity(tmp_path: Path) -> None:
    for made in (result(MASKED, 500_000, 1), result(GRADUAL, 9, 1), result(GRADUAL, 100, 1), result(DENSE, 0, 1)):
        (tmp_path / made.name).mkdir()
        results.keep(made, tmp_path / made.name)
    (tmp_path / "unfinished").mkdir()

    assert [found.name for found in results.all_kept(tmp_path)] == [
        "dense-0",
        "masked-500000",
        "gradual-9",
        "gradual-100",
    ]
