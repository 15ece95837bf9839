"""Disqualifying and reinstating, and notes: each with who, when and why, and an audit entry for every subject."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.audit.recording import record
from app.clock import read_clock
from app.competitions.access import Entry
from app.errors import Conflict, NotFound, Unprocessable
from app.moderation import queries
from models.moderation import Disqualification, Note

MAX_TEXT_CHARACTERS = 2000
"""Of a reason or a note."""


@dataclass(frozen=True, slots=True)
class Subjects:
    """What an act is about: submissions and entrants by number, all of one competition."""

    submissions: Sequence[int]
    entrants: Sequence[int]
    entrant_of: dict[int, int]
    """The entrant of each of the submissions."""

    @property
    def names(self) -> Sequence[str]:
        """Each one as the audit log calls it."""
        return [
            *(f"submission:{number}" for number in self.submissions),
            *(f"entrant:{each}" for each in self.entrants),
        ]


def subjects(session: Session, entry: Entry, submissions: Sequence[int], entrants: Sequence[int]) -> Subjects:
    """The subjects of an act. Raises Unprocessable where there is none, NotFound for one of another competition."""
    numbers, teams = sorted(set(submissions)), sorted(set(entrants))
    if not numbers and not teams:
        raise Unprocessable("nothing-chosen", "Choose at least one submission or entrant.")
    of_submissions = queries.submissions(session, entry.competition.id, numbers)
    known = queries.entrants(session, entry.competition.id, teams)
    for kind, wanted, found in (("submission", numbers, of_submissions), ("entrant", teams, known)):
        if missing := [number for number in wanted if number not in found]:
            raise NotFound(f"There is no {kind} {missing[0]} in this competition.")
    return Subjects(numbers, teams, dict(of_submissions))


def disqualify(session: Session, entry: Entry, about: Subjects, reason: str, by_id: int) -> None:
    """Has submissions, and all submissions of entrants, count nowhere; the students are told the reason."""
    if not (told := _trimmed(reason)):
        raise Unprocessable("reason-missing", "Say why; the student reads it.")
    known = {(each.entrant_id, each.submission_id): each for each in _held(session, about)}
    wanted: list[tuple[int, int | None]] = [(about.entrant_of[number], number) for number in about.submissions]
    wanted += [(number, None) for number in about.entrants]
    now = read_clock(session)
    for entrant_id, submission_id in wanted:
        held = known.get((entrant_id, submission_id)) or Disqualification(
            entrant_id=entrant_id, submission_id=submission_id
        )
        held.reason, held.by_id, held.at = told, by_id, now
        session.add(held)
    _record(session, entry, "disqualification.impose", about.names, by_id, reason=told)


def reinstate(session: Session, entry: Entry, about: Subjects, reason: str, by_id: int) -> None:
    """Takes disqualifications back. Raises Conflict where there is none."""
    if not (told := _trimmed(reason)):
        raise Unprocessable("reason-missing", "Say why; it stands in the audit log.")
    found = _held(session, about)
    if not found:
        raise Conflict("not-disqualified", "None of these is disqualified itself.")
    for held in found:
        session.delete(held)
        name = f"entrant:{held.entrant_id}" if held.submission_id is None else f"submission:{held.submission_id}"
        _record(session, entry, "disqualification.lift", [name], by_id, reason=told, before=held.reason)
    session.flush()


def add_note(session: Session, entry: Entry, about: Subjects, text: str, by_id: int) -> None:
    """Writes a note about each subject, for staff alone."""
    if not (told := _trimmed(text)):
        raise Unprocessable("note-empty", "Write the note first.")
    session.add_all(Note(submission_id=number, text=told, by_id=by_id) for number in about.submissions)
    session.add_all(Note(entrant_id=number, text=told, by_id=by_id) for number in about.entrants)
    _record(session, entry, "note.add", about.names, by_id, text=told)


def remove_note(session: Session, entry: Entry, note_id: int, by_id: int) -> Note:
    """Takes a note away; the audit log keeps it. Raises NotFound."""
    known = queries.note(session, entry.competition.id, note_id)
    if known is None:
        raise NotFound(f"There is no note {note_id} in this competition.")
    session.delete(known)
    name = f"entrant:{known.entrant_id}" if known.submission_id is None else f"submission:{known.submission_id}"
    _record(session, entry, "note.remove", [name], by_id, before=known.text)
    return known


def _trimmed(text: str) -> str:
    return text.strip()[:MAX_TEXT_CHARACTERS]


def _held(session: Session, about: Subjects) -> Sequence[Disqualification]:
    # Two people at once must not both find none: the second waits here until the first is written.
    queries.lock(session, {*about.entrants, *about.entrant_of.values()})
    return queries.held(session, about.submissions, about.entrants)


def _record(session: Session, entry: Entry, action: str, names: Sequence[str], by_id: int, **detail: object) -> None:
    for name in names:
        record(session, by_id, action, name, competition_id=entry.competition.id, **detail)
