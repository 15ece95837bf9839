"""The standings as they are written down: whatever a transaction has marked is computed and written before it is committed."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Integer, Select, Table, bindparam, delete, insert, null, select, update
from sqlalchemy import cast as sql_cast
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.clock import day, read_clock
from app.leaderboard.computing import AT_ONCE, Found, compute
from app.leaderboard.ranking import Candidate, Rule
from app.leaderboard.scored import Counted
from app.leaderboard.standings import ROW
from grader.splits import Part
from models.competitions import Competition, CompetitionVersion
from models.courses import Course
from models.entrants import Entrant
from models.standings import Standing, StandingBook, StandingMark

Values = dict[str, Any]
log = logging.getLogger(__name__)

# Asked at each commit, and so put together once.
_ANY = select(cast(Table, StandingMark.__table__).c.id).limit(1)
_MARKED = select(StandingMark.competition_id).distinct().order_by(StandingMark.competition_id)
_ENTRANTS = (
    select(StandingMark.entrant_id)
    .where(StandingMark.competition_id == bindparam("competition"), StandingMark.entrant_id.is_not(None))
    .distinct()
    .order_by(StandingMark.entrant_id)
    .limit(AT_ONCE + 1)
)
_MARKS = cast(Table, StandingMark.__table__)
_OF_COMPETITION = delete(_MARKS).where(_MARKS.c.competition_id == bindparam("competition"))
_FORGET = _OF_COMPETITION.where(_MARKS.c.entrant_id.in_(bindparam("some", expanding=True)))
_FORGET_RULE = _OF_COMPETITION.where(_MARKS.c.entrant_id.is_(None))
_BOOK = (
    select(StandingBook)
    .where(StandingBook.competition_id == bindparam("competition"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_ROWS = cast(Table, Standing.__table__)
_ADD = insert(_ROWS)
_CHANGE = update(_ROWS).where(_ROWS.c.entrant_id == bindparam("whose"), _ROWS.c.part == bindparam("of_part"))
_BOOKS = cast(Table, StandingBook.__table__)
_NUMBER = update(_BOOKS).where(_BOOKS.c.id == bindparam("book"))
_KNOWN = select(*ROW).where(Standing.entrant_id.in_(bindparam("some", expanding=True)))


def before_commit(session: Session) -> None:
    """Has a transaction that is about to be committed write down what it changed."""
    if session.in_nested_transaction():
        return
    session.flush()
    refresh(session)


def refresh(session: Session) -> bool:
    """Computes and writes entrants that are marked, so many at once of each competition; True where others are left.

    What is left is computed by whoever reads it, until the next transaction writes it down.
    """
    if session.connection().execute(_ANY).first() is None:
        return False
    left = [_try(session, number) for number in session.scalars(_MARKED).all()]
    return any(left)


def mark_all(session: Session) -> None:
    """Marks everything, for it to be computed anew."""
    _mark(session, select(Competition.id, sql_cast(null(), Integer)))
    _mark(session, select(Entrant.competition_id, Entrant.id))


def _try(session: Session, competition_id: int) -> bool:
    """The same of one competition. Where something cannot be computed its marks stay, and what was written is committed."""
    try:
        with session.begin_nested():
            return _refresh(session, competition_id)
    except SQLAlchemyError:
        raise
    except Exception:
        log.exception("standings.failed competition=%s", competition_id)
        return False


def _mark(session: Session, whom: Select[*tuple[Any, ...]]) -> None:
    session.execute(insert(StandingMark).from_select(["competition_id", "entrant_id"], whom))


def _refresh(session: Session, competition_id: int) -> bool:
    book = _locked(session, competition_id)
    if book is None:
        session.execute(_OF_COMPETITION, {"competition": competition_id})
        return False
    asked = {"competition": competition_id}
    found = [number for number in session.scalars(_ENTRANTS, asked) if number is not None]
    some = found[:AT_ONCE]
    # Forgotten first: a mark that comes while they are computed, of what is not seen here, stays.
    session.execute(_FORGET, asked | {"some": some})
    _write(session, book, some)
    return len(found) > AT_ONCE


def _locked(session: Session, competition_id: int) -> StandingBook | None:
    """The book of a competition, for this transaction alone, under the rule that holds now; None: there is no such competition."""
    asked = {"competition": competition_id}
    book = session.scalars(_BOOK, asked).one_or_none()
    if book is not None and not session.execute(_FORGET_RULE, asked).rowcount:  # type: ignore[attr-defined]
        return book
    rule = _rule(session, competition_id)
    if rule is None:
        return None
    session.execute(_FORGET_RULE, asked)
    if book is None:
        book = StandingBook(competition_id=competition_id, serial=0)
        session.add(book)
    if any(getattr(book, name) != value for name, value in rule.items()):
        for name, value in rule.items():
            setattr(book, name, value)
        _mark(session, select(Entrant.competition_id, Entrant.id).where(Entrant.competition_id == competition_id))
    session.flush()
    return book


def _rule(session: Session, competition_id: int) -> Values | None:
    """The rule of the version that holds, and the zone of its days, as a book has them."""
    newest = (
        select(CompetitionVersion.definition, Course.time_zone)
        .join(Competition, Competition.id == CompetitionVersion.competition_id)
        .join(Course, Course.id == Competition.course_id)
        .where(Competition.id == competition_id)
        .order_by(CompetitionVersion.number.desc())
        .limit(1)
    )
    found = session.execute(newest).one_or_none()
    if found is None:
        return None
    course, grading = found[0].get("course", {}), found[0].get("grading", {})
    board = course.get("board", {})
    return {
        "best": board.get("select", "last") != "last",
        "lower_is_better": bool(grading.get("lower_is_better")),
        "choose": board.get("choose") or 0,
        "zone": course.get("time_zone") or found[1],
    }


def _write(session: Session, book: StandingBook, entrant_ids: Sequence[int]) -> None:
    """Computes some entrants and writes what is another than before, under one new number."""
    if not entrant_ids:
        return
    before, _ = day(read_clock(session), ZoneInfo(book.zone))
    now = compute(session, entrant_ids, Rule(book.best, book.lower_is_better, book.choose), before)
    known = {(row.entrant_id, row.part): row for row in session.execute(_KNOWN, {"some": entrant_ids})}
    serial = book.serial + 1
    new, other = [], []
    for values in _rows(book.competition_id, entrant_ids, now, known):
        row = known.get((values["entrant_id"], values["part"]))
        if row is None:
            new.append(values | {"serial": serial})
        elif any(getattr(row, name) != value for name, value in values.items()):
            other.append(values | {"serial": serial})
    if new:
        session.execute(_ADD, new)
    for values in other:
        session.execute(_CHANGE, values | {"whose": values["entrant_id"], "of_part": values["part"]})
    if new or other:
        session.execute(_NUMBER, {"book": book.id, "serial": serial})


def _rows(
    competition_id: int, entrant_ids: Iterable[int], now: Mapping[Part, Found], known: Mapping[tuple[int, str], Any]
) -> Iterable[Values]:
    """What is to be written of some entrants: nothing of those that never had a row and need none."""
    for entrant_id in entrant_ids:
        for part in Part:
            counted = now[part].get(entrant_id)
            if counted is not None:
                yield values_of(competition_id, counted)
            elif (row := known.get((entrant_id, part.value))) is not None:
                yield dict.fromkeys(_FACTS) | {
                    "competition_id": competition_id,
                    "entrant_id": entrant_id,
                    "part": part.value,
                    "alias": row.alias,
                    "entries": 0,
                }


_FACTS = [column.name for column in ROW]


def values_of(competition_id: int, counted: Counted) -> Values:
    """What counts of an entrant as a row has it."""
    scored, candidate = counted.scored, counted.scored.candidate
    return {
        "competition_id": competition_id,
        "entrant_id": candidate.entrant_id,
        "part": scored.part.value,
        "alias": scored.alias,
        "entries": counted.entries,
        "submission_id": candidate.submission_id,
        "version_id": scored.version_id,
        "score_exact": str(candidate.score),
        "meets": candidate.meets,
        "received_at": candidate.received_at,
        "report": dict(scored.report),
        "reason": counted.reason,
        "newest_at": counted.newest_at,
        "then_before": counted.then_before,
        **_then(counted.then),
    }


def _then(candidate: Candidate | None) -> Values:
    return {
        "then_submission_id": candidate and candidate.submission_id,
        "then_score_exact": candidate and str(candidate.score),
        "then_meets": candidate and candidate.meets,
        "then_received_at": candidate and candidate.received_at,
    }
