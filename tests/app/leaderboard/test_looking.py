"""Looks by the short way: the route's own answers, for those alone who would get them."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import delete, select, update
from sqlalchemy.exc import OperationalError

from app.clock import db_now
from app.competitions.reveal import Reveal
from app.database import Database
from app.leaderboard import looking, looks, readers, routes
from app.leaderboard.readers import Reader, Shown
from models.accounts import ApiToken, User
from models.competitions import Competition
from models.courses import Membership
from tests.app.world import World, hand_in, settle

Open = Callable[[str | None], TestClient]
BOARD = "/competitions/demo/leaderboard"
PAGE = {"Accept": "text/html, */*"}
LOOK = {**PAGE, "HX-Request": "true"}


class Moment:
    """The time by which looks are kept."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def moment(service: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Moment:
    moment = Moment()
    monkeypatch.setattr(service.state.services.looks, "_clock", moment)
    return moment


@pytest.fixture
def kept(records: Database, world: World, program: Open, moment: Moment) -> None:
    """Two on the board, and everybody's token used a moment ago; Alan has looked."""
    for name, score in (("ada", "1/4"), ("grace", "3/4")):
        settle(records, hand_in(records, world, name, file=name), Fraction(score))
    for name in ("ada", "grace", "instructor", "outsider", "admin", "alan"):
        program(name).get(BOARD, headers=LOOK)


