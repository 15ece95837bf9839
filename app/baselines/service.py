"""Entering and removing baselines, with an audit entry for each."""

from collections.abc import Sequence
from itertools import count

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.recording import record
from app.baselines import queries
from app.competitions.access import Entry
from app.competitions.exact import exact
from app.errors import Conflict, NotFound, Unprocessable
from models.boards import Baseline
from models.competitions import Competition
from models.entrants import ALIAS_LENGTH, Entrant
from models.points import EXACT_LENGTH


def enter(session: Session, entry: Entry, name: str, public: str, private: str, by_id: int) -> Baseline:
    """A new baseline: with numbers, or, where they are empty, waiting for its file.

    Raises Conflict where the name is taken on the board, Unprocessable for numbers that are none or too few.
    """
    told = _name(name)
    numbers = _numbers(entry, public, private)
    # Two requests at once must not both find the name free: the second waits here until the first is written.
    session.execute(select(Competition.id).where(Competition.id == entry.competition.id).with_for_update())
    of_definition = {each.name for each in entry.definition.course.baselines}
    if told in of_definition or queries.is_taken(session, entry.competition.id, told):
        raise Conflict("name-taken", f"{told!r} stands on the board already; choose another name.")
    baseline = Baseline(competition_id=entry.competition.id, name=told, by_id=by_id)
    if numbers is None:
        # Its submissions are graded like anybody's and never rank: it has no members, and is staff's.
        baseline.entrant = Entrant(competition_id=entry.competition.id, alias=told, is_staff=True)
    else:
        baseline.public, baseline.private = numbers
    session.add(baseline)
    session.flush()
    _record(session, baseline, "baseline.enter", by_id, public=baseline.public, private=baseline.private)
    return baseline


def names(session: Session, entry: Entry) -> Sequence[str]:
    """The names of all baselines on the board: the definition's, and those that staff entered."""
    return [
        *(each.name for each in entry.definition.course.baselines),
        *queries.names(session, entry.competition.id),
    ]


def remove(session: Session, entry: Entry, baseline_id: int, by_id: int) -> None:
    """Takes a baseline off the board. Raises NotFound.

    Files that were handed in for it stay among the submissions, under a name that says so: its own is free again.
    """
    baseline = _baseline(session, entry.competition.id, baseline_id)
    _record(session, baseline, "baseline.remove", by_id, public=baseline.public, private=baseline.private)
    entrant = baseline.entrant
    session.delete(baseline)
    session.flush()
    if entrant is None:
        return
    if queries.has_submissions(session, entrant.id):
        entrant.alias = _name_of_removed(session, entrant)
    else:
        session.delete(entrant)
    session.flush()


def entrant_of(session: Session, competition_id: int, baseline_id: int) -> Entrant:
    """The entrant for which a baseline's file is handed in. Raises NotFound, or Conflict for one of numbers."""
    baseline = _baseline(session, competition_id, baseline_id)
    if baseline.entrant is None:
        raise Conflict("baseline-of-numbers", f"The baseline {baseline.name!r} has numbers and takes no file.")
    return baseline.entrant


def _baseline(session: Session, competition_id: int, baseline_id: int) -> Baseline:
    found = queries.baseline(session, competition_id, baseline_id)
    if found is None:
        raise NotFound(f"There is no baseline {baseline_id} in this competition.")
    return found


def _name_of_removed(session: Session, entrant: Entrant) -> str:
    marks = (f" (removed {number})" for number in count(1))
    names = (entrant.alias[: ALIAS_LENGTH - len(mark)] + mark for mark in marks)
    return next(name for name in names if not queries.is_taken(session, entrant.competition_id, name))


def _name(name: str) -> str:
    told = " ".join(name.split())
    if not 1 <= len(told) <= ALIAS_LENGTH:
        raise Unprocessable("name-length", f"The name has {len(told)} characters; it needs 1 to {ALIAS_LENGTH}.")
    return told


def _numbers(entry: Entry, public: str, private: str) -> tuple[str | None, str | None] | None:
    """The two scores as they were written; None where neither was given."""
    has_parts = entry.definition.grading.grading.splits is not None
    given = [_number(public), _number(private)]
    if given == [None, None]:
        return None
    if given[0] is None or (given[1] is None) is has_parts:
        told = "a public and a private score" if has_parts else "one score, since the test set has one part"
        raise Unprocessable("number-form", f"A baseline of numbers needs {told}; leave them out for one with a file.")
    return given[0], given[1]


def _number(text: str) -> str | None:
    if not (told := text.strip()):
        return None
    try:
        exact(told)
    except ValueError as error:
        raise Unprocessable("number-form", f"{error}.") from None
    return told[:EXACT_LENGTH]


def _record(session: Session, baseline: Baseline, action: str, by_id: int, **detail: object) -> None:
    told = {"name": baseline.name, "is_file": baseline.entrant_id is not None, **detail}
    record(session, by_id, action, f"baseline:{baseline.id}", competition_id=baseline.competition_id, **told)
