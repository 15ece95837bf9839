"""Which lines the rules of a competition draw into a plot, and where."""

from fractions import Fraction

import pytest

from app.competitions import definition
from app.competitions.definition import CompetitionDefinition
from app.leaderboard.guides import Guides, guides
from tests.app.world import FOLDER

HALF, TENTH = Fraction(1, 2), Fraction(1, 10)


def rules(name: str, *changes: tuple[str, str]) -> CompetitionDefinition:
    text = (FOLDER / f"{name}.yaml").read_text()
    text = text[: text.index("  examples:")] + text[text.index("  description:") :]  # of the formula as it was
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    return definition.from_yaml(text, name, FOLDER)


def told(found: Guides) -> list[tuple[str, tuple[str, ...], tuple[str, Fraction] | None]]:
    return [(each.text, each.purposes, each.at) for each in found.bounds]


def test_a_score_of_both_columns_has_lines_of_equal_score_and_its_bounds() -> None:
    found = guides(rules("cmu-10605"), "sparsity", "accuracy")

    assert found.has_levels
    assert told(found) == [
        ("accuracy > 0.6", ("for a score", "for full credit"), ("accuracy", Fraction(3, 5))),
        ("score > 0.36", ("for full credit",), None),
    ]


def test_a_place_has_the_score_that_its_formula_gives_and_none_where_its_condition_does_not_hold() -> None:
    found = guides(rules("cmu-10605"), "sparsity", "accuracy")

    assert found.numbers(HALF, Fraction(13, 20))["score"] == Fraction(23, 40)
    assert "score" not in found.numbers(HALF, Fraction(3, 5))
    [bound] = [each for each in found.bounds if each.at is None]
    assert bound.gap(found.numbers(TENTH, Fraction(62, 100))) == 0


@pytest.mark.parametrize(
    ("x", "y"), [("file_bytes", "accuracy"), ("sparsity", "received_at"), ("macs_dense", "parameters")]
)
def test_without_a_column_of_the_formula_there_are_no_lines_of_equal_score(x: str, y: str) -> None:
    found = guides(rules("cmu-10605"), x, y)

    assert not found.has_levels
    assert [text for text, _, _ in told(found)] == (["accuracy > 0.6"] if y == "accuracy" else [])


def test_zeros_tell_the_sparsity_of_the_one_network() -> None:
    found = guides(rules("cmu-10605"), "accuracy", "zeros")

    assert found.has_levels
    assert found.numbers(Fraction(7, 10), Fraction(592_933, 2))["score"] == Fraction(3, 5)


def test_a_family_of_networks_does_not_tell_zeros_by_sparsity() -> None:
    found = guides(rules("cs6886", ("score: flops_effective", "score: accuracy / zeros")), "sparsity", "accuracy")

    assert (found.score, found.has_levels) == (None, False)


def test_the_score_itself_as_a_column_has_its_bound_and_no_lines_of_equal_score() -> None:
    found = guides(rules("cmu-10605"), "sparsity", "score")

    assert (found.has_levels, told(found)) == (
        False,
        [("score > 0.36", ("for full credit",), ("score", Fraction(9, 25)))],
    )


def test_a_score_of_one_column_has_none_and_the_condition_for_a_rank_stands_straight() -> None:
    found = guides(rules("cs6886"), "flops_effective", "accuracy")

    assert not found.has_levels
    assert told(found) == [("accuracy > 0.87", ("for a rank",), ("accuracy", Fraction(87, 100)))]


def test_operations_are_known_by_either_name() -> None:
    changed = rules("cs6886", ("score: flops_effective", "score: accuracy - macs_effective / 1000000"))

    found = guides(changed, "flops_effective", "accuracy")

    assert found.has_levels
    assert found.numbers(Fraction(1_000_000), HALF)["score"] == 0


def test_baselines_are_bounds_on_the_score() -> None:
    found = guides(rules("ntu-hw13"), "parameters", "accuracy")

    assert found.has_baselines
    assert told(found)[0] == ("simple", ("baseline",), ("accuracy", Fraction(44_364, 100_000)))
    assert told(guides(rules("ntu-hw13"), "parameters", "file_bytes")) == []


@pytest.mark.parametrize("condition", ["sparsity >= 0", "parameters > 5", "accuracy + macs_dense > 1", "accuracy == 1"])
def test_what_divides_nothing_in_sight_is_no_line(condition: str) -> None:
    changed = rules("cmu-10605", ("full_credit: accuracy > 0.6 and score > 0.36", f"full_credit: {condition}"))

    assert [text for text, _, _ in told(guides(changed, "sparsity", "accuracy"))] == ["accuracy > 0.6"]


def test_a_division_by_zero_leaves_a_place_without_a_score() -> None:
    changed = rules("cs6886", ("score: flops_effective", "score: accuracy / flops_effective"))

    assert "score" not in guides(changed, "flops_effective", "accuracy").numbers(Fraction(0), HALF)
