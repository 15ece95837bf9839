"""News of submissions from the database, and the stream that tells them."""

import json
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from app.clock import db_now
from app.database import Database
from app.queue import order, workers
from app.queue.pace import Pace
from app.submissions import news
from app.submissions.news import Newsroom
from models.gradings import Grading, Lane, Phase, State
from tests.app.world import World, hand_in, settle

Open = Callable[[str | None], TestClient]
BOTH = (Lane.CHECK, Lane.EVALUATE)


@pytest.fixture
def newsroom(records: Database) -> Newsroom:
    return Newsroom(records, timedelta(minutes=1))


def test_all_that_wait_are_told_their_place_at_once(records: Database, world: World, newsroom: Newsroom) -> None:
    numbers = [hand_in(records, world, name) for name in ("ada", "ada", "ada", "grace", "alan", "grace")]
    with records.write() as session:
        moved = Grading.submission_id == numbers[1]
        session.execute(update(Grading).where(moved).values(lane=Lane.EVALUATE, phase=Phase.WAITING))

    news = newsroom.look(numbers)

    with records.read() as session:
        waiting = session.scalars(select(Grading)).all()
        assert {each.submission_id: session.execute(order.ahead(each)).scalar_one() for each in waiting} == {
            number: told.position for number, told in news.items()
        }
    assert {told.state for told in news.values()} == {State.QUEUED}


def test_places_in_a_long_line_are_counted_every_so_often_and_for_whoever_is_new(
    records: Database, world: World, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "LONG_LINE", 1)
    monkeypatch.setattr(news, "PLACES_SECONDS", 600.0)
    monkeypatch.setattr(news, "NEWCOMERS_SECONDS", 0.0)
    first, second, third = (hand_in(records, world, name) for name in ("ada", "grace", "alan"))
    assert newsroom.look([third])[third].position == 2

    settle(records, first, Fraction(1, 2))
    assert newsroom.look([third])[third].position == 2  # as it was counted

    fourth = hand_in(records, world, "ada", file="other")
    told = newsroom.look([second, third, fourth])

    assert [told[number].position for number in (second, third, fourth)] == [0, 1, 2]


def test_whoever_stands_in_a_long_line_is_left_out_until_it_leaves(
    records: Database, world: World, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "LONG_LINE", 1)
    monkeypatch.setattr(news, "PLACES_SECONDS", 600.0)
    numbers = [hand_in(records, world, name) for name in ("ada", "grace", "alan")]
    with records.write() as session:
        session.execute(update(Grading).values(lane=Lane.EVALUATE, phase=Phase.WAITING))
    first = newsroom.look(numbers)

    assert newsroom.look(numbers) == {}
    settle(records, numbers[0], Fraction(1, 2))
    left = newsroom.look(numbers)
    monkeypatch.setattr(news, "PLACES_SECONDS", 0.0)
    told = newsroom.look(numbers)

    assert [first[each].position for each in numbers] == [0, 1, 2]
    assert {number: each.ended for number, each in left.items()} == {numbers[0]: True}
    assert [told[each].position for each in numbers] == [None, 0, 1]


def test_a_file_in_a_long_line_of_checks_is_told_its_verdict_at_once_and_no_place_of_another_line(
    records: Database, world: World, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "LONG_LINE", 1)
    monkeypatch.setattr(news, "PLACES_SECONDS", 600.0)
    monkeypatch.setattr(news, "NEWCOMERS_SECONDS", 600.0)
    number = hand_in(records, world, "ada")
    before = newsroom.look([number])[number]
    with records.write() as session:
        session.execute(update(Grading).values(lane=Lane.EVALUATE, phase=Phase.WAITING))

    after = newsroom.look([number])[number]

    assert (before.phase, before.position) == (Phase.READING, 0)
    assert (after.phase, after.position) == (Phase.WAITING, None)


def test_whoever_begins_to_watch_one_that_stands_there_is_told(
    records: Database, world: World, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "LONG_LINE", 1)
    number = hand_in(records, world, "ada")
    with records.write() as session:
        session.execute(update(Grading).values(lane=Lane.EVALUATE, phase=Phase.WAITING))
    first = newsroom.look([number])

    assert newsroom.look([number]) == {}
    assert newsroom.welcome([number]) == first


