"""Results as Gradescope documents them, of what the student may see."""

from collections.abc import Callable
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.clock import read_clock
from app.database import Database
from models.boards import BoardMode, BoardState
from models.gradings import State
from tests.app import term
from tests.app.time_travel import Clock
from tests.app.world import World, change_rules, hand_in, settle

Open = Callable[[str | None], TestClient]
# Every key that Gradescope's documentation knows, at the top and in a test.
KEYS = {"score", "execution_time", "output", "visibility", "stdout_visibility", "extra_data", "tests", "leaderboard"}
TEST_KEYS = {"score", "max_score", "status", "name", "number", "output", "tags", "visibility", "extra_data"}


def results(client: TestClient, number: int, **query: str) -> dict[str, Any]:
    answer = client.get(f"/submissions/{number}/gradescope.json", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert found.keys() <= KEYS | {"max_score"}
    assert all(test.keys() <= TEST_KEYS for test in found["tests"])
    return found


def test_full_credit_is_all_points_and_less_is_its_share(program: Open, records: Database, world: World) -> None:
    full, some = hand_in(records, world, "ada", file="a"), hand_in(records, world, "ada", file="b")
    settle(records, full, Fraction(1, 2))
    settle(records, some, Fraction(1, 4))

    assert results(program("ada"), full, max="20")["score"] == 20
    assert results(program("ada"), some, max="20")["score"] == 5
    assert results(program("ada"), some)["max_score"] == 1


def test_the_score_the_counts_and_the_board_are_told(program: Open, records: Database, world: World) -> None:
    number = hand_in(records, world, "ada")
    settle(records, number, Fraction(1, 2))

    found = results(program("instructor"), number)

    tests = {test["name"]: test for test in found["tests"]}
    assert tests["Score"]["output"] == "0.5000, exactly 1/2"
    assert tests["Accuracy"]["output"].startswith("15 of 20")
    assert tests["Full credit"]["status"] == "passed"
    assert found["leaderboard"][0] == {"name": "Score", "value": 0.5, "order": "desc"}
    assert found["visibility"] == "visible"


def test_a_refused_file_says_what_to_change(program: Open, records: Database, world: World) -> None:
    number = hand_in(records, world, "ada")
    settle(records, number, state=State.REJECTED)

    found = results(program("ada"), number)

    assert (found["score"], found["leaderboard"]) == (0, [])
    assert found["tests"][0]["name"] == "shape-mismatch"
    assert "(3, 3, 32, 64)" in found["tests"][0]["output"]


@pytest.mark.parametrize(("state", "code"), [(None, "not-graded"), (State.FAILED, "grading-failed")])
def test_what_was_not_graded_has_no_results(
    program: Open, records: Database, world: World, state: State | None, code: str
) -> None:
    number = hand_in(records, world, "ada")
    if state is not None:
        settle(records, number, state=state)

    answer = program("ada").get(f"/submissions/{number}/gradescope.json")

    assert (answer.status_code, answer.json()["code"]) == (409, code)


def test_hidden_scores_are_told_when_gradescope_publishes_them(program: Open, records: Database, world: World) -> None:
    number = hand_in(records, world, "ada")
    settle(records, number, Fraction(1, 2))
    change_rules(records, world, "scores: shown", "scores: staff")

    found = results(program("instructor"), number)

    assert found["visibility"] == "after_published"
    assert found["leaderboard"] == []
    told = [test for test in found["tests"] if test["visibility"] == "visible"]
    assert "0.5" not in str([test["output"] for test in told if test["name"] != "Sparsity"])


def test_hidden_scores_are_told_to_no_student(program: Open, records: Database, world: World) -> None:
    number, refused = hand_in(records, world, "ada", file="a"), hand_in(records, world, "ada", file="b")
    settle(records, number, Fraction(1, 2))
    settle(records, refused, state=State.REJECTED)
    change_rules(records, world, "scores: shown", "scores: staff")

    found = results(program("ada"), number)

    assert (found["score"], found["leaderboard"]) == (None, [])
    assert [test["name"] for test in found["tests"]] == ["The file can be graded", "Sparsity"]
    assert all("score" not in test for test in found["tests"])
    assert "15" not in str([test["output"] for test in found["tests"] if test["name"] != "Sparsity"])
    assert results(program("ada"), refused)["score"] == 0


def test_published_scores_are_told_to_students(program: Open, records: Database, world: World) -> None:
    number = hand_in(records, world, "ada")
    settle(records, number, Fraction(1, 2))
    change_rules(records, world, "scores: shown", "scores: staff")
    with records.write() as session:
        session.add(BoardState(competition_id=1, mode=BoardMode.LIVE, published_at=read_clock(session)))

    for name in ("ada", "instructor"):
        found = results(program(name), number)
        assert (found["score"], found["visibility"]) == (1, "visible")
        assert found["leaderboard"]


def test_points_by_formula_are_those_of_the_file_and_nothing_private_is_told(
    program: Open, records: Database, world: World, tmp_path: Path, clock: Clock
) -> None:
    term.apply(records, world, tmp_path)
    clock.travel_to(datetime(2023, 3, 30, 12, tzinfo=term.TAIPEI))
    number = term.graded(records, world, "ada", 913, 868)

    found = results(program("instructor"), number)

    # 913 of 1,109 are above the four baselines, for half a point each; private ones are not told here.
    assert (found["score"], found["max_score"]) == (2, 10)
    assert "868" not in str(found)


def test_within_an_extension_nothing_is_late(
    program: Open, records: Database, world: World, tmp_path: Path, clock: Clock
) -> None:
    term.apply(records, world, tmp_path)
    clock.travel_to(datetime(2023, 4, 2, 12, tzinfo=term.TAIPEI))
    numbers = {name: term.graded(records, world, name, 913, 868) for name in ("ada", "grace")}
    form = {"until": "2023-04-02 23:59", "reason": "ill"}
    address = f"/competitions/demo/grades/{world.people['ada'].id}/extension"
    assert program("instructor").post(address, data=form).status_code == 200

    scores = {name: results(program("instructor"), number)["score"] for name, number in numbers.items()}

    # The second late day has begun for Grace, and each costs a tenth.
    assert scores == {"ada": 2, "grace": 1.6}


def test_points_by_formula_over_the_public_score_are_told(program: Open, records: Database, world: World) -> None:
    points = "course:\n  points: {maximum: 8, parts: [{name: score, formula: 10 * score}]}\n"
    change_rules(records, world, "course:\n", points)
    number = hand_in(records, world, "ada")
    settle(records, number, Fraction(1, 4))

    found = results(program("ada"), number)

    assert (found["score"], found["max_score"]) == (2.5, 8)
