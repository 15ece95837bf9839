"""Examples of a score, and what the formula makes of them."""

import pytest
from pydantic import ValidationError

from app.competitions import definition
from app.competitions.examples import ScoreExample, compare
from grader.competition import Definition
from tests.app.world import FOLDER


def rules(name: str) -> Definition:
    return definition.load(FOLDER / f"{name}.yaml").grading


def example(score: object, **given: object) -> ScoreExample:
    return ScoreExample.model_validate({"given": given, "score": score})


@pytest.mark.parametrize("name", ["cmu-10605", "cs6886", "demo", "ntu-hw13"])
def test_every_built_in_definition_states_examples_that_hold(name: str) -> None:
    found = definition.load(FOLDER / f"{name}.yaml")

    assert found.course.examples
    assert [compare(each, found.grading).problem for each in found.course.examples] == [""] * len(found.course.examples)


def test_the_course_own_example_is_exact() -> None:
    found = compare(example("0.575", accuracy=0.65, sparsity=0.5), rules("cmu-10605"))

    assert (str(found.score), found.problem) == ("23/40", "")


def test_zeros_and_parameters_tell_the_sparsity() -> None:
    given = {"accuracy": "0.65", "num_zero_weights": 50, "total_parameters": 100}

    assert compare(example("0.575", **given), rules("cmu-10605")).problem == ""


def test_a_threshold_is_decided_on_fractions() -> None:
    assert compare(example(0, correct=3000, examples=5000, sparsity=0.5), rules("cmu-10605")).problem == ""
    assert compare(example("0.55010", correct=3001, examples=5000, sparsity=0.5), rules("cmu-10605")).problem == ""


def test_a_difference_is_told_with_both_numbers() -> None:
    found = compare(example("0.6", accuracy=0.65, sparsity=0.5), rules("cmu-10605"))

    assert found.problem == "the score is 0.575, the example says 0.6"


def test_what_the_formula_asks_for_has_to_be_given() -> None:
    found = compare(example(1, accuracy=0.65), rules("cs6886"))

    assert found.problem == "the formula asks for flops_effective, which the example does not give"


def test_full_credit_and_a_rank_are_compared_where_they_are_stated() -> None:
    stated = ScoreExample.model_validate({"given": {"accuracy": 0.61, "sparsity": 0}, "score": 0, "full_credit": True})

    assert "full credit is False, the example says True" in compare(stated, rules("cmu-10605")).problem


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(ValidationError, match="'speed' is no metric"):
        example(1, speed=3)
