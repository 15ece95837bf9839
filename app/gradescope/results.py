"""A graded submission as Gradescope's `results.json`, of what its student may see: pure over a report.

Gradescope's documentation, "Autograder Specifications": a score, or tests with scores of their own; `visibility` of
`after_published` keeps a thing from the student until the instructor publishes the grades.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

VISIBLE, LATER, HIDDEN = "visible", "after_published", "hidden"
PASSED, FAILED = "passed", "failed"


@dataclass(frozen=True, slots=True)
class Graded:
    """What results are made of. `points` are of `most`; None where the report was a refusal."""

    submission_id: int
    url: str
    report: Mapping[str, Any]
    points: Fraction | None
    most: Fraction
    shows_scores: bool
    lower_is_better: bool
    seconds: float


def results(graded: Graded) -> dict[str, Any]:
    """The document. A refused file has 0 points and a failed test for each thing to change."""
    report = graded.report
    is_refused = graded.points is None
    about_scores = VISIBLE if graded.shows_scores or is_refused else LATER
    tests = _problems(report) if is_refused else _measured(graded, about_scores)
    return {
        "score": 0.0 if graded.points is None else _number(graded.points),
        "max_score": _number(graded.most),
        "execution_time": round(graded.seconds, 3),
        "output": f"Submission {graded.submission_id}, in full at {graded.url}",
        "visibility": about_scores,
        "stdout_visibility": HIDDEN,
        "tests": tests,
        "leaderboard": [] if is_refused or not graded.shows_scores else _board(graded),
        "extra_data": {"submission": graded.submission_id, "url": graded.url, "file": report["digests"]["file"]},
    }


def _problems(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = [
        {
            "name": problem["code"],
            "status": FAILED,
            "score": 0.0,
            "max_score": 0.0,
            "output": " ".join(filter(None, (problem["message"], problem.get("hint")))),
            "visibility": VISIBLE,
        }
        for problem in report["problems"]
    ]
    return [*found, _fact("The file can be graded", FAILED, "No: see what to change.", VISIBLE)]


def _measured(graded: Graded, visibility: str) -> list[dict[str, Any]]:
    report, split = graded.report, _split(graded.report)
    score = {
        **_fact("Score", PASSED, f"{report['score']:.4f}, exactly {report['score_exact']}", visibility),
        "score": _number(graded.points or Fraction(0)),
        "max_score": _number(graded.most),
    }
    parts = f"{report['zeros']:,} of {report['parameters']:,} weights are zero: {report['sparsity']:.4f}"
    tests = [
        _fact("The file can be graded", PASSED, "Names, shapes and values are as they have to be.", VISIBLE),
        score,
        _fact(
            "Accuracy", PASSED, f"{split['correct']:,} of {split['examples']:,}: {split['accuracy']:.4f}", visibility
        ),
        _fact("Sparsity", PASSED, parts, VISIBLE),
    ]
    reached = report.get("scores", {}).get("public", report)["full_credit"]
    if reached is not None:
        told = (PASSED, "Reached.") if reached else (FAILED, "Not reached.")
        tests.append(_fact("Full credit", *told, visibility))
    return tests


def _board(graded: Graded) -> Sequence[dict[str, Any]]:
    report, split = graded.report, _split(graded.report)
    order = "asc" if graded.lower_is_better else "desc"
    return [
        {"name": "Score", "value": report["score"], "order": order},
        {"name": "Accuracy", "value": split["accuracy"], "order": "desc"},
        {"name": "Sparsity", "value": report["sparsity"], "order": "desc"},
    ]


def _fact(name: str, status: str, output: str, visibility: str) -> dict[str, Any]:
    return {"name": name, "status": status, "output": output, "visibility": visibility}


def _split(report: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of the test set that students may know of."""
    splits = report["splits"]
    found: Mapping[str, Any] = splits["public"] if "public" in splits else next(iter(splits.values()))
    return found


def _number(value: Fraction) -> float:
    return round(float(value), 4)
