"""Whose turn it is, where checks and evaluations are two kinds of work."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from app.database import Database
from app.queue import order, tickets
from app.queue.tickets import Result, Ticket
from app.queue.workers import Identity
from models.gradings import Grading, Lane, State
from tests.app.world import World, hand_in

SCORED = Result(State.SCORED, {"status": "scored"}, "key", 0.5, "1/2", b"\0\0\0\0")
REJECTED = Result(State.REJECTED, {"status": "rejected"}, "key")


BOTH = (Lane.CHECK, Lane.EVALUATE)


def claim(queue: Database, worker: Identity) -> Ticket:
    with queue.write() as session:
        ticket = tickets.claim(session, worker.id, BOTH)
    assert ticket is not None
    return ticket


def end(queue: Database, worker: Identity, result: Result) -> int:
    """The submission whose turn it was; it has that end now."""
    ticket = claim(queue, worker)
    with queue.write() as session:
        assert tickets.finish(session, ticket, result, {})
    return ticket.submission_id


def park(queue: Database, worker: Identity) -> None:
    ticket = claim(queue, worker)
    with queue.write() as session:
        assert tickets.park(session, ticket, {"status": "checked"}, {})


def test_a_file_that_was_refused_took_no_turn_of_the_evaluations(
    queue: Database, world: World, worker: Identity
) -> None:
    hand_in(queue, world, "grace")
    end(queue, worker, SCORED)
    hand_in(queue, world, "ada")
    end(queue, worker, REJECTED)
    second, first = hand_in(queue, world, "grace"), hand_in(queue, world, "ada")
    for _ in range(2):
        park(queue, worker)

    assert [end(queue, worker, SCORED) for _ in range(2)] == [first, second]


def test_who_sends_wrong_files_by_the_dozen_leaves_others_their_turn(
    queue: Database, world: World, worker: Identity
) -> None:
    hand_in(queue, world, "ada")
    wrong, other = hand_in(queue, world, "ada"), hand_in(queue, world, "grace")
    end(queue, worker, REJECTED)

    assert [end(queue, worker, REJECTED) for _ in range(2)] == [other, wrong]


def test_whoever_is_beaten_to_a_ticket_takes_the_one_after_it(
    queue: Database, world: World, worker: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (hand_in(queue, world, name) for name in ("ada", "grace"))
    taken = claim(queue, worker)
    found = [[select(Grading.id).where(Grading.id == taken.grading_id)], order.turns(BOTH, (), shadow_first=False)]

    class Beaten:
        """The first time what another has taken in the meantime."""

        def __iter__(self) -> Iterator[Any]:
            return iter(found.pop(0))

    monkeypatch.setattr(tickets, "turns", lambda *_: Beaten())

    assert (taken.submission_id, claim(queue, worker).submission_id) == (first, second)
    assert found == []
