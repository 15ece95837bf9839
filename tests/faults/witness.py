"""A witness inside of the database, who sees every end that a grading is given, also where it had one."""

from sqlalchemy import Connection, text

TABLE = "CREATE TABLE IF NOT EXISTS ends (grading_id INTEGER, state TEXT, fence INTEGER)"
WHEN = "AFTER UPDATE OF state ON gradings {} WHEN (NEW.state IN ('scored', 'rejected', 'failed'))"
NOTE = "INSERT INTO ends VALUES (NEW.id, NEW.state, NEW.fence);"
SQLITE = (TABLE, f"CREATE TRIGGER IF NOT EXISTS witness_ends {WHEN.format('')} BEGIN {NOTE} END")
POSTGRES = (
    TABLE,
    f"CREATE OR REPLACE FUNCTION note_end() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {NOTE} RETURN NULL; END $$",
    f"CREATE OR REPLACE TRIGGER witness_ends {WHEN.format('FOR EACH ROW')} EXECUTE FUNCTION note_end()",
)


def call_witness(connection: Connection) -> None:
    """Has each end written down in the table `ends`."""
    for statement in POSTGRES if connection.dialect.name == "postgresql" else SQLITE:
        connection.execute(text(statement))
