"""Private scores, choices, points and extensions."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

revision: str = "d4a86be0f217"
down_revision: str | None = "c93f51ae7d04"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

TABLES = ("hand_points", "adjustments", "extensions")
EMPTY = sa.text("''")


def upgrade() -> None:
    op.add_column("gradings", sa.Column("private_score", sa.Double()))
    op.add_column("gradings", sa.Column("private_score_exact", sa.Text()))
    op.add_column("gradings", sa.Column("private_ranks", sa.Boolean()))
    op.add_column("submissions", sa.Column("is_chosen", sa.Boolean(), server_default=sa.false(), nullable=False))
    create_hand_points()
    create_adjustments()
    create_extensions()


def downgrade() -> None:
    """What staff decided and students chose is forgotten: the older tables have no place for it."""
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_column("submissions", "is_chosen")
    for column in ("private_ranks", "private_score_exact", "private_score"):
        op.drop_column("gradings", column)


def create_hand_points() -> None:
    op.create_table(
        "hand_points",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entrant_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(200), nullable=False),
        sa.Column("points", sa.String(64), nullable=False),
        sa.Column("note", sa.Text(), server_default=EMPTY, nullable=False),
        *written_by("hand_points"),
        sa.UniqueConstraint("entrant_id", "part", name="uq_hand_points_entrant_id_part"),
    )
    op.create_index("ix_hand_points_by_id", "hand_points", ["by_id"])


def create_adjustments() -> None:
    op.create_table(
        "adjustments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entrant_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("value", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        *written_by("adjustments"),
        sa.CheckConstraint("kind IN ('multiply', 'add')", name=op.f("ck_adjustments_kind")),
    )
    op.create_index("ix_adjustments_entrant_id", "adjustments", ["entrant_id"])
    op.create_index("ix_adjustments_by_id", "adjustments", ["by_id"])


def create_extensions() -> None:
    op.create_table(
        "extensions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entrant_id", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True)),
        sa.Column("extra_tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reason", sa.Text(), server_default=EMPTY, nullable=False),
        *written_by("extensions"),
        sa.CheckConstraint("extra_tries >= 0", name=op.f("ck_extensions_extra_tries")),
        sa.UniqueConstraint("entrant_id", name="uq_extensions_entrant_id"),
    )
    op.create_index("ix_extensions_by_id", "extensions", ["by_id"])


def written_by(table: str) -> Sequence[SchemaItem]:
    """The columns and constraints that the three tables share."""
    return (
        sa.Column("by_id", sa.Integer()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entrant_id"], ["entrants.id"], name=f"fk_{table}_entrant_id_entrants", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=f"fk_{table}_by_id_users", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )
