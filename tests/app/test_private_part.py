"""Nothing of the private part of a test set reaches a student before its time: a walk over every route."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.authorisation.table import TABLE
from app.database import Database
from tests.app import term
from tests.app.term import at
from tests.app.time_travel import Clock
from tests.app.walking import address, pages_of
from tests.app.world import World

pytestmark = pytest.mark.only_on("sqlite", reason="what is left out of an answer is left out by the same code on each")

Open = Callable[[str | None], TestClient]
KINDS = ("application/json", "text/html", "text/csv", "image/svg+xml")
SECRET = re.compile(r"\b613\b|0\.552[78]|55\.28|\"private\": ?{\"(?:examples|score)")
"""613 of 1,109 private images are right, 0.552750 of them; ten public ones are."""
BOARDS = (
    "",
    "?board=public",
    "?board=private",
    "?x=accuracy&y=correct",
    "?x=score&of=mine",
    "?format=csv",
    "?state=scored",
)


@pytest.fixture
def handed_in(records: Database, world: World, tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> int:
    """Ada's submission, chosen or not, with a private result that stands out."""
    term.apply(records, world, tmp_path_factory.mktemp("term"))
    return term.graded(records, world, "ada", 10, 613)


def addresses(service: FastAPI) -> Iterator[str]:
    """Every address that can be asked for, with every board and column where the route takes them."""
    for path, parameters in sorted(pages_of(service).items()):
        yield from (address(path, query) for query in BOARDS if parse_qs(query.lstrip("?")).keys() <= parameters)


def told(client: TestClient, service: FastAPI) -> dict[str, str]:
    """What a person is sent that tells of the private part, by address and kind."""
    found = {}
    for place in addresses(service):
        for kind in KINDS:
            answer = client.get(place, headers={"Accept": kind})
            assert answer.status_code < 500 or place.startswith("/readyz"), place
            text = answer.text
            if hit := SECRET.search(text):
                found[f"{kind} {place}"] = text[max(0, hit.start() - 60) : hit.end() + 60]
    return found


@pytest.mark.parametrize("name", ["ada", "grace"])
def test_before_its_time_no_route_tells_a_student_of_the_private_part(
    service: FastAPI, browser: Open, handed_in: int, name: str
) -> None:
    assert told(browser(name), service) == {}


def test_what_changes_something_tells_nothing_either(program: Open, handed_in: int) -> None:
    client = program("ada")

    for row in TABLE:
        method, path = row.split()
        if method in ("PUT", "DELETE") and "/submissions/" in path:
            answer = client.request(method, address(path))
            assert answer.status_code == 200
            assert not SECRET.search(answer.text)


def test_staff_are_told_and_students_from_the_close_on(
    service: FastAPI, browser: Open, program: Open, handed_in: int, clock: Clock
) -> None:
    before = told(browser("instructor"), service)
    assert "application/json /submissions/1" in before
    assert "text/html /competitions/demo/leaderboard?board=private" in before

    clock.travel_to(at("2023-04-03 00:00:01"))

    own = told(browser("ada"), service)
    assert {"application/json /submissions/1", "text/html /submissions/1"} <= own.keys()
    assert "application/json /competitions/demo/points" in own
    assert {"application/json /competitions/demo/leaderboard", "text/html /competitions/demo"} <= own.keys()
    others = told(browser("grace"), service)
    assert "application/json /competitions/demo/leaderboard" in others
    assert not [address for address in others if "/submissions/1" in address]


def test_scores_that_staff_keep_stay_theirs_after_the_close(
    service: FastAPI,
    browser: Open,
    records: Database,
    world: World,
    handed_in: int,
    clock: Clock,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    kept = term.COURSE.replace("top: 3}\n  baselines", "top: 3, scores: staff}\n  baselines")
    assert kept != term.COURSE
    term.apply(records, world, tmp_path_factory.mktemp("kept"), kept)
    clock.travel_to(at("2023-04-03 00:00:01"))

    assert told(browser("ada"), service) == {}
