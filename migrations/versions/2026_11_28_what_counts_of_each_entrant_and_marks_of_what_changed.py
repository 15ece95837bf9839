"""What counts of each entrant, and marks of what changed."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "d2f8a61b7e93"
down_revision: str | None = "a90c4be21d76"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

MOMENT = sa.DateTime(timezone=True)
COUNTS = "NEW.is_live AND NEW.state = 'scored'"
COUNTED = "OLD.is_live AND OLD.state = 'scored'"
JUDGED = "submission_id, version_id, is_live, state, score_exact, ranks, private_score_exact, private_ranks, report"
OF_SUBMISSION = "SELECT competition_id, entrant_id FROM submissions WHERE id IN ({})"
OF_ENTRANT = "SELECT competition_id, id FROM entrants WHERE id IN ({})"
OF_PERSON = "SELECT competition_id, entrant_id FROM entrant_members WHERE user_id = NEW.id"
OF_MEMBER = (
    "SELECT member.competition_id, member.entrant_id FROM entrant_members AS member "
    "JOIN competitions ON competitions.id = member.competition_id "
    "WHERE {0}.user_id = member.user_id AND {0}.course_id = competitions.course_id"
)
MEMBERS = (OF_MEMBER.format("OLD"), OF_MEMBER.format("NEW"))
PAIR = "SELECT {0}.competition_id, {0}.entrant_id"
PAIRS = (PAIR.format("OLD"), PAIR.format("NEW"))
HANDED_IN = "EXISTS (SELECT 1 FROM submissions WHERE entrant_id = NEW.entrant_id)"
WHOLE = "SELECT {}.competition_id, CAST(NULL AS INTEGER)"
TRIGGERS = (
    ("gradings", "INSERT", "", COUNTS, OF_SUBMISSION.format("NEW.submission_id")),
    ("gradings", "DELETE", "", COUNTED, OF_SUBMISSION.format("OLD.submission_id")),
    (
        "gradings",
        "UPDATE",
        JUDGED,
        f"({COUNTED}) OR ({COUNTS})",
        OF_SUBMISSION.format("OLD.submission_id, NEW.submission_id"),
    ),
    ("submissions", "DELETE", "", "", PAIRS[0]),
    (
        "submissions",
        "UPDATE",
        "competition_id, entrant_id, received_at, is_staff, is_chosen",
        "",
        " UNION ".join(PAIRS),
    ),
    ("disqualifications", "INSERT", "", "", OF_ENTRANT.format("NEW.entrant_id")),
    ("disqualifications", "DELETE", "", "", OF_ENTRANT.format("OLD.entrant_id")),
    (
        "disqualifications",
        "UPDATE",
        "entrant_id, submission_id",
        "",
        OF_ENTRANT.format("OLD.entrant_id, NEW.entrant_id"),
    ),
    ("entrant_members", "INSERT", "", "", f"{PAIRS[1]} WHERE {HANDED_IN}"),
    ("entrant_members", "DELETE", "", "", PAIRS[0]),
    ("entrant_members", "UPDATE", "competition_id, entrant_id, user_id", "", " UNION ".join(PAIRS)),
    ("memberships", "INSERT", "", "", MEMBERS[1]),
    ("memberships", "DELETE", "", "", MEMBERS[0]),
    ("memberships", "UPDATE", "course_id, user_id, role", "", " UNION ".join(MEMBERS)),
    ("users", "UPDATE", "is_admin", "", OF_PERSON),
    ("entrants", "DELETE", "", "", "SELECT OLD.competition_id, OLD.id"),
    ("entrants", "UPDATE", "alias, competition_id", "", "SELECT NEW.competition_id, NEW.id"),
    (
        "competitions",
        "UPDATE",
        "course_id",
        "",
        "SELECT competition_id, id FROM entrants WHERE competition_id = NEW.id",
    ),
    ("competition_versions", "INSERT", "", "", WHOLE.format("NEW")),
    ("competition_versions", "DELETE", "", "", WHOLE.format("OLD")),
    ("competition_versions", "UPDATE", "competition_id, number, definition", "", WHOLE.format("NEW")),
    (
        "courses",
        "UPDATE",
        "time_zone",
        "",
        "SELECT id, CAST(NULL AS INTEGER) FROM competitions WHERE course_id = NEW.id",
    ),
)
"""Table, event, columns, condition, and whose standings are marked."""


def upgrade() -> None:
    create_tables()
    for trigger in TRIGGERS:
        create_trigger(*trigger)
    op.execute("INSERT INTO standing_marks (competition_id) SELECT id FROM competitions ORDER BY id")
    op.execute(
        "INSERT INTO standing_marks (competition_id, entrant_id) SELECT competition_id, id FROM entrants ORDER BY id"
    )


def downgrade() -> None:
    for table, event, *_ in TRIGGERS:
        name = name_of(table, event)
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"DROP TRIGGER {name} ON {table}")
            op.execute(f"DROP FUNCTION {name}()")
        else:
            op.execute(f"DROP TRIGGER {name}")
    for table in ("standings", "standing_books", "standing_marks"):
        op.drop_table(table)


def create_tables() -> None:
    op.create_table(
        "standing_marks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("competition_id", sa.Integer(), nullable=False),
        sa.Column("entrant_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_standing_marks"),
    )
    op.create_index("ix_standing_marks_competition_id_entrant_id", "standing_marks", ["competition_id", "entrant_id"])
    to_competition = "fk_standing_books_competition_id_competitions"
    op.create_table(
        "standing_books",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "competition_id",
            sa.Integer(),
            sa.ForeignKey("competitions.id", name=to_competition, ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("best", sa.Boolean(), nullable=False),
        sa.Column("lower_is_better", sa.Boolean(), nullable=False),
        sa.Column("choose", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_standing_books"),
        sa.UniqueConstraint("competition_id", name="uq_standing_books_competition_id"),
    )
    op.create_table(
        "standings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("competition_id", sa.Integer(), nullable=False),
        sa.Column("entrant_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(16), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("alias", sa.String(64), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=True),
        sa.Column("version_id", sa.Integer(), nullable=True),
        sa.Column("score_exact", sa.Text(), nullable=True),
        sa.Column("meets", sa.Boolean(), nullable=True),
        sa.Column("received_at", MOMENT, nullable=True),
        sa.Column("report", sa.JSON(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("newest_at", MOMENT, nullable=True),
        sa.Column("then_before", MOMENT, nullable=True),
        sa.Column("then_submission_id", sa.Integer(), nullable=True),
        sa.Column("then_score_exact", sa.Text(), nullable=True),
        sa.Column("then_meets", sa.Boolean(), nullable=True),
        sa.Column("then_received_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_standings"),
        sa.UniqueConstraint("entrant_id", "part", name="uq_standings_entrant_id_part"),
    )
    op.create_index("ix_standings_competition_id_part_serial", "standings", ["competition_id", "part", "serial"])


def create_trigger(table: str, event: str, columns: str, condition: str, whose: str) -> None:
    """Has each changed row of a table mark entrants."""
    name, of = name_of(table, event), f" OF {columns}" if columns else ""
    head = f"CREATE TRIGGER {name} AFTER {event}{of} ON {table} FOR EACH ROW"
    when = f" WHEN ({condition})" if condition else ""
    mark = f"INSERT INTO standing_marks (competition_id, entrant_id) {whose};"
    if op.get_bind().dialect.name == "postgresql":
        body = f"BEGIN {mark} RETURN NULL; END"
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS '{body.replace(chr(39), 2 * chr(39))}'"
        )
        op.execute(f"{head}{when} EXECUTE FUNCTION {name}()")
    else:
        op.execute(f"{head}{when} BEGIN {mark} END")


def name_of(table: str, event: str) -> str:
    return f"mark_standings_{table}_{event.lower()}"
