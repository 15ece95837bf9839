"""Ranks, references, attachments and artifacts."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "c93f51ae7d04"
down_revision: str | None = "b7d20f6183ce"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

ROLE = "ck_submission_files_role"
UNIQUE_BEFORE = "uq_submission_files_submission_id_role"
UNIQUE_AFTER = "uq_submission_files_submission_id_role_name"


def upgrade() -> None:
    op.add_column("gradings", sa.Column("ranks", sa.Boolean()))
    add_references()
    allow_attachments()
    create_artifacts()


def downgrade() -> None:
    """Attachments and artifacts are forgotten: the older tables have no place for them."""
    op.drop_table("artifacts")
    forbid_attachments()
    op.drop_index("uq_submissions_reference", "submissions")
    op.drop_column("submissions", "is_reference")
    op.drop_column("gradings", "ranks")


def add_references() -> None:
    op.add_column("submissions", sa.Column("is_reference", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "uq_submissions_reference",
        "submissions",
        ["entrant_id"],
        unique=True,
        sqlite_where=sa.text("is_reference = 1"),
        postgresql_where=sa.text("is_reference"),
    )


def allow_attachments() -> None:
    with op.batch_alter_table("submission_files") as files:
        files.drop_constraint(UNIQUE_BEFORE, type_="unique")
        files.drop_constraint(op.f(ROLE), type_="check")
        files.create_unique_constraint(UNIQUE_AFTER, ["submission_id", "role", "name"])
        files.create_check_constraint(op.f(ROLE), "role IN ('weights', 'attachment')")
    op.create_index(
        "uq_submission_files_upload",
        "submission_files",
        ["submission_id"],
        unique=True,
        sqlite_where=sa.text("role = 'weights'"),
        postgresql_where=sa.text("role = 'weights'"),
    )


def forbid_attachments() -> None:
    op.execute("DELETE FROM submission_files WHERE role = 'attachment'")
    op.drop_index("uq_submission_files_upload", "submission_files")
    with op.batch_alter_table("submission_files") as files:
        files.drop_constraint(UNIQUE_AFTER, type_="unique")
        files.drop_constraint(op.f(ROLE), type_="check")
        files.create_unique_constraint(UNIQUE_BEFORE, ["submission_id", "role"])
        files.create_check_constraint(op.f(ROLE), "role IN ('weights')")


def create_artifacts() -> None:
    op.create_table(
        "artifacts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("grading_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("bytes >= 0", name=op.f("ck_artifacts_bytes")),
        sa.CheckConstraint("kind IN ('state-dict', 'onnx')", name=op.f("ck_artifacts_kind")),
        sa.ForeignKeyConstraint(
            ["grading_id"], ["gradings.id"], name="fk_artifacts_grading_id_gradings", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_artifacts"),
        sa.UniqueConstraint("grading_id", "kind", name="uq_artifacts_grading_id_kind"),
    )
    op.create_index("ix_artifacts_sha256", "artifacts", ["sha256"])
