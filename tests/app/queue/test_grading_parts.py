"""Both parts of a test set are scored by the worker, and their scores stored, copied too."""

import pytest

from app.database import Database
from app.queue.grading import Grader
from app.queue.workers import Identity
from models.gradings import State
from tests.app.queue.test_grading import grade_all, grader, jails, live, upload
from tests.app.world import World, change_rules

__all__ = ["grader", "jails"]


@pytest.fixture
def parted(world: World, queue: Database) -> None:
    """The demo on twelve public and eight private images."""
    change_rules(queue, world, "  split: test\n", "  splits: {seed: 13, parts: {public: 12, private: 8}}\n")


@pytest.mark.usefixtures("parted")
def test_both_scores_are_stored_and_copied(world: World, queue: Database, grader: Grader, worker: Identity) -> None:
    first = upload(world, queue, "ada", "pruned-50")
    grade_all(grader, worker)
    second = upload(world, queue, "grace", "pruned-50")
    grade_all(grader, worker)

    found, copied = live(queue, first), live(queue, second)
    assert found.state is State.SCORED
    assert found.report is not None
    assert list(found.report["scores"]) == ["public", "private"]
    assert found.score_exact == found.report["scores"]["public"]["score_exact"]
    assert found.private_score_exact == found.report["scores"]["private"]["score_exact"]
    assert found.private_score == found.report["scores"]["private"]["score"]
    assert {name: part["examples"] for name, part in found.report["splits"].items()} == {"public": 12, "private": 8}
    assert copied.copied_from_id == found.id
    assert (copied.private_score_exact, copied.private_score) == (found.private_score_exact, found.private_score)
