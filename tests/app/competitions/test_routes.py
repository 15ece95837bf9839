"""Competitions over HTTP: the list, one with its rules, and pages for strangers and members."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from app.competitions import definition, service
from app.courses import queries as courses
from app.database import Database
from app.settings import Settings
from app.storage import Store
from tests.app.applications import application
from tests.app.world import FOLDER, World, change_rules

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
    with application(told) as app, TestClient(app) as client:
        assert "<strong>Iris</strong>" in client.get("/", headers={"Accept": "text/html"}).text


@pytest.fixture
def family(records: Database, world: World, tmp_path: Path) -> str:
    """The slug of cs6886, whose weights tell which network it is, on a test set of noise."""
    random = np.random.default_rng(5)
    images, labels = random.integers(0, 256, (20, 1, 28, 28), np.uint8), np.arange(20) % 10
    np.savez(tmp_path / "fashion.npz", images=images, labels=labels)
    text = (FOLDER / "cs6886.yaml").read_text(encoding="utf-8")
    with records.write() as session:
        dataset = service.add_dataset(
            session, service.copy_dataset(Store(world.folder), "fashion", tmp_path / "fashion.npz")
        )
        course = courses.course_by_slug(session, "ml")
        assert course is not None
        service.apply(session, course, definition.from_yaml(text, "cs6886.yaml", FOLDER), text, dataset, None)
    return "cs6886"


def test_a_family_of_networks_has_no_number_of_parameters(program: Open, family: str) -> None:
    assert program("ada").get(f"/competitions/{family}").json()["parameters"] is None


def test_the_page_of_a_family_tells_its_layers_and_what_is_free(browser: Open, family: str) -> None:
    page = " ".join(browser("ada").get(f"/competitions/{family}").text.split())

    assert "Any of a family" in page
    assert "channels any, kernel any x any, padding 0 x 0 or same" in page
    assert "minus a mean of 0.5, divided by a deviation of 0.5." in page
