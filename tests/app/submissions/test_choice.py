"""The choice on a submission's page and in the API."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.database import Database
from tests.app import term
from tests.app.term import at
from tests.app.time_travel import Clock
from tests.app.world import World, hand_in

Open = Callable[[str | None], TestClient]


@pytest.fixture
def three(records: Database, world: World, tmp_path: Path, clock: Clock) -> list[int]:
    """Three scored submissions of Ada's."""
    term.apply(records, world, tmp_path)
    return [term.graded(records, world, "ada", public, 500) for public in (900, 800, 700)]


def test_the_buttons_of_the_page_choose_and_take_back(browser: Open, three: list[int]) -> None:
    visitor = browser("ada")
    assert "None is chosen: the 2 best public ones are taken." in visitor.get(f"/submissions/{three[2]}").text

    answer = visitor.post(f"/submissions/{three[2]}/choice")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/submissions/{three[2]}#choice")
    visitor.post(f"/submissions/{three[1]}/choice")

    assert "Take the choice back" in visitor.get(f"/submissions/{three[2]}").text
    page = visitor.get(f"/submissions/{three[0]}").text
    assert "You have chosen 2 of 2" in page
    assert "To choose this one, take another one back first." in page
    competition = visitor.get("/competitions/demo").text
    assert f'chosen: <a href="/submissions/{three[1]}">number {three[1]}</a> and' in competition

    visitor.post(f"/submissions/{three[2]}/choice", data={"wanted": "false"})
    assert "Choose this one" in visitor.get(f"/submissions/{three[0]}").text


def test_after_the_close_the_page_tells_and_has_no_button(browser: Open, three: list[int], clock: Clock) -> None:
    browser("ada").post(f"/submissions/{three[1]}/choice")
    clock.travel_to(at("2023-04-03 00:00:01"))

    page = browser("ada").get(f"/submissions/{three[1]}").text

    assert "The time to choose ended on" in page
    assert "Take the choice back" not in page
    assert "the best private score among those that were chosen" in page
    assert "Private score" in page


def test_nobody_chooses_by_private_scores_that_staff_published_early(
    program: Open, three: list[int], clock: Clock
) -> None:
    clock.travel_to(at("2023-03-28 12:00"))
    staff, ada = program("instructor"), program("ada")
    assert staff.post("/competitions/demo/closing", data={"reason": "all are done"}).status_code == 200
    closed = ada.put(f"/submissions/{three[0]}/choice")
    assert staff.post("/competitions/demo/board/publication", data={"reason": "r"}).status_code == 200

    assert ada.get(f"/submissions/{three[0]}").json()["private_score"] is not None
    for answer in (closed, ada.put(f"/submissions/{three[1]}/choice"), ada.delete(f"/submissions/{three[1]}/choice")):
        assert (answer.status_code, answer.json()["code"]) == (409, "choice-closed")
    assert "28 Mar 2023 at 12:00" in closed.json()["detail"]


def test_two_at_once_do_not_both_take_the_last_place(program: Open, three: list[int]) -> None:
    program("ada").put(f"/submissions/{three[0]}/choice")
    clients = [program("ada") for _ in three[1:]]

    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(
                lambda pair: pair[0].put(f"/submissions/{pair[1]}/choice").status_code,
                zip(clients, three[1:], strict=True),
            )
        )

    assert sorted(answers) == [200, 409]


def test_choosing_twice_is_choosing_once(program: Open, three: list[int]) -> None:
    for _ in range(3):
        assert program("ada").put(f"/submissions/{three[0]}/choice").json()["chosen"] == [three[0]]


def test_staff_and_what_waits_are_not_chosen(program: Open, records: Database, world: World, three: list[int]) -> None:
    waiting = hand_in(records, world, "ada")
    own = hand_in(records, world, "instructor")

    assert program("ada").put(f"/submissions/{waiting}/choice").json()["code"] == "not-scored"
    assert program("instructor").put(f"/submissions/{three[0]}/choice").status_code == 403
    assert program("instructor").put(f"/submissions/{own}/choice").json()["code"] == "no-choice"


def test_the_boards_are_two_links_once_the_private_one_is_shown(browser: Open, three: list[int], clock: Clock) -> None:
    address = "/competitions/demo/leaderboard"
    before = browser("ada").get(address).text
    assert "?board=public" in before
    assert f'href="{address}?board=private"' not in before
    assert "it is shown from" in before

    clock.travel_to(at("2023-04-03 00:00:01"))

    after = browser("ada").get(address).text
    assert "Private leaderboard" in after
    assert f'href="{address}?board=public"' in after
    assert "0.44364" in after


def test_a_board_that_is_polled_notices_the_close(browser: Open, three: list[int], clock: Clock) -> None:
    visitor = browser("ada")
    etag = visitor.get("/competitions/demo/leaderboard").headers["etag"]
    assert visitor.get("/competitions/demo/leaderboard", headers={"If-None-Match": etag}).status_code == 304

    clock.travel_to(at("2023-04-03 00:00:01"))

    assert visitor.get("/competitions/demo/leaderboard", headers={"If-None-Match": etag}).status_code == 200
