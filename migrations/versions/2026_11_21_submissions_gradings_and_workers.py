"""Submissions, gradings and workers."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "b7d20f6183ce"
down_revision: str | None = "a1c4e27f9b30"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    create_entrants()
    create_entrant_members()
    create_workers()
    create_submissions()
    create_submission_files()
    create_gradings()
    index_gradings()


def downgrade() -> None:
    op.drop_table("gradings")
    op.drop_table("submission_files")
    op.drop_table("submissions")
    op.drop_table("workers")
    op.drop_table("entrant_members")
    op.drop_table("entrants")


def create_entrants() -> None:
    op.create_table(
        "entrants",
        sa.Column("id", sa.Integer(), nullable=False),
        reference("entrants", "competition_id", "competitions", "RESTRICT"),
        sa.Column("alias", sa.String(64), nullable=False),
        sa.Column("is_staff", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_entrants"),
        sa.UniqueConstraint("competition_id", "alias", name="uq_entrants_competition_id_alias"),
        sa.UniqueConstraint("id", "competition_id", name="uq_entrants_id_competition_id"),
    )


def create_entrant_members() -> None:
    op.create_table(
        "entrant_members",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entrant_id", sa.Integer(), nullable=False),
        sa.Column("competition_id", sa.Integer(), nullable=False),
        reference("entrant_members", "user_id", "users", "RESTRICT"),
        sa.ForeignKeyConstraint(
            ["entrant_id", "competition_id"],
            ["entrants.id", "entrants.competition_id"],
            name="fk_entrant_members_entrant_id_competition_id_entrants",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_entrant_members"),
        sa.UniqueConstraint("competition_id", "user_id", name="uq_entrant_members_competition_id_user_id"),
    )
    op.create_index("ix_entrant_members_entrant_id", "entrant_members", ["entrant_id"])
    op.create_index("ix_entrant_members_user_id", "entrant_members", ["user_id"])


def create_workers() -> None:
    op.create_table(
        "workers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("incarnation", sa.String(36), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("beat_at", MOMENT, nullable=False),
        sa.Column("airlock_level", sa.String(1), nullable=False),
        sa.Column("airlock_report", sa.JSON(), nullable=False),
        sa.Column("lanes", sa.JSON(), nullable=False),
        sa.Column("versions", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_workers"),
        sa.UniqueConstraint("name", name="uq_workers_name"),
    )


def create_submissions() -> None:
    op.create_table(
        "submissions",
        sa.Column("id", sa.Integer(), nullable=False),
        reference("submissions", "competition_id", "competitions", "RESTRICT"),
        sa.Column("entrant_id", sa.Integer(), nullable=False),
        reference("submissions", "user_id", "users", "RESTRICT"),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("is_staff", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("idempotency_key", sa.String(255)),
        sa.Column("via", sa.String(16), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["entrant_id", "competition_id"],
            ["entrants.id", "entrants.competition_id"],
            name="fk_submissions_entrant_id_competition_id_entrants",
            ondelete="RESTRICT",
        ),
        one_of("submissions", "via", "form", "api"),
        sa.PrimaryKeyConstraint("id", name="pk_submissions"),
        sa.UniqueConstraint("user_id", "idempotency_key", name="uq_submissions_user_id_idempotency_key"),
    )
    op.create_index("ix_submissions_competition_id_received_at", "submissions", ["competition_id", "received_at"])
    op.create_index("ix_submissions_entrant_id_received_at", "submissions", ["entrant_id", "received_at"])


def create_submission_files() -> None:
    op.create_table(
        "submission_files",
        sa.Column("id", sa.Integer(), nullable=False),
        reference("submission_files", "submission_id", "submissions", "CASCADE"),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("bytes >= 0", name=op.f("ck_submission_files_bytes")),
        one_of("submission_files", "role", "weights"),
        sa.PrimaryKeyConstraint("id", name="pk_submission_files"),
        sa.UniqueConstraint("submission_id", "role", name="uq_submission_files_submission_id_role"),
    )
    op.create_index("ix_submission_files_sha256", "submission_files", ["sha256"])


def create_gradings() -> None:
    op.create_table(
        "gradings",
        sa.Column("id", sa.Integer(), nullable=False),
        reference("gradings", "submission_id", "submissions", "CASCADE"),
        reference("gradings", "version_id", "competition_versions", "RESTRICT"),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("phase", sa.String(16), nullable=False),
        sa.Column("lane", sa.String(16), nullable=False),
        sa.Column("fence", sa.Integer(), server_default=sa.text("0"), nullable=False),
        reference("gradings", "worker_id", "workers", "SET NULL", nullable=True),
        sa.Column("crashes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("crash_causes", sa.JSON(), nullable=False),
        sa.Column("losses", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("not_before", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("claimed_at", MOMENT),
        sa.Column("finished_at", MOMENT),
        sa.Column("phase_times", sa.JSON(), nullable=False),
        sa.Column("file_sha256", sa.String(64), nullable=False),
        sa.Column("equality_key", sa.String(64)),
        reference("gradings", "copied_from_id", "gradings", "SET NULL", nullable=True),
        sa.Column("score", sa.Double()),
        sa.Column("score_exact", sa.Text()),
        sa.Column("report", sa.JSON()),
        sa.Column("predictions", sa.LargeBinary()),
        sa.Column("fault", sa.Text()),
        sa.CheckConstraint(
            "(state IN ('queued', 'running')) = (finished_at IS NULL)", name=op.f("ck_gradings_finished")
        ),
        sa.CheckConstraint(
            "state = 'scored' OR (score IS NULL AND score_exact IS NULL)", name=op.f("ck_gradings_score")
        ),
        sa.CheckConstraint("fence >= 0 AND crashes >= 0 AND losses >= 0", name=op.f("ck_gradings_counters")),
        one_of("gradings", "state", "queued", "running", "scored", "rejected", "failed"),
        one_of("gradings", "phase", "reading", "checking", "waiting", "evaluating", "scoring", "done"),
        one_of("gradings", "lane", "check", "evaluate"),
        sa.PrimaryKeyConstraint("id", name="pk_gradings"),
    )


def index_gradings() -> None:
    op.create_index("ix_gradings_copied_from_id", "gradings", ["copied_from_id"])
    op.create_index("ix_gradings_equality_key", "gradings", ["equality_key"])
    op.create_index("ix_gradings_state_lane_id", "gradings", ["state", "lane", "id"])
    op.create_index("ix_gradings_submission_id_id", "gradings", ["submission_id", "id"])
    op.create_index("ix_gradings_version_id", "gradings", ["version_id"])
    op.create_index("ix_gradings_worker_id_state", "gradings", ["worker_id", "state"])
    op.create_index(
        "uq_gradings_live",
        "gradings",
        ["submission_id"],
        unique=True,
        sqlite_where=sa.text("is_live = 1"),
        postgresql_where=sa.text("is_live"),
    )


def reference(table: str, column: str, parent: str, on_delete: str, *, nullable: bool = False) -> sa.Column[int]:
    key = sa.ForeignKey(f"{parent}.id", name=f"fk_{table}_{column}_{parent}", ondelete=on_delete)
    return sa.Column(column, sa.Integer(), key, nullable=nullable)


def one_of(table: str, column: str, *values: str) -> sa.CheckConstraint:
    quoted = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({quoted})", name=op.f(f"ck_{table}_{column}"))
