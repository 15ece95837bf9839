"""A submission against its entrant's dense reference, as the reader may know it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.submissions import queries
from app.submissions.queries import Reference
from grader import lineage
from models.gradings import Grading


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was saved, and at what cost. Shares are of the reference's; None is what is not known or not shown."""

    reference_id: int
    accuracy_drop: float | None
    flops_saved: float | None
    parameters_saved: float | None
    time_ratio: Mapping[str, Any] | None
    """Time of this network divided by that of the reference: `median`, `low`, `high`, of so many `rounds`."""


def comparison(session: Session, grading: Grading, *, shows_scores: bool) -> Comparison | None:
    """The comparison of a scored submission; None where there is no reference, and for the reference itself."""
    submission = grading.submission
    reference = queries.reference_of(session, submission.entrant_id)
    if reference is None or reference.submission_id == submission.id or not (grading.report and grading.score_exact):
        return None
    saved = lineage.savings(reference.report, grading.report)
    return Comparison(
        reference_id=reference.submission_id,
        accuracy_drop=float(saved.accuracy_drop) if saved and shows_scores else None,
        flops_saved=float(saved.flops_saved) if saved else None,
        parameters_saved=float(saved.parameters_saved) if saved else None,
        time_ratio=_time_ratio(grading.report, reference),
    )


def _time_ratio(report: Mapping[str, Any], reference: Reference) -> Mapping[str, Any] | None:
    """The measured ratio, if it was measured against what is the reference now."""
    measured = report.get("lineage") or {}
    digests = (reference.file_sha256, (reference.report.get("digests") or {}).get("weights"))
    ratio: Mapping[str, Any] | None = measured.get("time_ratio") if measured.get("reference") in digests else None
    return ratio
