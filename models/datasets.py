"""Data sets that the service holds; their bytes are in the file store."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.columns import SHA256_HEX_LENGTH, db_now


class Dataset(Base):
    """A hidden test set. A row never changes; new data is a new name."""

    __tablename__ = "datasets"
    __table_args__ = (
        CheckConstraint("examples > 0", name="examples"),
        CheckConstraint("classes > 0", name="classes"),
        Index(None, "course_id"),
        Index(None, "created_by_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int | None] = mapped_column(ForeignKey("courses.id", ondelete="SET NULL"))
    """The course whose staff brought it; None: the operator did, and every course may use it."""
    name: Mapped[str] = mapped_column(unique=True)
    digest: Mapped[str] = mapped_column(String(SHA256_HEX_LENGTH))
    """SHA-256 that gradings record and the file store is asked for."""
    examples: Mapped[int]
    sample_shape: Mapped[list[int]]
    """Shape of one sample, without the axis of examples."""
    dtype: Mapped[str] = mapped_column(String(16))
    classes: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=db_now())
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
