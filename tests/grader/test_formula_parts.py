"""What a formula is made of."""

import pytest

from grader.formula_parts import condition_of, conjuncts, sides


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (" accuracy > 0.6 and score > 0.36 ", ["accuracy > 0.6", "score > 0.36"]),
        ("accuracy > 0.6 or score > 0.36", ["accuracy > 0.6 or score > 0.36"]),
        ("accuracy > 0.6", ["accuracy > 0.6"]),
    ],
)
def test_a_condition_falls_apart_where_all_of_it_has_to_hold(text: str, parts: list[str]) -> None:
    assert list(conjuncts(text)) == parts


def test_a_value_is_told_apart_from_the_condition_under_which_it_is_one() -> None:
    assert condition_of("(accuracy + sparsity) / 2 if accuracy > 0.6 else 0") == (
        "(accuracy + sparsity) / 2",
        "accuracy > 0.6",
    )
    assert condition_of(" accuracy ") == ("accuracy", None)


@pytest.mark.parametrize("text", ["0.6 < accuracy < 0.9", "accuracy == 0.6", "not accuracy > 0.6", "accuracy"])
def test_only_one_comparison_of_less_and_more_has_two_sides(text: str) -> None:
    assert sides(" flops_effective <= 2 * 10 ") == ("flops_effective", "2 * 10")
    assert sides(text) is None
