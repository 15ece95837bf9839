"""Code of finalists and what staff found."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "b52d0f6ae781"
down_revision: str | None = "e5b97cf1a328"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

EMPTY = sa.text("''")


def upgrade() -> None:
    op.create_table(
        "code_uploads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entrant_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scan", sa.JSON()),
        sa.Column("scan_failure", sa.Text(), server_default=EMPTY, nullable=False),
        sa.CheckConstraint("bytes >= 0", name=op.f("ck_code_uploads_bytes")),
        sa.ForeignKeyConstraint(
            ["entrant_id"], ["entrants.id"], name="fk_code_uploads_entrant_id_entrants", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_code_uploads_user_id_users", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name="pk_code_uploads"),
    )
    op.create_index("ix_code_uploads_entrant_id_id", "code_uploads", ["entrant_id", "id"])
    op.create_index("ix_code_uploads_user_id", "code_uploads", ["user_id"])
    op.create_index("ix_code_uploads_sha256", "code_uploads", ["sha256"])
    op.create_table(
        "finalist_reviews",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entrant_id", sa.Integer(), nullable=False),
        sa.Column("is_confirmed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("checks", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), server_default=EMPTY, nullable=False),
        sa.Column("by_id", sa.Integer()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entrant_id"], ["entrants.id"], name="fk_finalist_reviews_entrant_id_entrants", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name="fk_finalist_reviews_by_id_users", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_finalist_reviews"),
        sa.UniqueConstraint("entrant_id", name="uq_finalist_reviews_entrant_id"),
    )
    op.create_index("ix_finalist_reviews_by_id", "finalist_reviews", ["by_id"])


def downgrade() -> None:
    """Code and verdicts are forgotten: the older tables have no place for them."""
    op.drop_table("finalist_reviews")
    op.drop_table("code_uploads")
