import pytest

from grader.errors import Finding
from grader.file_names import misnamed


@pytest.mark.parametrize("name", ["my_model_weights.h5", "my_model_weights.weights.h5", "my_model_weights (1).h5"])
def test_a_star_stands_for_any_text(name: str) -> None:
    assert misnamed(name, ["my_model_weights*.h5"]) is None


@pytest.mark.parametrize(
    "name", ["My_model_weights.h5", "my_model_weights.h5.zip", "weights.h5", "x/my_model_weights.h5"]
)
def test_another_name_is_told_with_the_pattern(name: str) -> None:
    assert misnamed(name, ["my_model_weights*.h5"]) == Finding(
        "wrong-file-name", expected="my_model_weights*.h5", got=name
    )


def test_one_fitting_pattern_is_enough() -> None:
    assert misnamed("b.h5", ["a.h5", "?.h5"]) is None


def test_all_patterns_are_told() -> None:
    finding = misnamed("c.keras", ["a.h5", "b.h5"])

    assert finding is not None
    assert finding.expected == "a.h5 or b.h5"


def test_a_bracket_in_a_pattern_stands_for_itself() -> None:
    assert misnamed("w[1].h5", ["w[1].h5"]) is None
    assert misnamed("w1.h5", ["w[1].h5"]) is not None


def test_a_missing_name_is_called_so_and_a_long_one_is_cut() -> None:
    nothing, long = misnamed("", ["a.h5"]), misnamed("x" * 500, ["a.h5"])

    assert nothing is not None
    assert nothing.got == "(no name)"
    assert long is not None
    assert len(long.got) == 120
