"""A graded submission as Gradescope's `results.json`: pure over a report.

Gradescope's documentation, "Autograder Specifications": a score, or tests with scores of their own; `visibility` of
`after_published` keeps a thing from the student until the instructor publishes the grades. Gradescope keeps it; we do
not, so a reader who may not see scores is sent none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from grader.report import Status

VISIBLE, LATER, HIDDEN = "visible", "after_published", "hidden"
PASSED, FAILED = "passed", "failed"


@dataclass(frozen=True, slots=True)
class Graded:
    """What results are made of.

    `points` are of `most`; None where the report is a refusal, and for a reader who may not see scores: `report` has none then.
    """

    submission_id: int
    url: str
    report: Mapping[str, Any]
    points: Fraction | None
    most: Fraction
    students_see_scores: bool
    lower_is_better: bool
    seconds: float


def results(graded: Graded) -> dict[str, Any]:
    """The document. A refused file has 0 points and a failed test for each thing to change."""
    report, points = graded.report, graded.points
    is_refused = report["status"] == Status.REJECTED
    about_scores = VISIBLE if graded.students_see_scores or points is None else LATER
    return {
        "score": 0.0 if is_refused else _known(points),
        "max_score": _number(graded.most),
        "execution_time": round(graded.seconds, 3),
        "output": f"Submission {graded.submission_id}, in full at {graded.url}",
        "visibility": about_scores,
        "stdout_visibility": HIDDEN,
        "tests": _problems(report) if is_refused else [*_checked(report), *_measured(graded, about_scores)],
        "leaderboard": _board(graded) if graded.students_see_scores and points is not None else [],
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


def _checked(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    parts = f"{report['zeros']:,} of {report['parameters']:,} weights are zero: {report['sparsity']:.4f}"
    return [
        _fact("The file can be graded", PASSED, "Names, shapes and values are as they have to be.", VISIBLE),
        _fact("Sparsity", PASSED, parts, VISIBLE),
    ]


def _measured(graded: Graded, visibility: str) -> list[dict[str, Any]]:
    if graded.points is None:
        return []
    report, split = graded.report, _split(graded.report)
    score = {
        **_fact("Score", PASSED, f"{report['score']:.4f}, exactly {report['score_exact']}", visibility),
        "score": _number(graded.points),
        "max_score": _number(graded.most),
    }
    right = f"{split['correct']:,} of {split['examples']:,}: {split['accuracy']:.4f}"
    tests = [score, _fact("Accuracy", PASSED, right, visibility)]
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


def _known(points: Fraction | None) -> float | None:
    return None if points is None else _number(points)


def _number(value: Fraction) -> float:
    return round(float(value), 4)
