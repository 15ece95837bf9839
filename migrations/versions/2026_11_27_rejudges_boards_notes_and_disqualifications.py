"""Rejudges, boards, notes and disqualifications."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "e7b1d93c40a5"
down_revision: str | None = "4fd1b6e2c09a"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

MOMENT = sa.DateTime(timezone=True)
LANE = "ck_gradings_lane"
LIVE = "uq_gradings_live"
SHADOWS = "uq_gradings_rejudge_id_submission_id"
TO_REJUDGE = "fk_gradings_rejudge_id_rejudges"
TO_COMPETITION = "fk_audit_entries_competition_id_competitions"
TABLES = ("rejudges", "board_states", "frozen_rows", "baselines", "announcements", "disqualifications", "notes")


def upgrade() -> None:
    create_rejudges()
    widen_gradings()
    name_competitions()
    create_boards()
    create_baselines()
    create_announcements()
    create_moderation()


def downgrade() -> None:
    """Rejudges that are open are forgotten with their gradings; of those that were made live, what counts stays."""
    op.drop_index("ix_audit_entries_competition_id_id", "audit_entries")
    with op.batch_alter_table("audit_entries") as entries:
        entries.drop_constraint(TO_COMPETITION, type_="foreignkey")
        entries.drop_column("competition_id")
    op.execute("DELETE FROM frozen_rows")
    op.execute(
        "DELETE FROM artifacts WHERE grading_id IN (SELECT id FROM gradings WHERE lane = 'shadow' AND NOT is_live)"
    )
    op.execute(
        "UPDATE gradings SET copied_from_id = NULL "
        "WHERE copied_from_id IN (SELECT id FROM gradings WHERE lane = 'shadow' AND NOT is_live)"
    )
    op.execute("DELETE FROM gradings WHERE lane = 'shadow' AND NOT is_live")
    op.execute("UPDATE gradings SET lane = 'evaluate' WHERE lane = 'shadow'")
    op.drop_index(LIVE, "gradings")
    with op.batch_alter_table("gradings") as gradings:
        gradings.drop_constraint(SHADOWS, type_="unique")
        gradings.drop_constraint(TO_REJUDGE, type_="foreignkey")
        gradings.drop_column("rejudge_id")
        gradings.drop_constraint(op.f(LANE), type_="check")
        gradings.create_check_constraint(op.f(LANE), "lane IN ('check', 'evaluate')")
    index_live()
    for table in reversed(TABLES):
        op.drop_table(table)


def create_rejudges() -> None:
    op.create_table(
        "rejudges",
        sa.Column("id", sa.Integer(), nullable=False),
        reference("rejudges", "competition_id", "competitions", "RESTRICT"),
        reference("rejudges", "version_id", "competition_versions", "RESTRICT"),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        reference("rejudges", "by_id", "users", "SET NULL"),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        reference("rejudges", "ended_by_id", "users", "SET NULL"),
        sa.Column("outcome", sa.JSON()),
        sa.CheckConstraint("(state = 'open') = (ended_at IS NULL)", name=op.f("ck_rejudges_ended")),
        one_of("rejudges", "kind", "evaluate", "rescore"),
        one_of("rejudges", "state", "open", "live", "dropped"),
        sa.PrimaryKeyConstraint("id", name="pk_rejudges"),
    )
    op.create_index("ix_rejudges_competition_id_id", "rejudges", ["competition_id", "id"])
    for column in ("version_id", "by_id", "ended_by_id"):
        op.create_index(f"ix_rejudges_{column}", "rejudges", [column])


def widen_gradings() -> None:
    op.drop_index(LIVE, "gradings")
    with op.batch_alter_table("gradings") as gradings:
        gradings.add_column(sa.Column("rejudge_id", sa.Integer()))
        gradings.create_foreign_key(TO_REJUDGE, "rejudges", ["rejudge_id"], ["id"], ondelete="RESTRICT")
        gradings.create_unique_constraint(SHADOWS, ["rejudge_id", "submission_id"])
        gradings.drop_constraint(op.f(LANE), type_="check")
        gradings.create_check_constraint(op.f(LANE), "lane IN ('check', 'evaluate', 'shadow')")
    index_live()


def index_live() -> None:
    op.create_index(
        LIVE,
        "gradings",
        ["submission_id"],
        unique=True,
        sqlite_where=sa.text("is_live = 1"),
        postgresql_where=sa.text("is_live"),
    )


def name_competitions() -> None:
    """Says of each entry which competition it is about, as far as its subject tells."""
    with op.batch_alter_table("audit_entries") as entries:
        entries.add_column(sa.Column("competition_id", sa.Integer()))
        entries.create_foreign_key(TO_COMPETITION, "competitions", ["competition_id"], ["id"], ondelete="SET NULL")
    op.create_index("ix_audit_entries_competition_id_id", "audit_entries", ["competition_id", "id"])
    op.execute(
        "UPDATE audit_entries SET competition_id = (SELECT competition_id FROM entrants "
        "WHERE 'entrant:' || entrants.id = audit_entries.subject) WHERE subject LIKE 'entrant:%'"
    )
    op.execute(
        "UPDATE audit_entries SET competition_id = (SELECT competition_id FROM submissions "
        "WHERE 'submission:' || submissions.id = audit_entries.subject) WHERE subject LIKE 'submission:%'"
    )
    op.execute(
        "UPDATE audit_entries SET competition_id = (SELECT id FROM competitions "
        "WHERE 'competition:' || competitions.id = audit_entries.subject) WHERE subject LIKE 'competition:%'"
    )


def create_boards() -> None:
    op.create_table(
        "board_states",
        sa.Column("id", sa.Integer(), nullable=False),
        reference("board_states", "competition_id", "competitions", "CASCADE"),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("published_at", MOMENT),
        reference("board_states", "by_id", "users", "SET NULL"),
        one_of("board_states", "mode", "live", "frozen", "hidden"),
        sa.PrimaryKeyConstraint("id", name="pk_board_states"),
        sa.UniqueConstraint("competition_id", name="uq_board_states_competition_id"),
    )
    op.create_index("ix_board_states_by_id", "board_states", ["by_id"])
    op.create_table(
        "frozen_rows",
        sa.Column("id", sa.Integer(), nullable=False),
        reference("frozen_rows", "competition_id", "competitions", "CASCADE"),
        sa.Column("part", sa.String(16), nullable=False),
        reference("frozen_rows", "grading_id", "gradings", "CASCADE"),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_frozen_rows"),
        sa.UniqueConstraint(
            "competition_id", "part", "grading_id", name="uq_frozen_rows_competition_id_part_grading_id"
        ),
    )
    op.create_index("ix_frozen_rows_grading_id", "frozen_rows", ["grading_id"])


def create_baselines() -> None:
    op.create_table(
        "baselines",
        sa.Column("id", sa.Integer(), nullable=False),
        reference("baselines", "competition_id", "competitions", "CASCADE"),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("public", sa.String(64)),
        sa.Column("private", sa.String(64)),
        reference("baselines", "entrant_id", "entrants", "CASCADE", nullable=True),
        *written("baselines"),
        sa.CheckConstraint(
            "entrant_id IS NULL OR (public IS NULL AND private IS NULL)", name=op.f("ck_baselines_source")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_baselines"),
        sa.UniqueConstraint("competition_id", "name", name="uq_baselines_competition_id_name"),
    )
    for column in ("entrant_id", "by_id"):
        op.create_index(f"ix_baselines_{column}", "baselines", [column])


def create_announcements() -> None:
    op.create_table(
        "announcements",
        sa.Column("id", sa.Integer(), nullable=False),
        reference("announcements", "competition_id", "competitions", "CASCADE"),
        sa.Column("text", sa.Text(), nullable=False),
        *written("announcements"),
        sa.PrimaryKeyConstraint("id", name="pk_announcements"),
    )
    op.create_index("ix_announcements_competition_id_id", "announcements", ["competition_id", "id"])
    op.create_index("ix_announcements_by_id", "announcements", ["by_id"])


def create_moderation() -> None:
    op.create_table(
        "disqualifications",
        sa.Column("id", sa.Integer(), nullable=False),
        reference("disqualifications", "entrant_id", "entrants", "CASCADE"),
        reference("disqualifications", "submission_id", "submissions", "CASCADE", nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        *written("disqualifications"),
        sa.PrimaryKeyConstraint("id", name="pk_disqualifications"),
        sa.UniqueConstraint("submission_id", name="uq_disqualifications_submission_id"),
    )
    op.create_index(
        "uq_disqualifications_entrant",
        "disqualifications",
        ["entrant_id"],
        unique=True,
        sqlite_where=sa.text("submission_id IS NULL"),
        postgresql_where=sa.text("submission_id IS NULL"),
    )
    op.create_table(
        "notes",
        sa.Column("id", sa.Integer(), nullable=False),
        reference("notes", "submission_id", "submissions", "CASCADE", nullable=True),
        reference("notes", "entrant_id", "entrants", "CASCADE", nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        *written("notes"),
        sa.CheckConstraint("(submission_id IS NULL) <> (entrant_id IS NULL)", name=op.f("ck_notes_subject")),
        sa.PrimaryKeyConstraint("id", name="pk_notes"),
    )
    for table, column in (
        ("disqualifications", "entrant_id"),
        ("disqualifications", "by_id"),
        ("notes", "submission_id"),
        ("notes", "entrant_id"),
        ("notes", "by_id"),
    ):
        op.create_index(f"ix_{table}_{column}", table, [column])


def written(table: str) -> tuple[sa.Column[int], sa.Column[object]]:
    return reference(table, "by_id", "users", "SET NULL"), sa.Column("at", MOMENT, nullable=False)


def reference(table: str, column: str, parent: str, on_delete: str, *, nullable: bool = False) -> sa.Column[int]:
    key = sa.ForeignKey(f"{parent}.id", name=f"fk_{table}_{column}_{parent}", ondelete=on_delete)
    return sa.Column(column, sa.Integer(), key, nullable=nullable or on_delete == "SET NULL")


def one_of(table: str, column: str, *values: str) -> sa.CheckConstraint:
    quoted = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({quoted})", name=op.f(f"ck_{table}_{column}"))
