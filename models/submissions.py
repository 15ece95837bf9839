"""What was handed in, when and by whom; how it did is in its gradings."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base
from models.columns import SHA256_HEX_LENGTH, db_now, vocabulary
from models.competitions import Competition
from models.entrants import Entrant

if TYPE_CHECKING:
    from models.gradings import Grading

IDEMPOTENCY_KEY_LENGTH = 255
"""Characters of a client's `Idempotency-Key`."""


class Via(StrEnum):
    """The door that a submission came through."""

    FORM = "form"
    API = "api"


class FileRole(StrEnum):
    """What a file of a submission is for."""

    WEIGHTS = "weights"
    """The upload itself: a weight file, or the archive that holds several files."""
    ATTACHMENT = "attachment"
    """A notebook or a report out of the archive: kept for the staff, never opened here."""


class Submission(Base):
    """One try of an entrant. `received_at` decides lateness, the quota's day and the order."""

    __tablename__ = "submissions"
    __table_args__ = (
        UniqueConstraint("user_id", "idempotency_key"),
        ForeignKeyConstraint(
            ["entrant_id", "competition_id"], ["entrants.id", "entrants.competition_id"], ondelete="RESTRICT"
        ),
        Index(None, "competition_id", "received_at"),
        Index(None, "competition_id", "id"),
        Index(None, "entrant_id", "received_at"),
        Index(
            "uq_submissions_reference",
            "entrant_id",
            unique=True,
            sqlite_where=text("is_reference = 1"),
            postgresql_where=text("is_reference"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    competition_id: Mapped[int] = mapped_column(ForeignKey("competitions.id", ondelete="RESTRICT"))
    entrant_id: Mapped[int]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="RESTRICT"))
    received_at: Mapped[datetime]
    """The database's time when the request's headers were accepted."""
    is_staff: Mapped[bool] = mapped_column(default=False, server_default=false())
    """True: never ranks, also after its author became a student."""
    is_reference: Mapped[bool] = mapped_column(default=False, server_default=false())
    """True for the one that its entrant's later submissions are compared with."""
    is_chosen: Mapped[bool] = mapped_column(default=False, server_default=false())
    """True where its entrant chose it among those of which the best private score counts."""
    idempotency_key: Mapped[str | None] = mapped_column(String(IDEMPOTENCY_KEY_LENGTH))
    via: Mapped[Via] = mapped_column(vocabulary(Via, "via"))
    created_at: Mapped[datetime] = mapped_column(default=db_now())

    competition: Mapped[Competition] = relationship(viewonly=True)
    entrant: Mapped[Entrant] = relationship()
    """Assigning it sets `competition_id` too."""
    user: Mapped[User] = relationship()
    files: Mapped[list["SubmissionFile"]] = relationship(
        back_populates="submission", order_by="SubmissionFile.id", cascade="save-update, merge", passive_deletes="all"
    )
    gradings: Mapped[list["Grading"]] = relationship(
        back_populates="submission", order_by="Grading.id", cascade="save-update, merge", passive_deletes="all"
    )

    @property
    def upload(self) -> "SubmissionFile":
        """What was uploaded: the one file that is not an attachment."""
        return next(file for file in self.files if file.role is FileRole.WEIGHTS)

    @property
    def attachments(self) -> list["SubmissionFile"]:
        """What the uploaded archive held beside its weights."""
        return [file for file in self.files if file.role is FileRole.ATTACHMENT]


class SubmissionFile(Base):
    """One file of a submission; its bytes are in the file store under `sha256`."""

    __tablename__ = "submission_files"
    __table_args__ = (
        UniqueConstraint("submission_id", "role", "name"),
        CheckConstraint("bytes >= 0", name="bytes"),
        Index(
            "uq_submission_files_upload",
            "submission_id",
            unique=True,
            sqlite_where=text("role = 'weights'"),
            postgresql_where=text("role = 'weights'"),
        ),
        Index(None, "sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id", ondelete="CASCADE"))
    role: Mapped[FileRole] = mapped_column(vocabulary(FileRole, "role"))
    name: Mapped[str]
    """The name that the student's own computer or archive gave it; shown, never used as a path."""
    sha256: Mapped[str] = mapped_column(String(SHA256_HEX_LENGTH))
    bytes: Mapped[int] = mapped_column(BigInteger)
    erased_at: Mapped[datetime | None]
    """When its bytes were given up, for whoever handed them in to be forgotten."""

    submission: Mapped[Submission] = relationship(back_populates="files")
