"""The newest submissions to a competition."""

from collections.abc import Sequence

from alembic import op

revision: str = "5b0e9d7714ca"
down_revision: str | None = "d2f8a61b7e93"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    # A page of the newest ones was found by sorting all of them, reports and all.
    op.create_index("ix_submissions_competition_id_id", "submissions", ["competition_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_submissions_competition_id_id", "submissions")
