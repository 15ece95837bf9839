"""Files whose bytes were erased."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "4fd1b6e2c09a"
down_revision: str | None = "b52d0f6ae781"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("submission_files", sa.Column("erased_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("submission_files", "erased_at")
