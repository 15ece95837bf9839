"""Submissions as the staff of a course are told of them."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.moderation.queries import Marks
from app.submissions.schemas import SubmissionBody, submission_body
from models.gradings import Grading, Phase, State
from models.moderation import Note


class StaffSubmission(SubmissionBody):
    """A submission in the staff's list."""

    entrant_id: int
    person: str
    email: str
    version: int = Field(description="The version of the rules that it was graded under.")
    disqualified: str | None = Field(description="Why it counts nowhere; null where it may count.")
    notes: int = Field(description="How many notes the staff wrote about it and its entrant.")
    crashes: int
    losses: int
    fault: str | None = Field(description="What went wrong on our side.")


class StaffSubmissionList(BaseModel):
    """Submissions of everybody, newest first. `next` is the address of the next part."""

    items: list[StaffSubmission]
    numbers: dict[State, int] = Field(description="How many the search finds in each state.")
    next: str | None


class GradingBody(BaseModel):
    """One grading of a submission, with everything that the service knows about how it went."""

    id: int
    is_live: bool = Field(description="Whether it is the one that counts.")
    rejudge_id: int | None
    state: State
    phase: Phase
    version: int
    score: float | None
    score_exact: str | None
    private_score: float | None
    created_at: datetime
    claimed_at: datetime | None
    finished_at: datetime | None
    phase_times: dict[str, str] = Field(description="When each phase began.")
    seconds: dict[str, float] = Field(description="How long each phase took, as far as it came.")
    attempts: int = Field(description="How often a worker took it.")
    crashes: int
    crash_causes: list[str]
    losses: int
    fault: str | None
    worker: str | None
    airlock: str | None = Field(description="The level of the jail that read the file.")
    copied_from_id: int | None


class NoteBody(BaseModel):
    """A note of the staff."""

    id: int
    text: str
    by: str | None
    at: datetime


class GradingList(BaseModel):
    """Every grading of a submission, the oldest first, and what staff noted."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"submission_id": 42, "items": [], "notes": []}]})

    submission_id: int
    items: list[GradingBody]
    notes: list[NoteBody]


def staff_submission(grading: Grading, marks: Marks, rank: int | None, *, counts: bool) -> StaffSubmission:
    """A line of the staff's list."""
    submission = grading.submission
    told: dict[str, Any] = submission_body(grading, shows_scores=True, shows_private=True, in_full=False).model_dump()
    return StaffSubmission.model_validate(
        {
            **told,
            "counts": counts,
            "rank": rank,
            "entrant_id": submission.entrant_id,
            "person": submission.user.name,
            "email": submission.user.email,
            "version": grading.version.number,
            "disqualified": marks.disqualified(submission),
            "notes": marks.noted(submission),
            "crashes": grading.crashes,
            "losses": grading.losses,
            "fault": grading.fault,
        }
    )


def grading_body(grading: Grading, worker: str | None) -> GradingBody:
    """One grading; `worker` is the name of the last one that had it."""
    report = grading.report or {}
    return GradingBody(
        id=grading.id,
        is_live=grading.is_live,
        rejudge_id=grading.rejudge_id,
        state=grading.state,
        phase=grading.phase,
        version=grading.version.number,
        score=grading.score,
        score_exact=grading.score_exact,
        private_score=grading.private_score,
        created_at=grading.created_at,
        claimed_at=grading.claimed_at,
        finished_at=grading.finished_at,
        phase_times=grading.phase_times,
        seconds=report.get("timings") or {},
        attempts=grading.fence,
        crashes=grading.crashes,
        crash_causes=grading.crash_causes,
        losses=grading.losses,
        fault=grading.fault,
        worker=worker,
        airlock=report.get("airlock"),
        copied_from_id=grading.copied_from_id,
    )


def note_body(note: Note) -> NoteBody:
    """A note."""
    return NoteBody(id=note.id, text=note.text, by=note.by and note.by.name, at=note.at)
