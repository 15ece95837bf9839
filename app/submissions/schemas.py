"""Submissions as the API tells them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.leaderboard.standing import Standing
from models.gradings import Grading, Phase, State

_HIDDEN_WITH_SCORES = ("splits", "score", "score_exact", "full_credit", "ranks", "series")

_EXAMPLE: dict[str, Any] = {
    "id": 42,
    "competition": "cmu-10605",
    "entrant": "Quiet Otter 17",
    "state": "scored",
    "phase": "done",
    "received_at": "2026-11-21T14:40:00Z",
    "finished_at": "2026-11-21T14:40:01Z",
    "is_staff": False,
    "counts": True,
    "rank": 1,
    "reason": None,
    "position": None,
    "score": 0.7857,
    "files": [{"name": "my_model_weights.h5", "bytes": 2375928, "sha256": "9f" * 32}],
    "report": {"status": "scored", "score_exact": "7857/10000", "full_credit": True},
}


class FileBody(BaseModel):
    """An uploaded file."""

    name: str = Field(examples=["my_model_weights.h5"])
    bytes: int
    sha256: str


class AcceptedBody(BaseModel):
    """A submission in the queue. Ask `url` for its state."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id": 42, "state": "queued", "url": "/submissions/42"}]})

    id: int
    state: State
    url: str = Field(examples=["/submissions/42"])


class SubmissionBody(BaseModel):
    """A submission and the grading that counts for it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: int
    competition: str
    entrant: str = Field(description="The name on the board.")
    state: State
    phase: Phase
    received_at: datetime
    finished_at: datetime | None
    is_staff: bool = Field(description="Staff's own submissions never rank.")
    counts: bool | None = Field(description="Whether this is the one that ranks at present; null in lists.")
    rank: int | None = Field(description="Its rank at present; null where it does not count, and in lists.")
    reason: str | None = Field(
        description="Why it has no rank, in numbers; null where it has one, and in lists.",
        examples=["accuracy 0.8532; needs accuracy > 0.87"],
    )
    position: int | None = Field(description="How many gradings wait ahead; null unless queued.")
    score: float | None = Field(description="Null where there is no score, or none to show.")
    files: list[FileBody]
    report: dict[str, Any] | None = Field(description="What grading found out; null until it has.")


class SubmissionList(BaseModel):
    """Submissions, newest first. `next` is the address of the next part."""

    items: list[SubmissionBody]
    next: str | None


def visible_report(report: Mapping[str, Any] | None, *, shows_scores: bool) -> dict[str, Any] | None:
    """The report as this reader may see it."""
    if report is None:
        return None
    return {key: None if key in _HIDDEN_WITH_SCORES and not shows_scores else value for key, value in report.items()}


def submission_body(
    grading: Grading,
    *,
    shows_scores: bool,
    standing: Standing | None = None,
    position: int | None = None,
    in_full: bool = True,
) -> SubmissionBody:
    """A submission with its live grading; the report only `in_full`."""
    submission = grading.submission
    return SubmissionBody(
        id=submission.id,
        competition=submission.competition.slug,
        entrant=submission.entrant.alias,
        state=grading.state,
        phase=grading.phase,
        received_at=submission.received_at,
        finished_at=grading.finished_at,
        is_staff=submission.is_staff,
        counts=standing and standing.counts,
        rank=standing and standing.rank,
        reason=standing and standing.reason,
        position=position,
        score=grading.score if shows_scores else None,
        files=[FileBody(name=file.name, bytes=file.bytes, sha256=file.sha256) for file in submission.files],
        report=visible_report(grading.report, shows_scores=shows_scores) if in_full else None,
    )
