"""Freezing, hiding, showing and publishing boards; each act has an audit entry.

A frozen board shows students the results that counted at that moment, whatever is graded or judged again later; what is
disqualified leaves it. Staff see the boards as they are at any time.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from app.audit.recording import record
from app.boards import queries
from app.clock import read_clock
from app.competitions.access import Entry
from app.errors import Conflict, Unprocessable
from app.leaderboard.service import standings_of
from grader.splits import Part
from models.boards import BoardMode, BoardState, FrozenRow

MAX_REASON_CHARACTERS = 1000


def show_as(session: Session, entry: Entry, mode: BoardMode, reason: str, by_id: int) -> BoardState:
    """Has students see the boards as they are, as they are at this moment, or not at all. Raises Unprocessable."""
    told = _reason(reason)
    state = _locked(session, entry)
    before = state.mode
    state.mode, state.since, state.by_id = mode, read_clock(session), by_id
    _keep(session, entry, mode)
    _record(session, entry, f"board.{_VERBS[mode]}", by_id, reason=told, before=before.value)
    return state


def publish(session: Session, entry: Entry, reason: str, by_id: int) -> BoardState:
    """Opens to students what the definition keeps to the staff: the private board, and scores.

    A board that is hidden or frozen is shown again. Raises Conflict while files are taken: whoever saw private scores could use them.
    """
    told = _reason(reason)
    state, now = _locked(session, entry), read_clock(session)
    _check_closed(entry, now)
    state.mode, state.since, state.published_at, state.by_id = BoardMode.LIVE, now, now, by_id
    _keep(session, entry, BoardMode.LIVE)
    _record(session, entry, "board.publish", by_id, reason=told)
    return state


def withdraw(session: Session, entry: Entry, reason: str, by_id: int) -> BoardState:
    """Takes a publication back: what students see is what the definition says. Raises Conflict where there is none."""
    told = _reason(reason)
    state = _locked(session, entry)
    if state.published_at is None:
        raise Conflict("not-published", "The boards were not published.")
    state.published_at, state.by_id = None, by_id
    session.flush()
    _record(session, entry, "board.withdraw", by_id, reason=told)
    return state


_VERBS = {BoardMode.LIVE: "show", BoardMode.FROZEN: "freeze", BoardMode.HIDDEN: "hide"}


def _check_closed(entry: Entry, now: datetime) -> None:
    closes = entry.takes_until()
    if closes is None:
        raise Conflict(
            "still-open",
            "Files are taken without an end. Close the competition on its check list, then publish the board.",
        )
    if now <= closes:
        local = closes.astimezone(entry.zone)
        raise Conflict(
            "still-open",
            f"Files are taken until {local:%d %b %Y at %H:%M %Z}; publish the board after that, or close the competition"
            " on its check list first.",
        )


def _locked(session: Session, entry: Entry) -> BoardState:
    """The state of the boards, for this transaction alone; neither does anybody open or close the competition in it."""
    session.refresh(entry.competition, ["closed_at"], with_for_update=True)
    state = queries.state(session, entry.competition.id)
    if state is None:
        state = BoardState(competition_id=entry.competition.id, mode=BoardMode.LIVE)
        session.add(state)
    return state


def _keep(session: Session, entry: Entry, mode: BoardMode) -> None:
    """Writes down what counts now, for a board that is frozen; forgets what was written down for another."""
    competition_id = entry.competition.id
    queries.forget_frozen(session, competition_id)
    if mode is BoardMode.FROZEN:
        parts = (Part.PUBLIC,) if entry.definition.grading.grading.splits is None else tuple(Part)
        for part in parts:
            counted = standings_of(session, entry, part).counted.values()
            gradings = queries.live_gradings(session, [each.scored.candidate.submission_id for each in counted])
            session.add_all(
                FrozenRow(
                    competition_id=competition_id,
                    part=part.value,
                    grading_id=gradings[each.scored.candidate.submission_id],
                    entries=each.entries,
                )
                for each in counted
            )
    session.flush()


def _reason(reason: str) -> str:
    if not (told := reason.strip()[:MAX_REASON_CHARACTERS]):
        raise Unprocessable("reason-missing", "Say why; it stands in the audit log.")
    return told


def _record(session: Session, entry: Entry, action: str, by_id: int, **detail: object) -> None:
    competition_id = entry.competition.id
    record(session, by_id, action, f"competition:{competition_id}", competition_id=competition_id, **detail)
