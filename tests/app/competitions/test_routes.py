"""Competitions over HTTP: the list, one with its rules, and pages for strangers and members."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from app.database import Database
from app.main import create_app
from app.settings import Settings
from tests.app.world import World, change_rules

Open = Callable[[str | None], TestClient]


@pytest.mark.parametrize(
    ("who", "slugs"), [("ada", ["demo"]), ("instructor", ["demo"]), ("admin", ["demo"]), ("outsider", [])]
)
def test_one_sees_the_competitions_of_ones_courses(program: Open, who: str, slugs: list[str]) -> None:
    assert [item["slug"] for item in program(who).get("/competitions").json()["items"]] == slugs


def test_a_competition_tells_what_it_asks_for(program: Open) -> None:
    body = program("ada").get("/competitions/demo").json()

    assert (body["parameters"], body["file_names"], body["per_day"]) == (592_933, ["my_model_weights*.h5"], None)
    assert body["is_open"] is True
    assert "accuracy > 0.6" in body["score"]


def test_it_says_when_it_is_over(program: Open, browser: Open, records: Database, world: World) -> None:
    change_rules(records, world, "closes: null", "closes: 2020-06-01 12:00")

    body = program("ada").get("/competitions/demo").json()

    assert (body["is_open"], body["closes"]) == (False, "2020-06-01T16:00:59.999999Z")
    assert browser("ada").get("/competitions/demo").status_code == 200


def test_a_stranger_is_told_what_this_is_and_a_member_where_to_go(browser: Open) -> None:
    assert "/login" in browser(None).get("/").text
    assert "/competitions/demo" in browser("ada").get("/").text


def test_whoever_runs_it_may_say_whom_to_ask(settings: Settings) -> None:
    told = settings.model_copy(update={"welcome": "Ask **Iris** for an account."})
    with TestClient(create_app(told)) as client:
        assert "<strong>Iris</strong>" in client.get("/", headers={"Accept": "text/html"}).text
