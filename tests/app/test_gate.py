"""Uploads that wait for their turn: as many pass as there is room for, in their order, and nobody waits for ever."""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy.exc import OperationalError

from app import gate
from app.gate import Gate


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "COUNTED_SECONDS", 0.02)
    monkeypatch.setattr(gate, "ALONE_SECONDS", 600.0)


def counts(*free: int | Exception | None) -> Callable[[], int | None]:
    """One count after the other, the last one for ever."""
    left = list(free)

    def count() -> int | None:
        told = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(told, Exception):
            raise told
        return told

    return count


async def those_who_passed(door: Gate, uploads: int, seconds: float = 0.0) -> list[int]:
    """The uploads that have passed by then, in order; they come right after one that came alone."""
    passed: list[int] = []
    await door.passed()

    async def upload(number: int) -> None:
        await door.passed()
        passed.append(number)

    tasks = [asyncio.create_task(upload(number)) for number in range(uploads)]
    _, waiting = await asyncio.wait(tasks, timeout=seconds or None)
    for each in waiting:
        each.cancel()
    return passed


def test_where_there_is_room_or_nobody_to_wait_for_all_pass() -> None:
    assert asyncio.run(those_who_passed(Gate(counts(5)), 5)) == [0, 1, 2, 3, 4]
    assert asyncio.run(those_who_passed(Gate(counts(None)), 50)) == list(range(50))


def test_the_others_wait_and_pass_in_their_order() -> None:
    assert asyncio.run(those_who_passed(Gate(counts(2, 0)), 5, seconds=0.2)) == [0, 1]
    assert asyncio.run(those_who_passed(Gate(counts(2, 0, 0, 1, 2)), 5)) == [0, 1, 2, 3, 4]


def test_what_is_left_of_a_count_lets_pass_without_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "COUNTED_SECONDS", 600.0)
    counted = []

    def three() -> int:
        counted.append(1)
        return 3

    door = Gate(three)

    async def three_and_one() -> list[int]:
        for _ in range(3):
            await door.passed()
        return await those_who_passed(door, 1, seconds=0.2)

    assert asyncio.run(three_and_one()) == [0]
    assert len(counted) == 2


def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "LONGEST_SECONDS", 0.1)

    assert sorted(asyncio.run(those_who_passed(Gate(counts(0)), 3))) == [0, 1, 2]


def test_a_count_that_fails_holds_nobody_up() -> None:
    away = OperationalError("select", {}, Exception("gone"))

    assert asyncio.run(those_who_passed(Gate(counts(away)), 3)) == [0, 1, 2]


def test_whoever_goes_away_takes_no_place() -> None:
    async def scene() -> list[int]:
        door = Gate(counts(0, 0, 1, 0))
        await door.passed()
        gone = asyncio.create_task(door.passed())
        await asyncio.sleep(0)
        gone.cancel()
        others = [asyncio.create_task(door.passed()) for _ in range(2)]
        done, waiting = await asyncio.wait(others, timeout=0.3)
        for each in waiting:
            each.cancel()
        return [others.index(each) for each in done]

    assert asyncio.run(scene()) == [0]
