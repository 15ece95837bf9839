"""Reference networks that staff uploaded, for definitions to name."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.columns import SHA256_HEX_LENGTH, db_now

NETWORK_NAME_LENGTH = 200
"""Characters of the name by which a definition calls it."""


class ReferenceNetwork(Base):
    """A network out of an uploaded file, without its weights. A row never changes; its name holds its digest."""

    __tablename__ = "reference_networks"
    __table_args__ = (UniqueConstraint("course_id", "name"), Index(None, "created_by_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(NETWORK_NAME_LENGTH))
    key: Mapped[str] = mapped_column(String(16))
    """The key of a definition's `grading.network` that takes it: keras_config or onnx."""
    content: Mapped[str] = mapped_column(Text)
    """JSON text of a Keras configuration, or an ONNX graph as base64."""
    file_sha256: Mapped[str] = mapped_column(String(SHA256_HEX_LENGTH))
    """Of the file that it was read from, which is not kept."""
    file_bytes: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(default=db_now())
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
