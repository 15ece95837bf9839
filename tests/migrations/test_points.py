"""What was there before points, choices and private scores survives them, and their removal."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.schema import migrate
from tests.migrations.test_migrations import OLD_ROWS, connected

BEFORE = "c93f51ae7d04"
NEW_ROWS = (
    "UPDATE gradings SET private_score = 0.25, private_score_exact = '1/4', private_ranks = 1",
    "UPDATE submissions SET is_chosen = 1",
    "INSERT INTO hand_points (entrant_id, part, points, by_id, at) VALUES (1, 'code', '2', 1, '2026-01-02')",
    "INSERT INTO adjustments (entrant_id, kind, value, reason, at) VALUES (1, 'multiply', '0.9', 'r', '2026-01-02')",
    "INSERT INTO extensions (entrant_id, until, at) VALUES (1, '2026-01-03', '2026-01-02')",
)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'secateur.sqlite'}"


def old_rows(url: str) -> list[tuple[Any, ...]]:
    with connected(url) as connection:
        submissions = connection.execute(text("SELECT id, entrant_id, is_reference, via FROM submissions"))
        gradings = connection.execute(text("SELECT id, submission_id, score, score_exact, ranks FROM gradings"))
        return [*map(tuple, submissions), *map(tuple, gradings)]


def test_old_rows_survive_the_rules_of_a_competition_and_their_removal(url: str) -> None:
    migrate(url, BEFORE)
    with connected(url) as connection:
        for statement in OLD_ROWS:
            connection.execute(text(statement))
    before = old_rows(url)

    migrate(url)
    with connected(url) as connection:
        fresh = connection.execute(text("SELECT is_chosen, private_score FROM submissions, gradings")).one()
        for statement in NEW_ROWS:
            connection.execute(text(statement))
        defaults = connection.execute(text("SELECT note, extra_tries FROM hand_points, extensions")).one()
    migrate(url, "-1")

    assert len(before) == 2
    assert (tuple(fresh), tuple(defaults)) == ((0, None), ("", 0))
    assert old_rows(url) == before
