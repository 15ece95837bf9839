"""What was written under an older release is there after every step up, and after the step back."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from app.schema import alembic_config, migrate
from tests.migrations.conftest import connected

PEOPLE, GRADINGS, ATTACHMENTS, POINTS = "a1c4e27f9b30", "b7d20f6183ce", "c93f51ae7d04", "d4a86be0f217"
TEAMS, DRAFTS = "7e0c5d4b19a3", "5b90d2e4f7c1"
ROSTERS = "e5b97cf1a328"
FINALISTS = "b52d0f6ae781"
REJUDGES = "e7b1d93c40a5"
STANDINGS = "d2f8a61b7e93"
ROWS = {
    PEOPLE: (
        "users (id, email, name, is_admin, created_at) VALUES (1, 'a@b', 'Ada', true, '2026-01-01 10:20:30.123456')",
        "auth_sessions (id, user_id, token_sha256, created_at, last_seen_at, expires_at, user_agent) "
        "VALUES (2, 1, 't', '2026-01-01', '2026-01-02', '2026-01-03', 'Browser/1')",
        "api_tokens (id, user_id, name, prefix, token_sha256, created_at) VALUES (3, 1, 'laptop', 'x', 't', '2026-01-01')",
        "audit_entries (id, at, actor_id, action, subject, detail) VALUES (4, '2026-01-01', 1, 'a', 's', '{\"a\": 1}')",
        "courses (id, slug, title, time_zone, created_at) VALUES (1, 'ml', 'Élaguer', 'UTC', '2026-01-01')",
        "memberships (id, course_id, user_id, role, created_at) VALUES (5, 1, 1, 'student', '2026-01-01')",
        "datasets (id, name, digest, examples, sample_shape, dtype, classes, created_at) "
        "VALUES (1, 'd', 'd', 5, '[2]', 'uint8', 2, '2026-01-01')",
        "competitions (id, course_id, slug, title, created_at) VALUES (1, 1, 'p', 'P', '2026-01-01')",
        "competition_versions (id, competition_id, number, source, definition, definition_digest, dataset_id, created_at) "
        "VALUES (1, 1, 1, 'title: P', '{\"b\": 1, \"a\": [2]}', 'e', 1, '2026-01-01')",
    ),
    GRADINGS: (
        "entrants (id, competition_id, alias, created_at) VALUES (1, 1, 'Mossy Quince', '2026-01-01')",
        "entrant_members (id, entrant_id, competition_id, user_id) VALUES (6, 1, 1, 1)",
        "workers (id, name, incarnation, started_at, beat_at, airlock_level, airlock_report, lanes, versions) "
        "VALUES (8, 'w', 'i', '2026-01-01', '2026-01-01', 'A', '{}', '[\"check\"]', '{}')",
        "submissions (id, competition_id, entrant_id, user_id, received_at, idempotency_key, via, created_at) "
        "VALUES (7, 1, 1, 1, '2026-01-01', 'once', 'api', '2026-01-01')",
        "submission_files (id, submission_id, role, name, sha256, bytes) VALUES (9, 7, 'weights', 'w', 'f', 5000000000)",
        "gradings (id, submission_id, version_id, is_live, state, phase, lane, fence, worker_id, created_at, finished_at, "
        "crash_causes, phase_times, file_sha256, score, score_exact, report, predictions) "
        "VALUES (5, 7, 1, true, 'scored', 'done', 'check', 3, 8, '2026-01-01', '2026-01-01', '[]', '{}', 'f', 0.5, '1/2', "
        "'{\"b\": 1, \"a\": 2}', 'abc')",
    ),
    ATTACHMENTS: (
        "submission_files (id, submission_id, role, name, sha256, bytes) VALUES (10, 7, 'attachment', 'a.pdf', 'a', 1)",
        "artifacts (id, grading_id, kind, name, sha256, bytes) VALUES (11, 5, 'onnx', 'small.onnx', 'c', 3)",
    ),
    POINTS: (
        "hand_points (id, entrant_id, part, points, by_id, at) VALUES (12, 1, 'code', '2', 1, '2026-01-02')",
        "adjustments (id, entrant_id, kind, value, reason, at) VALUES (13, 1, 'multiply', '0.9', 'r', '2026-01-02')",
        "extensions (id, entrant_id, until, at) VALUES (14, 1, '2026-01-03', '2026-01-02')",
        "audit_entries (id, at, actor_id, action, subject, detail) "
        "VALUES (15, '2026-01-02', 1, 'points.give', 'entrant:1', '{}')",
    ),
    REJUDGES: (
        "rejudges (id, competition_id, version_id, kind, state, reason, by_id, at) "
        "VALUES (16, 1, 1, 'rescore', 'open', 'r', 1, '2026-01-03')",
        "gradings (id, submission_id, version_id, is_live, rejudge_id, state, phase, lane, fence, created_at, "
        "crash_causes, phase_times, file_sha256) "
        "VALUES (17, 7, 1, false, 16, 'queued', 'reading', 'shadow', 0, '2026-01-03', '[]', '{}', 'f')",
        "board_states (id, competition_id, mode, since) VALUES (18, 1, 'frozen', '2026-01-03')",
        "frozen_rows (id, competition_id, part, grading_id, entries) VALUES (19, 1, 'public', 5, 1)",
        "baselines (id, competition_id, name, public, at) VALUES (20, 1, 'dense', '0.5', '2026-01-03')",
        "announcements (id, competition_id, text, at) VALUES (21, 1, 'Hello', '2026-01-03')",
        "disqualifications (id, entrant_id, submission_id, reason, at) VALUES (22, 1, 7, 'r', '2026-01-03')",
        "notes (id, submission_id, text, at) VALUES (23, 7, 'n', '2026-01-03')",
    ),
    TEAMS: ("team_invitations (id, entrant_id, email, by_id, created_at) VALUES (16, 1, 'b@b', 1, '2026-01-03')",),
    DRAFTS: (
        "reference_networks (id, course_id, name, key, content, file_sha256, file_bytes, created_at) "
        "VALUES (15, 1, 'net-f.keras.json', 'keras_config', '{}', 'f', 2, '2026-01-04')",
    ),
    ROSTERS: (
        "account_links (id, user_id, kind, token_sha256, created_at, expires_at) "
        "VALUES (15, 1, 'reset', 'd', '2026-01-01', '2026-01-02')",
        "identities (id, user_id, issuer, subject, created_at) VALUES (16, 1, 'i', 's', '2026-01-01')",
        "join_codes (id, course_id, code, created_at) VALUES (17, 1, 'c', '2026-01-01')",
        "roster_imports (id, course_id, file_name, content, mapping, created_at) "
        "VALUES (18, 1, 'r.csv', 'Name', '{}', '2026-01-01')",
    ),
    FINALISTS: (
        "code_uploads (id, entrant_id, user_id, name, sha256, bytes, received_at, scan) "
        "VALUES (17, 1, 1, 'code.zip', 'f', 3, '2026-01-05', '{\"files\": []}')",
        "finalist_reviews (id, entrant_id, is_confirmed, checks, note, by_id, at) "
        "VALUES (18, 1, true, '[\"own data\"]', 'n', 1, '2026-01-05')",
    ),
    STANDINGS: (
        "standing_books (id, competition_id, serial, best, lower_is_better, choose, zone) "
        "VALUES (19, 1, 1, false, false, 0, 'UTC')",
        "standings (id, competition_id, entrant_id, part, serial, alias, entries) "
        "VALUES (20, 1, 1, 'public', 1, 'Mossy Quince', 0)",
    ),
}
"""Rows that a release wrote, by the migration that made room for them: at least one in each table."""
HISTORY = [script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()][::-1]
Rows = Mapping[str, list[dict[str, Any]]]


def fill(url: str, upto: str) -> None:
    """Writes the rows of every release until that one, as an old installation has them."""
    for revision in HISTORY[: HISTORY.index(upto) + 1]:
        write(url, revision)


def write(url: str, revision: str) -> None:
    """Writes the rows of one release."""
    with connected(url) as connection:
        for row in ROWS.get(revision, ()):
            connection.exec_driver_sql(f"INSERT INTO {row}")


def rows(url: str) -> Rows:
    """Every row of every table."""
    with connected(url) as connection:
        names = [name for name in inspect(connection).get_table_names() if name != "alembic_version"]
        return {
            name: [dict(row) for row in connection.execute(text(f"SELECT * FROM {name} ORDER BY id")).mappings()]
            for name in names
        }


def old_part(after: Rows, before: Rows) -> Rows:
    """Of the rows after a step, the tables and columns that there were before it."""
    return {
        table: [{column: row[column] for column in kept[0]} for row in after[table]] if kept else after[table]
        for table, kept in before.items()
    }


def test_every_table_has_rows_in_this_test(url: str) -> None:
    migrate(url)

    fill(url, HISTORY[-1])

    assert [table for table, found in rows(url).items() if not found] == []


def test_rows_survive_each_step_and_its_return(url: str) -> None:
    """One walk through the history: rows of every release so far go through each step, back, and through it again."""
    for revision, later in pairwise(HISTORY):
        migrate(url, revision)
        write(url, revision)
        before = rows(url)

        migrate(url, later)
        assert old_part(rows(url), before) == before, later
        migrate(url, "-1")
        assert rows(url) == before, later


def test_the_oldest_rows_survive_the_way_to_today_and_back(url: str) -> None:
    migrate(url, HISTORY[0])
    write(url, HISTORY[0])
    before = rows(url)

    migrate(url)
    assert old_part(rows(url), before) == before
    migrate(url, f"-{len(HISTORY) - 1}")
    assert rows(url) == before


def test_every_entrant_is_marked_to_have_its_standing_computed(url: str) -> None:
    migrate(url, REJUDGES)
    fill(url, REJUDGES)

    migrate(url)

    marked = [(row["competition_id"], row["entrant_id"]) for row in rows(url)["standing_marks"]]
    assert marked == [(1, None), (1, 1)]


def test_attachments_are_forgotten_by_the_release_that_has_no_place_for_them(url: str) -> None:
    migrate(url, ATTACHMENTS)
    fill(url, GRADINGS)
    before = rows(url)
    write(url, ATTACHMENTS)

    migrate(url, "-1")

    assert rows(url) == old_part(before, rows(url))
    assert "artifacts" not in rows(url)


def test_what_was_there_is_open_and_a_draft_is_forgotten_by_the_release_before(url: str) -> None:
    migrate(url, POINTS)
    fill(url, POINTS)
    migrate(url, DRAFTS)
    before = rows(url)["competition_versions"]
    with connected(url) as connection:
        connection.exec_driver_sql(
            "INSERT INTO competition_versions (id, competition_id, number, source, definition, definition_digest, created_at) "
            "VALUES (2, 1, 2, 's', '{}', 'e', '2026-01-05')"
        )

    [competition] = rows(url)["competitions"]
    migrate(url, "-1")

    assert competition["opened_at"] == competition["created_at"]
    assert [row["id"] for row in rows(url)["competition_versions"]] == [row["id"] for row in before] == [1]
