import json
from fractions import Fraction

import numpy as np

from grader.competition import Definition
from grader.facts import Counts, LayerCount, Macs, Note, Predictions, Problem, SplitResult
from grader.report import Digests, Report, Status
from grader.summary import summarise

KEYS = {
    *("status", "competition", "layout", "file_bytes", "parameters", "buffers", "zeros", "sparsity", "splits", "score"),
    *("score_exact", "full_credit", "macs", "layers", "problems", "notes", "digests", "timings", "engine", "rechecked"),
    *("airlock", "ranks", "compacted", "series", "lineage", "scores", "magnitudes"),
}
DIGESTS = Digests(file="f" * 64, definition="d" * 64)
BEGUN = Report(Status.CHECKED, "tiny", DIGESTS, file_bytes=100, airlock="A")
REJECTED = Report(
    Status.REJECTED,
    "tiny",
    DIGESTS,
    file_bytes=100,
    airlock="A",
    problems=(Problem("shape-mismatch", "dense/kernel", "(4, 3)", "(4, 2)", "It has another shape.", "Make it fit."),),
)
SCORED = Report(
    Status.SCORED,
    "tiny",
    DIGESTS,
    file_bytes=100,
    airlock="A",
    layout="keras-vars",
    notes=(Note("almost-zero", "Some are nearly zero."),),
    counts=Counts(15, 5, 2, (LayerCount("dense/kernel", (4, 3), 12, 5),)),
    macs=Macs(dense=12, nonzero=7),
    splits={"test": SplitResult(examples=3, correct=2)},
    score=Fraction(2, 3),
    full_credit=True,
    engine="onnxruntime",
    timings={"reading": 0.12345678},
    predictions=Predictions(np.array([0, 1, 2], np.int32), rechecked=1, engine="onnxruntime"),
)


def test_every_report_has_the_same_keys() -> None:
    for report in (BEGUN, REJECTED, SCORED):
        content = report.as_json()
        assert content.keys() == KEYS
        assert content["macs"].keys() == {"dense", "nonzero", "effective"}
        assert content["digests"].keys() == {"file", "weights", "dataset", "definition", "split"}


def test_a_report_is_plain_json() -> None:
    for report in (BEGUN, REJECTED, SCORED):
        assert json.loads(json.dumps(report.as_json(), allow_nan=False)) == report.as_json()


def test_what_was_not_reached_is_null_and_never_0() -> None:
    content = REJECTED.as_json()

    unknown = (
        "parameters",
        "buffers",
        "zeros",
        "sparsity",
        "score",
        "score_exact",
        "full_credit",
        "ranks",
        "compacted",
        "series",
        "lineage",
        "engine",
        "rechecked",
    )
    assert {key: content[key] for key in unknown} == dict.fromkeys(unknown)
    assert content["macs"] == {"dense": None, "nonzero": None, "effective": None}
    assert (content["splits"], content["scores"], content["layers"]) == ({}, {}, [])


def test_a_score_is_told_as_a_number_and_exactly() -> None:
    content = SCORED.as_json()

    assert (content["score"], content["score_exact"]) == (2 / 3, "2/3")
    assert content["splits"] == {"test": {"examples": 3, "correct": 2, "accuracy": 2 / 3}}
    assert content["layers"] == [{"name": "dense/kernel", "shape": [4, 3], "parameters": 12, "zeros": 5}]
    assert content["macs"] == {"dense": 12, "nonzero": 7, "effective": None}
    assert (content["sparsity"], content["rechecked"], content["timings"]) == (1 / 3, 1, {"reading": 0.123457})


def test_predicted_classes_are_no_part_of_the_json() -> None:
    assert "predictions" not in SCORED.as_json()


def test_a_problem_has_all_its_facts() -> None:
    (problem,) = REJECTED.as_json()["problems"]

    assert list(problem) == ["code", "where", "expected", "got", "message", "hint"]


def test_the_summary_of_a_rejected_file_tells_each_problem_and_what_to_do(tiny_definition: Definition) -> None:
    assert summarise(REJECTED, tiny_definition).splitlines() == [
        "tiny: rejected",
        "  [shape-mismatch] It has another shape.",
        "      Make it fit.",
    ]


def test_the_summary_of_a_scored_file_tells_its_numbers(tiny_definition: Definition) -> None:
    text = summarise(SCORED, tiny_definition)

    for part in (
        "zeros       5 (0.333333)",
        "2 of 3 correct (0.6667)",
        "0.666667 = 2/3",
        "full credit yes: score > 0.36",
    ):
        assert part in text
    assert text.endswith("note: Some are nearly zero.")
