"""Drafts of competitions and reference networks."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "5b90d2e4f7c1"
down_revision: str | None = "7e0c5d4b19a3"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """What there is has been open since it was made."""
    op.add_column("competitions", sa.Column("opened_at", sa.DateTime(timezone=True)))
    op.add_column("competitions", sa.Column("closed_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE competitions SET opened_at = created_at")
    with op.batch_alter_table("competition_versions") as versions:
        versions.alter_column("dataset_id", existing_type=sa.Integer(), nullable=True)
    tell_whose_datasets_are()
    create_networks()


def downgrade() -> None:
    """Versions without a test set are forgotten, since the older tables have no place for them; closed ones are open."""
    op.drop_table("reference_networks")
    with op.batch_alter_table("datasets") as datasets:
        datasets.drop_index("ix_datasets_created_by_id")
        datasets.drop_index("ix_datasets_course_id")
        datasets.drop_constraint("fk_datasets_created_by_id_users", type_="foreignkey")
        datasets.drop_constraint("fk_datasets_course_id_courses", type_="foreignkey")
        datasets.drop_column("created_by_id")
        datasets.drop_column("course_id")
    op.execute("DELETE FROM competition_versions WHERE dataset_id IS NULL")
    with op.batch_alter_table("competition_versions") as versions:
        versions.alter_column("dataset_id", existing_type=sa.Integer(), nullable=False)
    for column in ("closed_at", "opened_at"):
        op.drop_column("competitions", column)


def tell_whose_datasets_are() -> None:
    with op.batch_alter_table("datasets") as datasets:
        for column, table in (("course_id", "courses"), ("created_by_id", "users")):
            datasets.add_column(sa.Column(column, sa.Integer()))
            name = f"fk_datasets_{column}_{table}"
            datasets.create_foreign_key(name, table, [column], ["id"], ondelete="SET NULL")
            datasets.create_index(f"ix_datasets_{column}", [column])


def create_networks() -> None:
    op.create_table(
        "reference_networks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("key", sa.String(16), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.String(64), nullable=False),
        sa.Column("file_bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["course_id"], ["courses.id"], name="fk_reference_networks_course_id_courses", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["users.id"], name="fk_reference_networks_created_by_id_users", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_reference_networks"),
        sa.UniqueConstraint("course_id", "name", name="uq_reference_networks_course_id_name"),
    )
    op.create_index("ix_reference_networks_created_by_id", "reference_networks", ["created_by_id"])
