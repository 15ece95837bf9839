"""Rosters, join codes, links, identities and scopes."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "e5b97cf1a328"
down_revision: str | None = "5b90d2e4f7c1"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

TABLES = ("account_links", "identities", "join_codes", "roster_imports")
SCOPE = "ck_api_tokens_scope"


def upgrade() -> None:
    for flag in ("may_create_courses", "is_unproven"):
        op.add_column("users", sa.Column(flag, sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("memberships", sa.Column("sid", sa.String()))
    op.add_column("memberships", sa.Column("login", sa.String()))
    op.add_column("memberships", sa.Column("section", sa.String(), server_default=sa.text("''"), nullable=False))
    with op.batch_alter_table("api_tokens") as tokens:
        tokens.add_column(sa.Column("scope", sa.String(16), server_default="admin", nullable=False))
        tokens.create_check_constraint(op.f(SCOPE), "scope IN ('read', 'submit', 'admin')")
    create_account_links()
    create_identities()
    create_join_codes()
    create_roster_imports()


def downgrade() -> None:
    """Tokens with less than every right are revoked: the older release would give them all."""
    op.execute("UPDATE api_tokens SET revoked_at = created_at WHERE scope <> 'admin' AND revoked_at IS NULL")
    for table in reversed(TABLES):
        op.drop_table(table)
    with op.batch_alter_table("api_tokens") as tokens:
        tokens.drop_constraint(op.f(SCOPE), type_="check")
        tokens.drop_column("scope")
    for column in ("section", "login", "sid"):
        op.drop_column("memberships", column)
    for flag in ("is_unproven", "may_create_courses"):
        op.drop_column("users", flag)


def create_account_links() -> None:
    op.create_table(
        "account_links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer()),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("kind IN ('invitation', 'reset')", name=op.f("ck_account_links_kind")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_account_links_user_id_users", ondelete="CASCADE"),
        made_by("account_links"),
        sa.PrimaryKeyConstraint("id", name="pk_account_links"),
        sa.UniqueConstraint("token_sha256", name="uq_account_links_token_sha256"),
    )
    op.create_index("ix_account_links_user_id", "account_links", ["user_id"])
    op.create_index("ix_account_links_created_by_id", "account_links", ["created_by_id"])


def create_identities() -> None:
    op.create_table(
        "identities",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_identities_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_identities"),
        sa.UniqueConstraint("issuer", "subject", name="uq_identities_issuer_subject"),
    )
    op.create_index("ix_identities_user_id", "identities", ["user_id"])


def create_join_codes() -> None:
    holds = sa.text("ended_at IS NULL")
    op.create_table(
        "join_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("max_uses", sa.Integer()),
        sa.Column("uses", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer()),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("uses >= 0", name=op.f("ck_join_codes_uses")),
        sa.CheckConstraint("max_uses IS NULL OR max_uses > 0", name=op.f("ck_join_codes_max_uses")),
        of_course("join_codes"),
        made_by("join_codes"),
        sa.PrimaryKeyConstraint("id", name="pk_join_codes"),
        sa.UniqueConstraint("code", name="uq_join_codes_code"),
    )
    op.create_index(
        "uq_join_codes_course", "join_codes", ["course_id"], unique=True, sqlite_where=holds, postgresql_where=holds
    )
    op.create_index("ix_join_codes_created_by_id", "join_codes", ["created_by_id"])


def create_roster_imports() -> None:
    op.create_table(
        "roster_imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer()),
        sa.Column("applied_at", sa.DateTime(timezone=True)),
        of_course("roster_imports"),
        made_by("roster_imports"),
        sa.PrimaryKeyConstraint("id", name="pk_roster_imports"),
    )
    op.create_index("ix_roster_imports_course_id", "roster_imports", ["course_id"])
    op.create_index("ix_roster_imports_created_by_id", "roster_imports", ["created_by_id"])


def of_course(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_course_id_courses"
    return sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=name, ondelete="CASCADE")


def made_by(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_created_by_id_users"
    return sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=name, ondelete="SET NULL")
