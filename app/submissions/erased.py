"""What is left of a submission whose person was erased: numbers stay, and names that files were given go."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from models.gradings import Grading
from models.submissions import FileRole, SubmissionFile

GONE = "(erased)"


def is_erased(session: Session, submission_id: int) -> bool:
    """Whether the person who handed it in was erased meanwhile."""
    upload = exists().where(
        SubmissionFile.submission_id == submission_id,
        SubmissionFile.role == FileRole.WEIGHTS,
        SubmissionFile.erased_at.is_not(None),
    )
    return bool(session.scalar(select(upload)))


def forget_late(session: Session, grading_id: int, submission_id: int) -> bool:
    """Whether the person was erased while this grading ran; then its result keeps its numbers alone.

    It is asked in the transaction that has written the result: the erasure waits for the grading's row, or has it first.
    """
    late = is_erased(session, submission_id)
    if late:
        forget_names(session.get_one(Grading, grading_id, populate_existing=True))
        session.flush()
    return late


def forget_names(grading: Grading) -> None:
    """Takes the names of files out of a result; what is equal is graded afresh, and takes over nothing of it."""
    grading.equality_key = None
    if grading.report is not None:
        grading.report = without_names(grading.report)


def without_names(report: Mapping[str, Any]) -> dict[str, Any]:
    """A report without the names of files, which say whose they were: of problems and notes only the codes stay."""
    problems = [
        each | {"where": "", "expected": "", "got": "", "message": GONE, "hint": ""}
        for each in report.get("problems") or ()
    ]
    notes = [each | {"message": GONE} for each in report.get("notes") or ()]
    series = report.get("series")
    told = dict(report) | {"problems": problems, "notes": notes}
    return told | {"series": _unnamed(series)} if series else told


def _unnamed(series: Mapping[str, Any]) -> dict[str, Any]:
    """A series whose steps are called by their places."""
    names = {each["name"]: f"step {number}" for number, each in enumerate(series["steps"], 1)}
    steps = [
        {key: part | {"file": GONE} if isinstance(part, dict) else part for key, part in each.items()}
        | {"name": names[each["name"]]}
        for each in series["steps"]
    ]
    return dict(series) | {"steps": steps, "stops_at": names.get(series["stops_at"]), "final": GONE, "declared": {}}
