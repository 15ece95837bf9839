"""Frozen, hidden and published boards: what each person sees of them."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.database import Database
from models.audit import AuditEntry
from models.boards import FrozenRow
from tests.app import term
from tests.app.time_travel import Clock
from tests.app.world import World, change_rules, hand_in, settle

Open = Callable[[str | None], TestClient]
BASE = "/competitions/demo/board"
BOARD = "/competitions/demo/leaderboard"
LATE = "  late: {until: 2023-04-02 23:59, per_day: 0.1, grace_minutes: 10}\n"
NEVER = term.COURSE.replace("closes: 2023-03-31 23:59", "closes: null").replace(LATE, "")
"""A term that takes files without an end."""


@pytest.fixture
def two(records: Database, world: World) -> Sequence[int]:
    """Ada's submission of 5/10 and Grace's of 6/10."""
    numbers = [hand_in(records, world, name) for name in ("ada", "grace")]
    for place, number in enumerate(numbers):
        settle(records, number, Fraction(5 + place, 10))
    return numbers


def scores(program: Open, who: str, address: str = BOARD) -> list[float]:
    return [row["score"] for row in program(who).get(address).json()["rows"]]


def close(program: Open) -> None:
    assert program("instructor").post("/competitions/demo/closing").status_code == 200


def act(program: Open, mode: str, who: str = "instructor") -> int:
    return program(who).post(BASE, data={"mode": mode, "reason": "The last hour."}).status_code


def test_a_frozen_board_shows_students_that_moment_and_staff_the_present(
    program: Open, records: Database, world: World, two: Sequence[int]
) -> None:
    assert act(program, "frozen") == 200
    settle(records, hand_in(records, world, "ada"), Fraction(9, 10))
    settle(records, hand_in(records, world, "alan"), Fraction(8, 10))

    assert scores(program, "ada") == scores(program, "alan") == [0.6, 0.5]
    assert [row["entries"] for row in program("ada").get(BOARD).json()["rows"]] == [1, 1]
    assert program("ada").get(BOARD).json()["frozen_at"] is not None
    assert scores(program, "instructor") == [0.9, 0.8, 0.6]
    assert len(program("alan").get("/competitions/demo/pareto").json()["points"]) == 2
    assert act(program, "live") == 200
    assert scores(program, "ada") == [0.9, 0.8, 0.6]


def test_ones_own_scores_are_shown_while_the_board_is_frozen(
    program: Open, records: Database, world: World, two: Sequence[int]
) -> None:
    act(program, "frozen")
    number = hand_in(records, world, "ada")
    settle(records, number, Fraction(9, 10))

    told = program("ada").get(f"/submissions/{number}").json()

    assert (told["score"], told["counts"], told["rank"]) == (0.9, True, None)


def test_freezing_anew_shows_the_present_moment(
    program: Open, records: Database, world: World, two: Sequence[int]
) -> None:
    act(program, "frozen")
    settle(records, hand_in(records, world, "ada"), Fraction(9, 10))
    act(program, "frozen")
    settle(records, hand_in(records, world, "grace"), Fraction(1))

    assert scores(program, "alan") == [0.9, 0.6]


def test_what_is_disqualified_leaves_a_frozen_board(program: Open, two: Sequence[int]) -> None:
    act(program, "frozen")
    program("instructor").post("/competitions/demo/disqualifications", data={"submission": two[1], "reason": "r"})

    rows = program("alan").get(BOARD).json()["rows"]

    assert [(row["rank"], row["score"]) for row in rows] == [(1, 0.5)]


def test_a_frozen_board_is_told_on_the_pages(browser: Open, program: Open, two: Sequence[int]) -> None:
    act(program, "frozen")

    for address in (BOARD, "/competitions/demo"):
        assert "The board is frozen" in browser("ada").get(address).text
    assert "You see them as they are." in browser("instructor").get(BOARD).text


def test_a_hidden_board_is_shown_to_staff_alone(browser: Open, program: Open, two: Sequence[int]) -> None:
    act(program, "hidden")

    refused = program("ada").get(BOARD)
    assert (refused.status_code, refused.json()["code"]) == (403, "board-hidden")
    assert program("ada").get("/competitions/demo/pareto").status_code == 403
    assert scores(program, "instructor") == [0.6, 0.5]
    page = browser("ada").get("/competitions/demo").text
    assert "The staff hide the board since" in page
    assert BOARD not in page
    own = program("ada").get(f"/submissions/{two[0]}").json()
    assert (own["score"], own["rank"]) == (0.5, None)


def test_a_poll_notices_that_the_board_was_frozen(program: Open, two: Sequence[int]) -> None:
    tag = program("ada").get(BOARD).headers["etag"]
    act(program, "frozen")

    assert program("ada").get(BOARD, headers={"If-None-Match": tag}).status_code == 200


def test_no_rows_are_kept_of_a_board_that_is_not_frozen(program: Open, records: Database, two: Sequence[int]) -> None:
    act(program, "frozen")
    act(program, "hidden")

    with records.read() as session:
        assert session.scalars(select(FrozenRow)).all() == []


def test_publishing_shows_what_the_definition_keeps_to_the_staff(
    program: Open, records: Database, world: World, two: Sequence[int]
) -> None:
    change_rules(records, world, "scores: shown", "scores: staff")
    assert program("ada").get(BOARD).status_code == 403
    close(program)

    published = program("instructor").post(f"{BASE}/publication", data={"reason": "The end."})

    assert published.json()["published_at"] is not None
    assert scores(program, "ada") == [0.6, 0.5]
    assert program("ada").get(f"/submissions/{two[0]}").json()["score"] == 0.5
    program("instructor").post(f"{BASE}/publication/removal", data={"reason": "Too early."})
    assert program("ada").get(BOARD).status_code == 403


@pytest.fixture
def ended(records: Database, world: World, tmp_path: Path, clock: Clock) -> None:
    """A term with a private part, whose private board is shown a month after the close; Grace has two days more."""
    text = term.COURSE.replace("top: 3}", "top: 3, private_from: 2023-05-01 00:00}")
    term.apply(records, world, tmp_path, text)
    term.graded(records, world, "ada", 900, 800)
    term.graded(records, world, "grace", 800, 900)


def test_publishing_opens_the_private_board_before_its_time(program: Open, ended: None, clock: Clock) -> None:
    clock.travel_to(term.at("2023-04-05 12:00"))
    private = f"{BOARD}?board=private"
    assert program("ada").get(private).status_code == 403

    assert program("instructor").post(f"{BASE}/publication", data={"reason": "The end."}).status_code == 200

    assert scores(program, "ada", private) == [900 / 1109, 800 / 1109]


def test_nothing_is_published_while_files_are_taken(program: Open, ended: None, clock: Clock) -> None:
    clock.travel_to(term.at("2023-04-02 23:00"))

    refused = program("instructor").post(f"{BASE}/publication", data={"reason": "r"})

    assert (refused.status_code, refused.json()["code"]) == (409, "still-open")


def test_what_never_closes_is_published_once_it_is_closed(
    program: Open, browser: Open, records: Database, world: World, ended: None
) -> None:
    term.apply(records, world, world.folder, NEVER)
    staff = program("instructor")

    refused = staff.post(f"{BASE}/publication", data={"reason": "r"})
    page = browser("instructor").get(BASE).text
    close(program)

    assert (refused.status_code, refused.json()["code"]) == (409, "still-open")
    assert "Close the competition" in refused.json()["detail"]
    assert "Files are taken without an end" in page
    assert 'href="/competitions/demo/setup"' in page
    assert f'action="{BASE}/publication"' not in page
    assert staff.post(f"{BASE}/publication", data={"reason": "r"}).status_code == 200
    assert program("ada").get(f"{BOARD}?board=private").status_code == 200


def test_no_files_are_taken_again_while_a_board_is_published(program: Open, browser: Open, ended: None) -> None:
    staff = program("instructor")
    close(program)
    staff.post(f"{BASE}/publication", data={"reason": "r"})

    refused = staff.post("/competitions/demo/opening")
    page = browser("instructor").get("/competitions/demo/setup").text
    staff.post(f"{BASE}/publication/removal", data={"reason": "r"})

    assert (refused.status_code, refused.json()["code"]) == (409, "board-published")
    assert "Take files again" not in page
    assert staff.post("/competitions/demo/opening").status_code == 200
    assert program("ada").get("/competitions/demo").json()["is_open"] is True


def test_a_published_private_board_is_kept_back_where_files_are_taken_without_an_end(
    program: Open, records: Database, world: World, ended: None, clock: Clock
) -> None:
    clock.travel_to(term.at("2023-04-05 12:00"))
    program("instructor").post(f"{BASE}/publication", data={"reason": "r"})
    term.apply(records, world, world.folder, NEVER)

    assert program("ada").get(f"{BOARD}?board=private").status_code == 403


def test_whoever_may_still_hand_in_sees_a_published_board_later(
    program: Open, world: World, ended: None, clock: Clock
) -> None:
    grace = world.people["grace"].id
    form = {"until": "2023-04-06 23:59", "reason": "ill"}
    program("instructor").post(f"/competitions/demo/grades/{grace}/extension", data=form)
    clock.travel_to(term.at("2023-04-05 12:00"))
    program("instructor").post(f"{BASE}/publication", data={"reason": "The end."})
    private = f"{BOARD}?board=private"

    assert program("ada").get(private).status_code == 200
    assert program("grace").get(private).status_code == 403
    clock.travel_to(term.at("2023-04-07 00:01"))
    assert program("grace").get(private).status_code == 200


def test_a_frozen_private_board_is_that_of_its_moment(
    program: Open, records: Database, world: World, ended: None, clock: Clock
) -> None:
    clock.travel_to(term.at("2023-03-31 12:00"))
    act(program, "frozen")
    term.graded(records, world, "ada", 1000, 1000)
    clock.travel_to(term.at("2023-05-02 12:00"))

    assert scores(program, "ada", f"{BOARD}?board=private") == [900 / 1109, 800 / 1109]


def test_acts_need_a_reason_and_are_written_down(program: Open, records: Database, two: Sequence[int]) -> None:
    assert program("instructor").post(BASE, data={"mode": "hidden"}).json()["code"] == "reason-missing"
    for mode in ("frozen", "hidden", "live"):
        act(program, mode)
    close(program)
    program("instructor").post(f"{BASE}/publication", data={"reason": "The end."})
    program("instructor").post(f"{BASE}/publication/removal", data={"reason": "Too early."})

    with records.read() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [each.action for each in entries] == [
        "board.freeze",
        "board.hide",
        "board.show",
        "competition.close",
        "board.publish",
        "board.withdraw",
    ]
    assert all(each.detail["reason"] for each in entries if each.action != "competition.close")
    assert (
        program("instructor").post(f"{BASE}/publication/removal", data={"reason": "r"}).json()["code"]
        == "not-published"
    )


def test_the_page_has_a_form_for_every_act(browser: Open, two: Sequence[int]) -> None:
    staff = browser("instructor")
    staff.post("/competitions/demo/closing")

    assert staff.post(BASE, data={"mode": "frozen", "reason": "r"}).headers["location"] == BASE
    page = staff.get(BASE).text

    for piece in ('value="live"', 'value="frozen"', 'value="hidden"', f'action="{BASE}/publication"'):
        assert piece in page
