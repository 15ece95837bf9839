"""Streams of news: one look for all who watch, nothing twice, an end, and a limit."""

import asyncio
import threading
from collections.abc import Collection, Mapping

import pytest
from sqlalchemy.exc import OperationalError

from app import live
from app.errors import AppError
from app.live import Live, News
from models.gradings import Phase, State

WAITING = News(State.QUEUED, Phase.WAITING, 3, 4.0, ended=False)
SCORED = News(State.SCORED, Phase.DONE, None, None, ended=True)


class Story:
    """A look that tells one thing after the other of every submission, the last one for ever."""

    def __init__(self, *news: News | Exception) -> None:
        self.news = list(news)
        self.looks: list[set[int]] = []

    def __call__(self, submissions: Collection[int]) -> Mapping[int, News]:
        self.looks.append(set(submissions))
        told = self.news.pop(0) if len(self.news) > 1 else self.news[0]
        if isinstance(told, Exception):
            raise told
        return dict.fromkeys(submissions, told)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(live, "SHORTEST_SECONDS", 0.01)


async def hear(room: Live, submission: int, user: int = 1) -> list[News | None]:
    return [news async for news in room.watch(submission, user)]


def test_each_change_is_told_once_and_the_end_ends_it() -> None:
    moved = News(State.QUEUED, Phase.WAITING, 2, 3.0, ended=False)

    heard = asyncio.run(hear(Live(Story(WAITING, WAITING, moved, SCORED)), 1))

    assert heard == [WAITING, moved, SCORED]


def test_who_waits_for_minutes_is_not_told_each_step_and_the_end_at_once() -> None:
    far = News(State.QUEUED, Phase.WAITING, 200, 300.0, ended=False)
    nearer = News(State.QUEUED, Phase.WAITING, 199, 299.0, ended=False)
    begun = News(State.RUNNING, Phase.EVALUATING, None, None, ended=False)

    assert asyncio.run(hear(Live(Story(far, nearer, begun, SCORED)), 1)) == [far, begun, SCORED]


def test_a_step_that_was_not_told_is_told_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "QUIET_SECONDS", 0.1)
    far = News(State.QUEUED, Phase.WAITING, 200, 300.0, ended=False)
    nearer = News(State.QUEUED, Phase.WAITING, 199, 299.0, ended=False)

    assert asyncio.run(hear(Live(Story(far, *[nearer] * 50, SCORED)), 1)) == [far, nearer, SCORED]


def test_hundreds_of_watchers_cost_the_looks_of_one() -> None:
    story = Story(WAITING, WAITING, SCORED)
    room = Live(story)

    async def crowd() -> list[list[News | None]]:
        return await asyncio.gather(*(hear(room, each % 7, each) for each in range(300)))

    heard = asyncio.run(crowd())

    assert all(each[-1] == SCORED for each in heard)
    assert max(map(len, story.looks)) == 7
    assert len(story.looks) < 10


def test_whoever_is_new_is_looked_for_alone_until_it_is_time_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOK_SECONDS", 600.0)
    look, welcome = Story(WAITING), Story(SCORED)
    room = Live(look, welcome)

    async def one_after_the_other() -> list[News | None]:
        first = room.watch(1, 1)
        assert await anext(first) == WAITING
        heard = await hear(room, 2)
        await first.aclose()
        return heard

    assert asyncio.run(one_after_the_other()) == [SCORED]
    assert (look.looks, welcome.looks) == ([{1}], [{2}])


def test_nobody_is_looked_for_once_nobody_watches() -> None:
    story = Story(SCORED)
    room = Live(story)

    async def watch_and_wait() -> None:
        await hear(room, 1)
        looks = len(story.looks)
        await asyncio.sleep(0.1)
        assert len(story.looks) <= looks + 1

    asyncio.run(watch_and_wait())
    assert asyncio.run(hear(room, 2)) == [SCORED]


def test_a_database_that_is_away_for_a_moment_ends_no_stream() -> None:
    away = OperationalError("select", {}, Exception("away"))

    assert asyncio.run(hear(Live(Story(away, SCORED)), 1)) == [SCORED]


def test_one_person_has_so_many_streams_and_all_together_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_OF_ONE", 1)
    monkeypatch.setattr(live, "MOST", 2)
    room = Live(Story(WAITING))

    async def fill() -> None:
        streams = [room.watch(1, user) for user in (1, 2)]
        await anext(streams[0])
        with pytest.raises(AppError, match="watched at once"):
            room.check_room(1)
        room.check_room(2)
        await anext(streams[1])
        with pytest.raises(AppError, match="watched at once"):
            room.check_room(3)
        for stream in streams:
            await stream.aclose()
        room.check_room(1)

    asyncio.run(fill())


def test_a_stream_without_news_comes_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LONGEST_SECONDS", 0.1)

    assert asyncio.run(hear(Live(Story(WAITING)), 1)) == [WAITING]


def test_a_silent_stream_says_that_it_is_still_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SILENT_SECONDS", 0.05)
    monkeypatch.setattr(live, "LONGEST_SECONDS", 0.2)

    heard = asyncio.run(hear(Live(Story(WAITING)), 1))

    assert heard[0] == WAITING
    assert set(heard[1:]) == {None}


async def _one_look(room: Live) -> None:
    watching = asyncio.ensure_future(hear(room, 1))
    await asyncio.sleep(0.1)  # two looks' time
    watching.cancel()


def test_a_look_that_nobody_waits_for_any_more_has_ended_once_it_is_closed() -> None:
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def slow(submissions: Collection[int]) -> Mapping[int, News]:
        begun.set()
        may_end.wait(30)
        ended.set()
        return {}

    async def goes_away(room: Live) -> None:
        watching = asyncio.ensure_future(hear(room, 1))
        await asyncio.to_thread(begun.wait, 30)
        watching.cancel()
        threading.Timer(0.05, may_end.set).start()

    room = Live(slow)
    asyncio.run(goes_away(room))
    room.close()

    assert ended.is_set()
    begun.clear()
    asyncio.run(asyncio.wait_for(_one_look(room), 30))
    assert not begun.is_set()