def test_who_comes_to_a_long_line_is_told_a_place_when_it_is_counted_next(
    records: Database, world: World, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "LONG_LINE", 1)
    monkeypatch.setattr(news, "NEWCOMERS_SECONDS", 600.0)
    first = hand_in(records, world, "ada")
    newsroom.look([first])
    second = hand_in(records, world, "grace")
    with records.write() as session:
        session.execute(update(Grading).values(lane=Lane.EVALUATE, phase=Phase.WAITING))

    welcomed, looked = newsroom.welcome([second]), newsroom.look([first, second])
    monkeypatch.setattr(news, "NEWCOMERS_SECONDS", 0.0)
    told = newsroom.look([first, second])

    assert [each[second].position for each in (welcomed, looked, told)] == [None, None, 1]


def test_what_has_ended_says_so_and_what_is_graded_again_does_not(
    records: Database, world: World, newsroom: Newsroom
) -> None:
    ended, again = hand_in(records, world, "ada"), hand_in(records, world, "grace")
    for number in (ended, again):
        settle(records, number, Fraction(1, 2))
    with records.write() as session:
        live = session.scalars(select(Grading).where(Grading.submission_id == again)).one()
        kept = {"version_id": live.version_id, "file_sha256": live.file_sha256}
        session.add(Grading(submission_id=again, is_live=False, **kept))

    news = newsroom.look([ended, again, 99])

    assert (news[ended].state, news[ended].ended) == (State.SCORED, True)
    assert (news[again].state, news[again].position, news[again].ended) == (State.QUEUED, 0, False)
    assert 99 not in news


def test_the_wait_is_told_from_measured_times(records: Database, world: World, newsroom: Newsroom) -> None:
    done = hand_in(records, world, "ada")
    settle(records, done, Fraction(1, 2))
    with records.write() as session:
        workers.register(session, "one", BOTH, "A", {}, {})
        session.execute(update(Grading).values(claimed_at=db_now(-timedelta(seconds=4)), finished_at=db_now()))
    first, second = hand_in(records, world, "grace"), hand_in(records, world, "alan")

    news = newsroom.look([first, second])

    assert news[first].expected_seconds == pytest.approx(4, abs=0.5)
    assert news[second].expected_seconds == pytest.approx(8, abs=0.5)


@pytest.mark.parametrize(
    ("pace", "lane", "seconds"),
    [
        (Pace(2.0, 1, 5), Lane.EVALUATE, 8.0),
        (Pace(2.0, 1, 5), Lane.CHECK, 18.0),
        (Pace(2.0, 4, 5), Lane.CHECK, 6.0),
        (Pace(2.0, 0, 5), Lane.CHECK, None),
        (Pace(None, 1, 5), Lane.CHECK, None),
    ],
)
def test_an_estimate_counts_who_is_ahead_and_who_works(pace: Pace, lane: Lane, seconds: float | None) -> None:
    assert pace.expected(lane, 3) == seconds


def test_a_stream_tells_the_end_and_ends(program: Open, records: Database, world: World) -> None:
    number = hand_in(records, world, "ada")
    settle(records, number, Fraction(1, 2))

    answer = program("ada").get(f"/submissions/{number}/events")

    assert answer.headers["content-type"].startswith("text/event-stream")
    [line] = [each for each in answer.text.splitlines() if each.startswith("data: ")]
    assert json.loads(line.removeprefix("data: ")) == {
        "state": "scored",
        "phase": "done",
        "position": None,
        "expected_seconds": None,
        "ended": True,
    }
    assert program("grace").get(f"/submissions/{number}/events").status_code == 404


def test_whoever_watches_holds_no_connection(records: Database, world: World, newsroom: Newsroom) -> None:
    number = hand_in(records, world, "ada")

    newsroom.look([number])

    assert records._reader.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_a_page_that_waits_says_where_it_listens(browser: Open, records: Database, world: World) -> None:
    number = hand_in(records, world, "ada")
    hand_in(records, world, "grace")

    page = browser("ada").get(f"/submissions/{number}").text

    assert f'data-events="/submissions/{number}/events"' in page
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in page
    settle(records, number, Fraction(1, 2))
    assert "data-events" not in browser("ada").get(f"/submissions/{number}").text


def test_a_question_for_the_head_of_a_stream_is_answered_at_once(
    records: Database, world: World, program: Open
) -> None:
    number = hand_in(records, world, "ada")  # nobody grades it, so the stream itself would last for minutes

    answer = program("ada").head(f"/submissions/{number}/events")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.content == b""
