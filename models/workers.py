"""The worker processes, as they last reported themselves."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.columns import db_now


class Worker(Base):
    """A worker under its lasting name. A new `incarnation` says that the process behind the name is another one."""

    __tablename__ = "workers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    incarnation: Mapped[str] = mapped_column(String(36))
    started_at: Mapped[datetime] = mapped_column(default=db_now())
    beat_at: Mapped[datetime] = mapped_column(default=db_now())
    """The database's time of the last heartbeat."""
    airlock_level: Mapped[str] = mapped_column(String(1))
    airlock_report: Mapped[dict[str, Any]]
    lanes: Mapped[list[str]]
    """The lanes that it serves, as `Lane` values."""
    competitions: Mapped[str] = mapped_column(default="", server_default=text("''"))
    """The slugs of the competitions that it grades, with commas between them; empty: of all."""
    device: Mapped[str] = mapped_column(String(16), default="cpu", server_default="cpu")
    """What it evaluates on: `cpu` or `cuda`."""
    versions: Mapped[dict[str, Any]]
    """Package name -> version."""