@pytest.fixture
def no_route(kept: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def broken(*_: Any) -> None:
        raise AssertionError("this look took the route")

    with monkeypatch.context() as patch:
        patch.setattr(routes, "_answer", broken)
        yield


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("name", ["ada", "grace", "alan"])
@pytest.mark.parametrize("by", ["browser", "program"])
def test_it_answers_as_the_route_does(
    name: str, by: str, browser: Open, program: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = {"browser": browser, "program": program}[by](name)
    client.get(BOARD, headers=LOOK)
    quick = client.get(BOARD, headers=LOOK)
    monkeypatch.setattr(looks, "KEPT_SECONDS", 0.0)

    slow = client.get(BOARD, headers=LOOK)

    assert quick.status_code == slow.status_code == 200
    assert quick.text == slow.text
    assert {**quick.headers, "x-request-id": ""} == {**slow.headers, "x-request-id": ""}
    assert ('id="you"' in quick.text) == (name != "alan")


@pytest.mark.usefixtures("no_route")
def test_students_need_no_route_while_a_look_is_kept(program: Open) -> None:
    first = program("ada").get(BOARD, headers=LOOK)
    again = program("ada").get(BOARD, headers={**LOOK, "If-None-Match": first.headers["etag"]})
    other = program("grace").get(BOARD, headers={**LOOK, "If-None-Match": first.headers["etag"]})

    assert (first.status_code, again.status_code, other.status_code) == (200, 304, 200)
    assert again.headers["etag"] == first.headers["etag"] != other.headers["etag"]
    assert again.content == b""


@pytest.mark.usefixtures("no_route")
@pytest.mark.parametrize(
    ("name", "address", "headers"),
    [
        ("instructor", BOARD, LOOK),
        ("admin", BOARD, LOOK),
        ("ada", BOARD, PAGE),
        ("ada", f"{BOARD}?sort=name", LOOK),
        ("ada", f"{BOARD}?page=2", LOOK),
        ("ada", BOARD, {**LOOK, "Accept": "application/json"}),
    ],
    ids=lambda value: str(value)[-24:],
)
def test_what_else_is_asked_takes_the_route(name: str, address: str, headers: dict[str, str], program: Open) -> None:
    assert program(name).get(address, headers=headers).status_code == 500


@pytest.mark.usefixtures("kept")
def test_a_search_is_kept_for_nobody(program: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    searched = f"{BOARD}?q=x"
    program("ada").get(searched, headers=LOOK)
    monkeypatch.delattr(routes, "_answer")

    assert program("grace").get(searched, headers=LOOK).status_code == 500


@pytest.mark.usefixtures("kept")
def test_a_look_that_is_too_old_is_read_anew_by_one_and_meanwhile_good_for_the_others(
    service: FastAPI, moment: Moment
) -> None:
    kept = service.state.services.looks
    moment.now += looks.KEPT_SECONDS / 2
    young = kept.find("demo", "")
    early = kept.must_renew("demo", "")
    moment.now += looks.KEPT_SECONDS / 2

    turns = [kept.must_renew("demo", "") for _ in range(3)]
    found = kept.find("demo", "")
    moment.now += looks.MEANWHILE_SECONDS
    late = kept.find("demo", "")

    assert young is not None
    assert (early, turns) == (False, [True, False, False])
    assert (found, late) == (young, None)


@pytest.mark.usefixtures("no_route")
def test_who_cannot_keep_a_look_for_the_others_does_not_use_up_its_turn(program: Open, moment: Moment) -> None:
    moment.now += looks.KEPT_SECONDS

    answers = [program(name).get(BOARD, headers=LOOK).status_code for name in ("instructor", "ada", "grace")]

    assert answers == [500, 500, 200]  # staff by the route, the first student by it too, and meanwhile all others


@pytest.mark.usefixtures("kept")
def test_a_board_that_staff_hide_is_hidden_at_once(program: Open) -> None:
    shown = program("ada").get(BOARD, headers=LOOK)

    hidden = program("instructor").post("/competitions/demo/board", data={"mode": "hidden", "reason": "A mistake."})
    after = program("ada").get(BOARD, headers=LOOK)

    assert (shown.status_code, hidden.status_code) == (200, 200)
    assert "exactly 3/4" in shown.text
    assert "exactly 3/4" not in after.text


@pytest.mark.usefixtures("kept")
def test_a_spreadsheet_is_not_kept_as_a_look(program: Open) -> None:
    answers = [program("ada").get(f"{BOARD}?format=csv", headers=LOOK) for _ in range(2)]

    assert {each.headers["content-type"] for each in answers} == {"text/csv; charset=utf-8"}


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("sends_etag", [False, True], ids=["a new board", "not modified"])
def test_whoever_reads_it_anew_keeps_it_for_the_others(
    sends_etag: bool, service: FastAPI, records: Database, world: World, program: Open, moment: Moment
) -> None:
    before = program("ada").get(BOARD, headers=LOOK)
    if not sends_etag:
        settle(records, hand_in(records, world, "alan", file="alan"), Fraction(7, 8))
    moment.now += looks.KEPT_SECONDS

    after = program("ada").get(BOARD, headers={**LOOK, "If-None-Match": before.headers["etag"]})

    assert after.status_code == (304 if sends_etag else 200)
    assert ["exactly 7/8" in each.text for each in (before, after)] == [False, not sends_etag]
    assert service.state.services.looks.find("demo", "") is not None


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("change", "status"),
    [
        (delete(Membership), 404),
        (update(ApiToken).values(revoked_at=ApiToken.created_at), 401),
        (update(ApiToken).values(expires_at=ApiToken.created_at), 401),
        (update(ApiToken).values(token_sha256="0" * 64), 401),
        (update(User).values(disabled_at=User.created_at), 401),
        (update(Competition).values(opened_at=None), 404),
    ],
    ids=["left the course", "revoked", "expired", "another secret", "disabled", "a draft again"],
)
def test_whoever_may_look_no_more_is_refused_at_once(
    change: Any, status: int, records: Database, world: World, program: Open
) -> None:
    ada = world.people["ada"].id
    of_her = {"auth_sessions": None, "users": User.id == ada, "memberships": Membership.user_id == ada}
    of_her |= {"api_tokens": ApiToken.user_id == ada, "competitions": Competition.slug == "demo"}
    with records.write() as session:
        session.execute(change.where(of_her[change.table.name]))

    assert program("ada").get(BOARD, headers=LOOK).status_code == status


@pytest.mark.usefixtures("kept")
def test_a_stranger_and_another_course_are_refused(browser: Open, program: Open) -> None:
    assert program("outsider").get(BOARD, headers=LOOK).status_code == 404
    assert program(None).get(BOARD, headers=LOOK).status_code == 401
    assert program(None).get(BOARD, headers={**LOOK, "Authorization": "Bearer x"}).status_code == 401


@pytest.mark.usefixtures("no_route")
def test_it_notes_the_use_of_a_token(service: FastAPI, records: Database, world: World, program: Open) -> None:
    of_ada = ApiToken.user_id == world.people["ada"].id
    with records.write() as session:
        session.execute(update(ApiToken).where(of_ada).values(last_used_at=db_now(-timedelta(days=1))))

    program("ada").get(BOARD, headers=LOOK)
    service.state.services.touches.close()

    with records.read() as session:
        used_at, created_at = session.execute(select(ApiToken.last_used_at, ApiToken.created_at).where(of_ada)).one()
    assert used_at is not None
    assert used_at >= created_at


def test_an_extension_takes_the_route_where_it_decides_what_is_shown() -> None:
    with_parts: Any = SimpleNamespace(view=SimpleNamespace(seen=Reveal(has_private=True)))
    nothing: Any = None

    extended = Reader(1, "Ada", 1, is_extended=True, shown=Shown.of(None))

    assert looking._drawn(nothing, nothing, nothing, "demo", with_parts, extended) is None


@pytest.mark.usefixtures("kept")
def test_where_the_database_is_away_the_route_says_so(
    records: Database, program: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise OperationalError("select", {}, Exception("gone"))

    monkeypatch.setattr(readers, "by_token", away)

    assert program("ada").get(BOARD, headers=LOOK).status_code == 200


@pytest.mark.usefixtures("no_route")
def test_what_breaks_on_the_way_is_told_as_everywhere(program: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("this look broke")

    monkeypatch.setattr(looking, "board_of", broken)

    answer = program("ada").get(BOARD, headers=LOOK)

    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.text


@pytest.mark.usefixtures("no_route")
def test_it_is_counted_as_the_route_is(service: FastAPI, program: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    monkeypatch.setattr(type(service.state.services.metrics), "request", lambda _, *what: told.append(what[:3]))

    program("ada").get(BOARD, headers=LOOK)

    assert told == [("GET", "/competitions/{slug}/leaderboard", 200)]
