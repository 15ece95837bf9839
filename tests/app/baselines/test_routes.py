"""Baselines of the staff: numbers and files on the board, without a rank."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.database import Database
from models.audit import AuditEntry
from models.entrants import Entrant
from tests.app import term
from tests.app.time_travel import Clock
from tests.app.world import SAMPLES, World, hand_in, settle

Open = Callable[[str | None], TestClient]
BASE = "/competitions/demo/baselines"
BOARD = "/competitions/demo/leaderboard"


def enter(program: Open, **form: str) -> Any:
    return program("instructor").post(BASE, data=form)


def on_board(program: Open, address: str = BOARD) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = program("ada").get(address).json()["baselines"]
    return found


def upload(program: Open, baseline: int, sample: str = "pruned-50") -> Any:
    file = (SAMPLES / sample / "my_model_weights.h5").read_bytes()
    return program("instructor").post(
        f"/submissions?competition=demo&baseline={baseline}", files={"file": ("my_model_weights.h5", file)}
    )


def test_numbers_stand_on_the_board_without_a_rank(program: Open, records: Database, world: World) -> None:
    for name, score in (("ada", Fraction(1, 2)), ("grace", Fraction(1, 4))):
        settle(records, hand_in(records, world, name), score)

    assert enter(program, name="last year", public="3/8").status_code == 201

    [found] = on_board(program)
    assert (found["name"], found["written"], found["score_exact"], found["above"]) == ("last year", "3/8", "3/8", 1)
    assert [row["rank"] for row in program("ada").get(BOARD).json()["rows"]] == [1, 2]


def test_a_file_is_graded_like_a_submission_and_never_ranks(program: Open, records: Database) -> None:
    [entered] = enter(program, name="dense network").json()["items"]
    assert (entered["is_file"], entered["public"]) == (True, None)
    assert on_board(program) == []

    sent = upload(program, entered["id"])
    settle(records, sent.json()["id"], Fraction(2, 5))

    assert sent.status_code == 202
    [found] = on_board(program)
    assert (found["name"], found["written"], found["score_exact"]) == ("dense network", "0.4", "2/5")
    assert program("ada").get(BOARD).json()["rows"] == []
    assert program("ada").get(f"/submissions/{sent.json()['id']}").status_code == 404
    [own] = program("instructor").get("/submissions").json()["items"]
    assert own["entrant"] == "dense network"


def test_the_last_scored_file_of_a_baseline_counts(program: Open, records: Database) -> None:
    [entered] = enter(program, name="dense network").json()["items"]
    for score in (Fraction(2, 5), Fraction(1, 5)):
        settle(records, upload(program, entered["id"]).json()["id"], score)
    upload(program, entered["id"])

    assert [each["score_exact"] for each in on_board(program)] == ["1/5"]


def test_a_student_hands_in_no_file_of_a_baseline(program: Open) -> None:
    [entered] = enter(program, name="dense network").json()["items"]

    refused = program("ada").post(f"/submissions?competition=demo&baseline={entered['id']}", content=b"x")

    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"name": "a", "public": "much"}, 422, "number-form"),
        ({"name": "a", "private": "0.5"}, 422, "number-form"),
        ({"name": "a", "public": "0.5", "private": "0.5"}, 422, "number-form"),
        ({"name": " "}, 422, "name-length"),
        ({"name": "known"}, 409, "name-taken"),
    ],
)
def test_what_is_no_baseline_is_refused(program: Open, form: dict[str, str], status: int, code: str) -> None:
    enter(program, name="known")

    refused = enter(program, **form)

    assert (refused.status_code, refused.json()["code"]) == (status, code)


def test_no_baseline_has_the_name_of_an_entrant(program: Open, records: Database, world: World) -> None:
    hand_in(records, world, "ada")
    with records.read() as session:
        alias = session.scalars(select(Entrant.alias)).one()

    assert enter(program, name=alias, public="0.5").json()["code"] == "name-taken"


def test_numbers_take_no_file_and_what_is_gone_neither(program: Open) -> None:
    [numbers] = enter(program, name="numbers", public="0.5").json()["items"]

    assert upload(program, numbers["id"]).json()["code"] == "baseline-of-numbers"
    assert upload(program, 77).status_code == 404


def test_taking_one_away_leaves_its_submissions(program: Open, records: Database) -> None:
    [entered] = enter(program, name="dense network").json()["items"]
    number = upload(program, entered["id"]).json()["id"]
    settle(records, number, Fraction(2, 5))

    assert program("instructor").post(f"{BASE}/{entered['id']}/removal").json()["items"] == []

    assert on_board(program) == []
    assert program("instructor").get(f"/submissions/{number}").status_code == 200


def test_the_name_of_one_that_was_taken_away_is_free(program: Open, records: Database) -> None:
    for _ in range(2):
        [entered] = enter(program, name="dense network").json()["items"]
        settle(records, upload(program, entered["id"]).json()["id"], Fraction(2, 5))
        program("instructor").post(f"{BASE}/{entered['id']}/removal")

    again = enter(program, name="dense network", public="0.5")

    assert again.status_code == 201
    assert [each["written"] for each in on_board(program)] == ["0.5"]
    shown = program("instructor").get("/submissions").json()["items"]
    assert [each["entrant"] for each in shown] == ["dense network (removed 2)", "dense network (removed 1)"]


def test_the_name_of_one_of_the_definition_is_taken(
    program: Open, records: Database, world: World, tmp_path: Path, clock: Clock
) -> None:
    term.apply(records, world, tmp_path)

    refused = enter(program, name="boss", public="0.7", private="0.6")

    assert (refused.status_code, refused.json()["code"]) == (409, "name-taken")


def test_every_act_is_written_down(program: Open, records: Database) -> None:
    [entered] = enter(program, name="dense network").json()["items"]
    upload(program, entered["id"])
    program("instructor").post(f"{BASE}/{entered['id']}/removal")

    with records.read() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [each.action for each in entries] == ["baseline.enter", "baseline.upload", "baseline.remove"]
    assert {each.detail["name"] for each in entries} == {"dense network"}


def test_both_parts_have_numbers_where_there_are_two(
    program: Open, records: Database, world: World, tmp_path: Path, clock: Clock
) -> None:
    term.apply(records, world, tmp_path)
    enter(program, name="last year", public="0.7", private="0.6")
    clock.travel_to(term.at("2023-05-01 12:00"))

    of_staff = {
        part: [each["written"] for each in on_board(program, f"{BOARD}?board={part}") if each["name"] == "last year"]
        for part in ("public", "private")
    }

    assert of_staff == {"public": ["0.7"], "private": ["0.6"]}


def test_baselines_of_the_staff_do_not_change_points(
    program: Open, records: Database, world: World, tmp_path: Path, clock: Clock
) -> None:
    term.apply(records, world, tmp_path)
    term.graded(records, world, "ada", 700, 700)
    before = program("instructor").get("/competitions/demo/grades").json()

    enter(program, name="easy", public="0.1", private="0.1")

    assert program("instructor").get("/competitions/demo/grades").json() == before


def test_the_page_shows_and_takes_them(browser: Open, program: Open) -> None:
    [entered] = enter(program, name="dense <network>").json()["items"]

    page = browser("instructor").get("/competitions/demo/board").text

    assert "dense &lt;network&gt;" in page
    assert f"/submissions?competition=demo&amp;baseline={entered['id']}" in page
    assert (
        browser("instructor").post(f"{BASE}/{entered['id']}/removal").headers["location"].endswith("/board#baselines")
    )
