"""One judgement of a submission under one version of a definition; also the row that the queue works on."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.artifacts import Artifact
from models.base import Base
from models.columns import SHA256_HEX_LENGTH, db_now, vocabulary
from models.competitions import CompetitionVersion
from models.submissions import Submission


class State(StrEnum):
    """Where a grading is. The last three are ends: `rejected` is about the file, `failed` is our fault."""

    QUEUED = "queued"
    RUNNING = "running"
    SCORED = "scored"
    REJECTED = "rejected"
    FAILED = "failed"

    @property
    def is_end(self) -> bool:
        """True where nothing more will happen by itself."""
        return self not in (State.QUEUED, State.RUNNING)


class Phase(StrEnum):
    """What the eye is told about a grading under way, in order."""

    READING = "reading"
    CHECKING = "checking"
    WAITING = "waiting"
    EVALUATING = "evaluating"
    SCORING = "scoring"
    DONE = "done"


class Lane(StrEnum):
    """What a queued grading waits for: checks are quick and go ahead of all evaluations; a rejudge waits for both."""

    CHECK = "check"
    EVALUATE = "evaluate"
    SHADOW = "shadow"


class Grading(Base):
    """A judgement and its ticket. Whoever holds the current `fence` may write; a result is written once."""

    __tablename__ = "gradings"
    __table_args__ = (
        CheckConstraint("(state IN ('queued', 'running')) = (finished_at IS NULL)", name="finished"),
        CheckConstraint("state = 'scored' OR (score IS NULL AND score_exact IS NULL)", name="score"),
        CheckConstraint("fence >= 0 AND crashes >= 0 AND losses >= 0", name="counters"),
        Index(
            "uq_gradings_live",
            "submission_id",
            unique=True,
            sqlite_where=text("is_live = 1"),
            postgresql_where=text("is_live"),
        ),
        Index(None, "submission_id", "id"),
        Index(None, "state", "lane", "id"),
        Index(None, "worker_id", "state"),
        Index(None, "version_id"),
        Index(None, "equality_key"),
        Index(None, "copied_from_id"),
        UniqueConstraint("rejudge_id", "submission_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id", ondelete="CASCADE"))
    version_id: Mapped[int] = mapped_column(ForeignKey("competition_versions.id", ondelete="RESTRICT"))
    is_live: Mapped[bool] = mapped_column(default=True)
    """True for the one grading that counts; the others are history, or wait in the shadow of a rejudge."""
    rejudge_id: Mapped[int | None] = mapped_column(ForeignKey("rejudges.id", ondelete="RESTRICT"))
    """The rejudge that it belongs to. It counts only once that is made live."""

    state: Mapped[State] = mapped_column(vocabulary(State, "state"), default=State.QUEUED)
    phase: Mapped[Phase] = mapped_column(vocabulary(Phase, "phase"), default=Phase.READING)
    lane: Mapped[Lane] = mapped_column(vocabulary(Lane, "lane"), default=Lane.CHECK)
    fence: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """Grows by one with each claim; a write that names an older one is void."""
    worker_id: Mapped[int | None] = mapped_column(ForeignKey("workers.id", ondelete="SET NULL"))
    crashes: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """How often a jailed child died under a live worker."""
    crash_causes: Mapped[list[str]] = mapped_column(default=list)
    """The causes of those deaths in order. Assign a new list: a change in place is not seen."""
    losses: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """How often the worker itself vanished."""
    not_before: Mapped[datetime | None]
    """The database's time before which it must not be claimed again."""

    created_at: Mapped[datetime] = mapped_column(default=db_now())
    claimed_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    phase_times: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Phase -> the moment it began, ISO 8601 in UTC."""

    file_sha256: Mapped[str] = mapped_column(String(SHA256_HEX_LENGTH))
    """The weight file's digest, repeated here so that an equal grading is found without a join."""
    equality_key: Mapped[str | None] = mapped_column(String(SHA256_HEX_LENGTH))
    """Digest over file, definition, data and grader: gradings with equal keys have equal results."""
    copied_from_id: Mapped[int | None] = mapped_column(ForeignKey("gradings.id", ondelete="SET NULL"))
    score: Mapped[float | None]
    score_exact: Mapped[str | None] = mapped_column(Text)
    """The score as a fraction in lowest terms, `p/q`."""
    ranks: Mapped[bool | None]
    """Whether it meets the definition's condition for a rank; None: there is no such condition, or no score."""
    private_score: Mapped[float | None]
    """The score on the private part of the test set; None where there are no parts. `score` is that on the public one."""
    private_score_exact: Mapped[str | None] = mapped_column(Text)
    private_ranks: Mapped[bool | None]
    """Whether it meets the condition for a rank on the private part."""
    report: Mapped[dict[str, Any] | None]
    predictions: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """The predicted class of every sample, loaded only when asked for."""
    fault: Mapped[str | None] = mapped_column(Text)
    """What went wrong on our side; for staff only."""

    submission: Mapped[Submission] = relationship(back_populates="gradings")
    version: Mapped[CompetitionVersion] = relationship()
    artifacts: Mapped[list["Artifact"]] = relationship(
        order_by="Artifact.id", cascade="save-update, merge", passive_deletes="all"
    )
