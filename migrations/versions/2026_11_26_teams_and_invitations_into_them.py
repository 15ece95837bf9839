"""Teams and invitations into them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "7e0c5d4b19a3"
down_revision: str | None = "d4a86be0f217"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("entrants", sa.Column("join_code", sa.String(32)))
    op.create_index("uq_entrants_join_code", "entrants", ["join_code"], unique=True)
    op.create_table(
        "team_invitations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entrant_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("by_id", sa.Integer()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entrant_id"], ["entrants.id"], name="fk_team_invitations_entrant_id_entrants", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name="fk_team_invitations_by_id_users", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_team_invitations"),
        sa.UniqueConstraint("entrant_id", "email", name="uq_team_invitations_entrant_id_email"),
    )
    op.create_index("ix_team_invitations_email", "team_invitations", ["email"])
    op.create_index("ix_team_invitations_by_id", "team_invitations", ["by_id"])


def downgrade() -> None:
    """Open invitations are forgotten; teams stay, since they are entrants with several members."""
    op.drop_table("team_invitations")
    op.drop_index("uq_entrants_join_code", "entrants")
    op.drop_column("entrants", "join_code")
