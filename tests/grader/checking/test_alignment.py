import pytest

from grader.checking.alignment import align


def equal_or_one(left: str, right: str) -> float:
    return float(left != right)


def only_equal(left: str, right: str) -> float | None:
    return 0.0 if left == right else None


@pytest.mark.parametrize(
    ("left", "right", "pairs"),
    [
        ("abc", "abc", [(0, 0), (1, 1), (2, 2)]),
        ("abc", "ac", [(0, 0), (1, None), (2, 1)]),
        ("ac", "abc", [(0, 0), (None, 1), (1, 2)]),
        ("abc", "axc", [(0, 0), (1, 1), (2, 2)]),
        ("", "ab", [(None, 0), (None, 1)]),
        ("ab", "", [(0, None), (1, None)]),
    ],
)
def test_one_missing_item_does_not_shift_the_rest(
    left: str, right: str, pairs: list[tuple[int | None, int | None]]
) -> None:
    assert align(left, right, equal_or_one) == pairs


def test_items_that_may_not_pair_stand_alone() -> None:
    assert align("a", "b", only_equal) in ([(0, None), (None, 0)], [(None, 0), (0, None)])
