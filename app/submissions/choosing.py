"""The choice: the submissions among which the best private score counts in the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.clock import read_clock
from app.competitions.access import Entry
from app.courses import queries as courses
from app.errors import Conflict
from app.leaderboard import queries as boards
from models.entrants import Entrant
from models.gradings import State
from models.submissions import Submission


@dataclass(frozen=True, slots=True)
class Choice:
    """What an entrant has chosen of so many. `until` is the last moment to change it; None: there is no end."""

    most: int
    chosen: Sequence[int]
    until: datetime | None
    is_open: bool


def choice_of(session: Session, entry: Entry, submission: Submission) -> Choice | None:
    """The choice of a submission's entrant; None where nothing is chosen in the competition."""
    most = entry.definition.course.board.choose
    if most is None or submission.is_staff:
        return None
    extended = courses.extended_end(session, submission.entrant_id)
    until = entry.takes_until(extended)  # nobody sees the private part before, so that nobody chooses by it
    is_open = until is None or read_clock(session) <= until
    return Choice(most, boards.chosen(session, submission.entrant_id), until, is_open)


def choose(session: Session, entry: Entry, submission: Submission, *, wanted: bool) -> Choice:
    """Chooses a submission, or takes that back.

    Raises Conflict where nothing is chosen here, the time is over, the submission has no score, or enough are chosen.
    """
    # Two requests at once must not both find room for one more: the second waits here until the first is written.
    session.execute(select(Entrant.id).where(Entrant.id == submission.entrant_id).with_for_update())
    choice = choice_of(session, entry, submission)
    if choice is None:
        raise Conflict("no-choice", "In this competition nothing is chosen; its page says which submission counts.")
    if not choice.is_open:
        raise Conflict("choice-closed", f"The time to choose ended on {_told(choice.until, entry)}.")
    if wanted and submission.id not in choice.chosen:
        _check_room(submission, choice)
    session.execute(update(Submission).where(Submission.id == submission.id).values(is_chosen=wanted))
    rest = [number for number in choice.chosen if number != submission.id]
    return Choice(choice.most, sorted([*rest, submission.id]) if wanted else rest, choice.until, choice.is_open)


def _check_room(submission: Submission, choice: Choice) -> None:
    if not any(each.is_live and each.state is State.SCORED for each in submission.gradings):
        raise Conflict("not-scored", f"Submission {submission.id} has no score; choose one that was scored.")
    if len(choice.chosen) >= choice.most:
        told = " and ".join(map(str, choice.chosen))
        raise Conflict(
            "choice-full",
            f"{choice.most} submissions may be chosen, and {told} are; take one of them back first.",
            chosen=list(choice.chosen),
        )


def _told(moment: datetime | None, entry: Entry) -> str:
    return f"{moment.astimezone(entry.zone):%d %b %Y at %H:%M %Z}" if moment else ""
