import numpy as np
import pytest

from grader.evaluating.agreement import TIE, classes_of, undecided


@pytest.mark.parametrize(
    ("logits", "is_open"),
    [
        ([0.0, 0.5, 1.0], False),
        ([1.0, 1.0001, 0.0], False),  # 1.0001 in float32 is a little more
        ([1.0, 1.00009, 0.0], True),
        ([0.0, 0.0, 0.0], True),
        ([100.0, 100.0031, 0.0], False),
        ([100.0, 100.0029, 0.0], True),
        ([0.0, 0.0005, -100.0], True),
        ([0.0, np.nan, 1.0], True),
        ([0.0, np.inf, 1.0], True),
        ([0.0, 9.0, -np.inf], True),
    ],
)
def test_a_margin_below_the_limit_leaves_a_sample_open(logits: list[float], is_open: bool) -> None:
    assert undecided(np.array([logits], np.float32)).tolist() == [is_open]


def test_a_sample_that_is_not_finite_does_not_disturb_the_others() -> None:
    logits = np.array([[np.nan, 1.0], [0.0, 1.0], [np.inf, -np.inf]], np.float32)

    assert undecided(logits).tolist() == [True, False, True]
    assert classes_of(logits).tolist() == [-1, 1, -1]


def test_an_exact_tie_goes_to_the_lowest_class() -> None:
    assert classes_of(np.array([[0.0, 2.0, 2.0], [1.0, 1.0, 1.0]])).tolist() == [1, 0]


def test_what_differs_only_by_the_order_of_a_sum_is_a_tie() -> None:
    logits = np.array([[1.0, 1.0 + 1e-13, 0.0], [1.0, 1.0 + 1e-9, 0.0]])

    assert classes_of(logits, TIE).tolist() == [0, 1]
