"""What a grading made and keeps for download; the bytes are in the file store."""

from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.columns import SHA256_HEX_LENGTH, vocabulary


class ArtifactKind(StrEnum):
    """The formats in which a compacted network is offered."""

    STATE_DICT = "state-dict"
    ONNX = "onnx"


class Artifact(Base):
    """One file that a grading made: the network without the channels and neurons that do nothing."""

    __tablename__ = "artifacts"
    __table_args__ = (
        UniqueConstraint("grading_id", "kind"),
        CheckConstraint("bytes >= 0", name="bytes"),
        Index(None, "sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    grading_id: Mapped[int] = mapped_column(ForeignKey("gradings.id", ondelete="CASCADE"))
    kind: Mapped[ArtifactKind] = mapped_column(vocabulary(ArtifactKind, "kind"))
    name: Mapped[str]
    """The name under which it is downloaded."""
    sha256: Mapped[str] = mapped_column(String(SHA256_HEX_LENGTH))
    bytes: Mapped[int] = mapped_column(BigInteger)
