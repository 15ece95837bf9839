import pytest

from grader.errors import Refusal
from grader.series.naming import plan_of
from grader.series.plan import Plan, Stage

B, P, R = Stage.BEFORE, Stage.PRUNED, Stage.RETRAINED


def refused(*names: str) -> list[tuple[str, str, str]]:
    with pytest.raises(Refusal) as caught:
        plan_of(names, "")
    return [(finding.code, finding.where, finding.got) for finding in caught.value.findings]


def files_of(plan: Plan) -> list[tuple[str, dict[Stage, str]]]:
    return [(step.name, dict(step.files)) for step in plan.steps]


def test_a_single_file_needs_no_name() -> None:
    assert plan_of(["whatever.pt"], "") == Plan("whatever.pt")


def test_each_step_begins_with_what_the_step_ahead_ended_with() -> None:
    names = ["step-02-pruned.pt", "step-01-retrained.pt", "base.pt", "step-02-retrained.pt", "step-01-pruned.pt"]

    plan = plan_of(names, "")

    assert files_of(plan) == [
        ("step-01", {B: "base.pt", P: "step-01-pruned.pt", R: "step-01-retrained.pt"}),
        ("step-02", {B: "step-01-retrained.pt", P: "step-02-pruned.pt", R: "step-02-retrained.pt"}),
    ]
    assert plan.final == "step-02-retrained.pt"


def test_a_file_called_final_is_what_is_scored() -> None:
    plan = plan_of(["a/base.pth", "a/s1-pruned.pth", "a/final.ckpt"], "a")

    assert plan.final == "a/final.ckpt"
    assert files_of(plan) == [("s1", {B: "a/base.pth", P: "a/s1-pruned.pth"})]


def test_a_file_of_its_own_goes_before_what_the_step_ahead_left() -> None:
    plan = plan_of(["1-pruned.pt", "1-retrained.pt", "2-before.pt", "2-pruned.pt"], "")

    assert files_of(plan)[1] == ("2", {B: "2-before.pt", P: "2-pruned.pt"})


def test_a_folder_may_stand_in_the_place_of_a_name() -> None:
    plan = plan_of(["lab/conv1/pruned.pt", "lab/conv1/retrained.pt"], "lab")

    assert files_of(plan) == [("conv1", {P: "lab/conv1/pruned.pt", R: "lab/conv1/retrained.pt"})]


def test_stages_alone_are_the_one_step() -> None:
    plan = plan_of(["before.pt", "pruned.pt", "retrained.pt"], "")

    assert files_of(plan) == [("step", {B: "before.pt", P: "pruned.pt", R: "retrained.pt"})]


def test_numbers_in_names_go_by_value() -> None:
    names = [f"step-{number}-pruned.pt" for number in (10, 9, 2, 1)]

    assert [step.name for step in plan_of(names, "").steps] == ["step-1", "step-2", "step-9", "step-10"]


def test_every_file_whose_place_is_unclear_is_named() -> None:
    assert refused("mine.pt", "step-1-pruned.pt", "yours.pt") == [
        ("series-unclear", "mine.pt", ""),
        ("series-unclear", "yours.pt", ""),
    ]


def test_two_files_for_one_place_are_refused() -> None:
    assert refused("1-pruned.pt", "1-pruned.pth") == [("series-twice", "1-pruned.pth", "1-pruned.pt")]
    assert refused("base.pt", "dense.pt", "1-pruned.pt") == [("series-twice", "dense.pt", "base.pt")]
    assert refused("final.pt", "final.pth") == [("series-twice", "final.pth", "final.pt")]


def test_every_file_is_named_once_and_the_final_one_first() -> None:
    plan = plan_of(["base.pt", "1-pruned.pt", "1-retrained.pt"], "")

    assert plan.weights == ("1-retrained.pt", "base.pt", "1-pruned.pt")
