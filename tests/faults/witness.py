"""A witness inside of the database, who sees every end that a grading is given, also where it had one, and every loss."""

from sqlalchemy import Connection, text

TABLES = (
    "CREATE TABLE IF NOT EXISTS ends (grading_id INTEGER, state TEXT, fence INTEGER)",
    "CREATE TABLE IF NOT EXISTS losses (grading_id INTEGER, fault TEXT, at DOUBLE PRECISION)",
)
NOTES = {
    "ends": (
        "UPDATE OF state",
        "NEW.state IN ('scored', 'rejected', 'failed')",
        "INSERT INTO ends VALUES (NEW.id, NEW.state, NEW.fence);",
    ),
    "losses": (
        "UPDATE OF losses",
        "NEW.losses > OLD.losses",
        "INSERT INTO losses VALUES (NEW.id, NEW.fault, {now});",
    ),
}
"""What is seen: after which change, when, and what is written down. `now` is in seconds since 1970."""
SQLITE_NOW = "(julianday('now') - 2440587.5) * 86400"
POSTGRES_NOW = "extract(epoch FROM clock_timestamp())"


def call_witness(connection: Connection) -> None:
    """Has each end and each loss written down, in tables of their own."""
    make = _for_postgres if connection.dialect.name == "postgresql" else _for_sqlite
    for statement in (*TABLES, *(each for name in NOTES for each in make(name))):
        connection.execute(text(statement))


def _for_sqlite(name: str) -> tuple[str, ...]:
    change, when, note = NOTES[name]
    note = note.format(now=SQLITE_NOW)
    return (f"CREATE TRIGGER IF NOT EXISTS witness_{name} AFTER {change} ON gradings WHEN {when} BEGIN {note} END",)


def _for_postgres(name: str) -> tuple[str, ...]:
    change, when, note = NOTES[name]
    note = note.format(now=POSTGRES_NOW)
    body = f"RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {note} RETURN NULL; END $$"
    trigger = f"AFTER {change} ON gradings FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION note_{name}()"
    return (
        f"CREATE OR REPLACE FUNCTION note_{name}() {body}",
        f"CREATE OR REPLACE TRIGGER witness_{name} {trigger}",
    )
