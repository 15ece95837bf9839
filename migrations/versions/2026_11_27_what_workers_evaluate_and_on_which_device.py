"""What workers evaluate, and on which device."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "a90c4be21d76"
down_revision: str | None = "e7b1d93c40a5"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("workers", sa.Column("competitions", sa.String(), server_default=sa.text("''"), nullable=False))
    op.add_column("workers", sa.Column("device", sa.String(16), server_default="cpu", nullable=False))


def downgrade() -> None:
    op.drop_column("workers", "device")
    op.drop_column("workers", "competitions")
