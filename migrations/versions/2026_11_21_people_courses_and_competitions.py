"""People, courses and competitions."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "a1c4e27f9b30"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    create_users()
    create_auth_sessions()
    create_api_tokens()
    create_audit_entries()
    create_courses()
    create_memberships()
    create_datasets()
    create_competitions()
    create_competition_versions()


def downgrade() -> None:
    op.drop_table("competition_versions")
    op.drop_table("competitions")
    op.drop_table("datasets")
    op.drop_table("memberships")
    op.drop_table("courses")
    op.drop_table("audit_entries")
    op.drop_table("api_tokens")
    op.drop_table("auth_sessions")
    op.drop_table("users")


def create_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String()),
        sa.Column("is_admin", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("disabled_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
    )


def create_auth_sessions() -> None:
    op.create_table(
        "auth_sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        reference("auth_sessions", "user_id", "users", "CASCADE"),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("user_agent", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_auth_sessions"),
        sa.UniqueConstraint("token_sha256", name="uq_auth_sessions_token_sha256"),
    )
    op.create_index("ix_auth_sessions_expires_at", "auth_sessions", ["expires_at"])
    op.create_index("ix_auth_sessions_user_id", "auth_sessions", ["user_id"])


def create_api_tokens() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        reference("api_tokens", "user_id", "users", "CASCADE"),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(8), nullable=False),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT),
        sa.Column("last_used_at", MOMENT),
        sa.Column("revoked_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.UniqueConstraint("prefix", name="uq_api_tokens_prefix"),
    )
    op.create_index("ix_api_tokens_user_id", "api_tokens", ["user_id"])


def create_audit_entries() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        reference("audit_entries", "actor_id", "users", "SET NULL", nullable=True),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(128), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entries"),
    )
    op.create_index("ix_audit_entries_actor_id", "audit_entries", ["actor_id"])
    op.create_index("ix_audit_entries_at", "audit_entries", ["at"])
    op.create_index("ix_audit_entries_subject", "audit_entries", ["subject"])


def create_courses() -> None:
    op.create_table(
        "courses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(64), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_courses"),
        sa.UniqueConstraint("slug", name="uq_courses_slug"),
    )


def create_memberships() -> None:
    op.create_table(
        "memberships",
        sa.Column("id", sa.Integer(), nullable=False),
        reference("memberships", "course_id", "courses", "CASCADE"),
        reference("memberships", "user_id", "users", "CASCADE"),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        one_of("memberships", "role", "student", "ta", "instructor"),
        sa.PrimaryKeyConstraint("id", name="pk_memberships"),
        sa.UniqueConstraint("course_id", "user_id", name="uq_memberships_course_id_user_id"),
    )
    op.create_index("ix_memberships_user_id", "memberships", ["user_id"])


def create_datasets() -> None:
    op.create_table(
        "datasets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("examples", sa.Integer(), nullable=False),
        sa.Column("sample_shape", sa.JSON(), nullable=False),
        sa.Column("dtype", sa.String(16), nullable=False),
        sa.Column("classes", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("classes > 0", name=op.f("ck_datasets_classes")),
        sa.CheckConstraint("examples > 0", name=op.f("ck_datasets_examples")),
        sa.PrimaryKeyConstraint("id", name="pk_datasets"),
        sa.UniqueConstraint("name", name="uq_datasets_name"),
    )


def create_competitions() -> None:
    op.create_table(
        "competitions",
        sa.Column("id", sa.Integer(), nullable=False),
        reference("competitions", "course_id", "courses", "RESTRICT"),
        sa.Column("slug", sa.String(64), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_competitions"),
        sa.UniqueConstraint("slug", name="uq_competitions_slug"),
    )
    op.create_index("ix_competitions_course_id", "competitions", ["course_id"])


def create_competition_versions() -> None:
    op.create_table(
        "competition_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        reference("competition_versions", "competition_id", "competitions", "RESTRICT"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("definition_digest", sa.String(64), nullable=False),
        reference("competition_versions", "dataset_id", "datasets", "RESTRICT"),
        sa.Column("created_at", MOMENT, nullable=False),
        reference("competition_versions", "created_by_id", "users", "SET NULL", nullable=True),
        sa.CheckConstraint("number > 0", name=op.f("ck_competition_versions_number")),
        sa.PrimaryKeyConstraint("id", name="pk_competition_versions"),
        sa.UniqueConstraint("competition_id", "number", name="uq_competition_versions_competition_id_number"),
    )
    op.create_index("ix_competition_versions_created_by_id", "competition_versions", ["created_by_id"])
    op.create_index("ix_competition_versions_dataset_id", "competition_versions", ["dataset_id"])


def reference(table: str, column: str, parent: str, on_delete: str, *, nullable: bool = False) -> sa.Column[int]:
    key = sa.ForeignKey(f"{parent}.id", name=f"fk_{table}_{column}_{parent}", ondelete=on_delete)
    return sa.Column(column, sa.Integer(), key, nullable=nullable)


def one_of(table: str, column: str, *values: str) -> sa.CheckConstraint:
    quoted = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({quoted})", name=op.f(f"ck_{table}_{column}"))
