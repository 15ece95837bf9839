from fractions import Fraction

from grader.facts import Counts, Macs, SplitResult
from grader.series.outcome import Measured, outcome
from grader.series.plan import Plan, Stage, Step

LIMIT = Fraction(1, 100)


def measured(file: str, correct: int, **removed: int) -> Measured:
    return Measured(file, Counts(100, 10, 0, ()), Macs(50, 40, 30), SplitResult(1000, correct), removed)


def series_of(before: int, pruned: int, retrained: int) -> Plan:
    files = {Stage.BEFORE: "b", Stage.PRUNED: "p", Stage.RETRAINED: "r"}
    return Plan("r", (Step("one", files),))


def test_the_drop_is_the_accuracy_before_minus_that_after_retraining() -> None:
    plan = series_of(900, 700, 895)

    (step,) = outcome(plan, {"b": measured("b", 900), "p": measured("p", 700), "r": measured("r", 895)}, LIMIT).steps

    assert (step.drop, step.exceeds) == (Fraction(5, 1000), False)


def test_a_drop_of_exactly_the_limit_does_not_exceed_it() -> None:
    plan = series_of(900, 700, 890)
    found = {"b": measured("b", 900), "p": measured("p", 700), "r": measured("r", 890)}

    assert outcome(plan, found, LIMIT).stops_at is None
    assert outcome(plan, found | {"r": measured("r", 889)}, LIMIT).stops_at == "one"


def test_without_retraining_the_pruned_network_is_the_end_of_a_step() -> None:
    plan = Plan("p", (Step("one", {Stage.BEFORE: "b", Stage.PRUNED: "p"}),))

    (step,) = outcome(plan, {"b": measured("b", 900), "p": measured("p", 700)}, LIMIT).steps

    assert (step.drop, step.exceeds) == (Fraction(1, 5), True)


def test_without_a_file_before_there_is_no_drop() -> None:
    plan = Plan("p", (Step("one", {Stage.PRUNED: "p"}),))

    series = outcome(plan, {"p": measured("p", 700)}, LIMIT)

    assert (series.steps[0].drop, series.steps[0].layer, series.stops_at) == (None, None, None)


def test_the_layer_that_was_pruned_shows_in_what_is_zero_afterwards() -> None:
    plan = series_of(1, 1, 1)
    found = {"b": measured("b", 1, conv1=2), "p": measured("p", 1, conv1=3), "r": measured("r", 1, conv1=3)}

    assert outcome(plan, found, LIMIT).steps[0].layer == "conv1"


def test_a_layer_that_the_student_names_goes_before_what_shows() -> None:
    step = Step("one", {Stage.BEFORE: "b", Stage.PRUNED: "p"}, layer="first")

    found = {"b": measured("b", 1), "p": measured("p", 1, conv1=1)}
    assert outcome(Plan("p", (step,)), found, LIMIT).steps[0].layer == "first"


def test_a_series_is_told_as_json() -> None:
    plan = Plan("p", (Step("one", {Stage.BEFORE: "b", Stage.PRUNED: "p"}),), {"method": "L1"})

    content = outcome(plan, {"b": measured("b", 900), "p": measured("p", 895)}, LIMIT).as_json()

    stage = {"accuracy": 0.9, "correct": 900, "parameters": 100, "zeros": 10, "flops_effective": 60}
    assert content == {
        "steps": [
            {
                "name": "one",
                "layer": None,
                "before": {"file": "b", **stage},
                "pruned": {"file": "p", **stage, "accuracy": 0.895, "correct": 895},
                "retrained": None,
                "drop": 0.005,
                "exceeds": False,
            }
        ],
        "limit": 0.01,
        "stops_at": None,
        "final": "p",
        "declared": {"method": "L1"},
    }
