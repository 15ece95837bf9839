"""Submissions over HTTP: lists in parts, one with its report, what is hidden, and grading again."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.database import Database
from models.audit import AuditEntry
from models.gradings import Grading, State
from tests.app.world import World, change_rules, hand_in, settle

Open = Callable[[str | None], TestClient]


def walk(client: TestClient, address: str) -> list[list[int]]:
    """The numbers on each part of a list, following `next`."""
    parts, following = [], address
    while following:
        body = client.get(following).json()
        parts.append([item["id"] for item in body["items"]])
        following = body["next"]
    return parts


@pytest.mark.parametrize("address", ["/submissions", "/submissions?competition=demo"])
def test_a_long_list_comes_in_parts_that_leave_nothing_out(
    program: Open, records: Database, world: World, address: str
) -> None:
    for _ in range(120):
        hand_in(records, world, "ada")

    parts = walk(program("ada"), address)

    assert [len(part) for part in parts] == [50, 50, 20]
    assert [number for part in parts for number in part] == list(range(120, 0, -1))


def test_what_comes_in_meanwhile_moves_no_part(program: Open, records: Database, world: World) -> None:
    for _ in range(60):
        hand_in(records, world, "ada")
    client = program("ada")
    following = client.get("/submissions").json()["next"]

    hand_in(records, world, "ada")

    assert [item["id"] for item in client.get(following).json()["items"]] == list(range(10, 0, -1))


def test_a_list_of_exactly_one_part_has_no_next(program: Open, records: Database, world: World) -> None:
    for _ in range(50):
        hand_in(records, world, "ada")

    assert program("ada").get("/submissions").json()["next"] is None


def test_staff_walk_over_everybodys(program: Open, records: Database, world: World) -> None:
    for name in ("ada", "grace", "alan") * 20:
        hand_in(records, world, name)

    parts = walk(program("instructor"), "/competitions/demo/submissions")

    assert [len(part) for part in parts] == [50, 10]


def test_staff_may_ask_for_one_state(program: Open, records: Database, world: World) -> None:
    scored, waiting = hand_in(records, world, "ada"), hand_in(records, world, "grace")
    settle(records, scored, Fraction(1, 2))
    client = program("instructor")

    assert walk(client, "/competitions/demo/submissions?state=scored") == [[scored]]
    assert walk(client, "/competitions/demo/submissions?state=queued") == [[waiting]]


@pytest.mark.parametrize("address", ["/submissions", "/submissions?competition=demo"])
def test_one_sees_ones_own_alone(program: Open, records: Database, world: World, address: str) -> None:
    own, _ = hand_in(records, world, "ada"), hand_in(records, world, "grace")

    assert walk(program("ada"), address) == [[own]]


def test_the_pages_of_lists_lead_on_too(browser: Open, records: Database, world: World) -> None:
    for _ in range(60):
        hand_in(records, world, "ada")

    assert "before=11" in browser("ada").get("/submissions").text
    assert "before=11" in browser("instructor").get("/competitions/demo/submissions").text


def get(client: TestClient, number: int) -> dict[str, Any]:
    response = client.get(f"/submissions/{number}")
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def test_a_waiting_submission_knows_how_many_are_ahead(program: Open, records: Database, world: World) -> None:
    for name in ("grace", "grace", "ada"):
        hand_in(records, world, name)

    found = get(program("ada"), 3)

    assert (found["state"], found["position"], found["report"], found["score"]) == ("queued", 1, None, None)
    assert get(program("grace"), 2)["position"] == 2


def test_a_scored_submission_has_its_report(program: Open, records: Database, world: World) -> None:
    number = hand_in(records, world, "ada")
    settle(records, number, Fraction(1, 2))

    found = get(program("ada"), number)

    assert (found["state"], found["score"], found["counts"], found["position"]) == ("scored", 0.5, True, None)
    assert found["report"]["score_exact"] == "1/2"
    assert found["files"][0]["name"] == "my_model_weights.h5"


def test_it_is_told_which_one_counts(program: Open, records: Database, world: World) -> None:
    for score in (Fraction(1, 2), Fraction(1, 3)):
        settle(records, hand_in(records, world, "ada"), score)
    settle(records, hand_in(records, world, "ada"), state=State.REJECTED)

    assert [get(program("ada"), number)["counts"] for number in (1, 2, 3)] == [False, True, False]


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_a_page(browser: Open, records: Database, world: World, state: State) -> None:
    number = hand_in(records, world, "ada")
    if state.is_end:
        settle(records, number, Fraction(1, 2), state)
    elif state is State.RUNNING:
        with records.write() as session:
            session.scalars(select(Grading)).one().state = state

    for name in ("ada", "instructor"):
        assert browser(name).get(f"/submissions/{number}").status_code == 200


HIDDEN = ("splits", "score", "score_exact", "full_credit", "ranks")


def test_hidden_scores_are_hidden_wherever_a_student_looks(
    program: Open, browser: Open, records: Database, world: World
) -> None:
    number = hand_in(records, world, "ada")
    settle(records, number, Fraction(1234, 9999))
    change_rules(records, world, "scores: shown", "scores: staff")
    client = program("ada")

    report = get(client, number)["report"]

    assert {key: report[key] for key in HIDDEN} == dict.fromkeys(HIDDEN)
    assert report["zeros"] == 300_000  # what the student can count at home
    assert get(client, number)["score"] is None
    assert [item["score"] for item in client.get("/submissions").json()["items"]] == [None]
    for address in ("/submissions", f"/submissions/{number}", "/competitions/demo", "/competitions"):
        assert "0.1234" not in browser("ada").get(address).text


def test_hidden_scores_are_shown_to_staff(program: Open, records: Database, world: World) -> None:
    number = hand_in(records, world, "ada")
    settle(records, number, Fraction(1, 2))
    change_rules(records, world, "scores: shown", "scores: staff")
    client = program("instructor")

    assert get(client, number)["report"]["score_exact"] == "1/2"
    assert [item["score"] for item in client.get("/competitions/demo/submissions").json()["items"]] == [0.5]


def test_our_own_faults_are_told_to_staff_alone(browser: Open, records: Database, world: World) -> None:
    number = hand_in(records, world, "ada")
    settle(records, number, state=State.FAILED)
    with records.write() as session:
        session.scalars(select(Grading)).one().fault = "KeyError: secret-of-ours"

    assert "secret-of-ours" not in browser("ada").get(f"/submissions/{number}").text
    assert "secret-of-ours" in browser("instructor").get(f"/submissions/{number}").text


def test_grading_again_queues_another_grading_and_is_written_down(
    program: Open, records: Database, world: World
) -> None:
    number = hand_in(records, world, "ada")
    settle(records, number, Fraction(1, 2))

    response = program("instructor").post(f"/submissions/{number}/gradings")

    assert (response.status_code, response.headers["location"]) == (202, f"/submissions/{number}")
    with records.read() as session:
        found = session.scalars(select(Grading).order_by(Grading.id)).all()
        entry = session.scalars(select(AuditEntry)).one()
    assert [(each.state, each.is_live) for each in found] == [(State.SCORED, True), (State.QUEUED, False)]
    assert (entry.action, entry.actor_id) == ("submission.grade_again", world.people["instructor"].id)
    assert get(program("ada"), number)["score"] == 0.5  # what counted still does


@pytest.mark.parametrize("times", [1, 2])
def test_what_is_under_way_is_not_graded_again(program: Open, records: Database, world: World, times: int) -> None:
    number = hand_in(records, world, "ada")
    if times == 2:
        settle(records, number, Fraction(1, 2))
        program("instructor").post(f"/submissions/{number}/gradings")

    response = program("instructor").post(f"/submissions/{number}/gradings")

    assert (response.status_code, response.json()["code"]) == (409, "grading-under-way")


def test_a_button_on_a_page_leads_back_to_it(browser: Open, records: Database, world: World) -> None:
    number = hand_in(records, world, "ada")
    settle(records, number, Fraction(1, 2))

    response = browser("instructor").post(f"/submissions/{number}/gradings")

    assert (response.status_code, response.headers["location"]) == (303, f"/submissions/{number}")


def test_grading_again_holds_the_rules_that_hold_now(program: Open, records: Database, world: World) -> None:
    number = hand_in(records, world, "ada")
    settle(records, number, Fraction(1, 2))
    change_rules(records, world, "top: 5", "top: 3")

    program("instructor").post(f"/submissions/{number}/gradings")

    with records.read() as session:
        versions = session.scalars(select(Grading.version_id).order_by(Grading.id)).all()
    assert versions[1] > versions[0]
