"""What staff decide about a grade: written with who, when and why, and an audit entry for every change."""

from collections.abc import Iterable
from datetime import UTC, datetime
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.recording import record
from app.clock import read_clock
from app.competitions.access import Entry
from app.competitions.course_rules import BonusRule
from app.competitions.exact import exact
from app.competitions.moments import last_instant
from app.errors import NotFound, Unprocessable
from app.grades.service import points_of
from models.entrants import Entrant
from models.points import EXACT_LENGTH, Adjustment, AdjustmentKind, Extension, HandPoints

MAX_TEXT_CHARACTERS = 1000
"""Of a note or a reason."""
MAX_EXTRA_TRIES = 1000
MAX_ADDED = 1000
"""Points that one adjustment may add or take away."""


def give_points(
    session: Session, entry: Entry, entrant: Entrant, part: str, points: str, note: str, by_id: int
) -> None:
    """Sets the points of a part by hand, or of the bonus; an empty text takes them back. Raises Unprocessable."""
    given = _given(entry, part, points) if points.strip() else None
    known = session.scalars(
        select(HandPoints).where(HandPoints.entrant_id == entrant.id, HandPoints.part == part)
    ).one_or_none()
    before = {"points": known.points, "note": known.note} if known else None
    if known is not None:
        session.delete(known)
        session.flush()
    if given is not None:
        session.add(HandPoints(entrant_id=entrant.id, part=part, points=given, note=_text(note), by_id=by_id))
    after = None if given is None else {"points": given, "note": _text(note)}
    _audit(session, "points.give", entrant, by_id, part=part, before=before, after=after)


def adjust(session: Session, entrant: Entrant, kind: AdjustmentKind, value: str, reason: str, by_id: int) -> None:
    """Adds an adjustment. Raises Unprocessable for a number out of range, and where there is no reason."""
    least, most = (0, 1) if kind is AdjustmentKind.MULTIPLY else (-MAX_ADDED, MAX_ADDED)
    number = _number(value, Fraction(least), Fraction(most))
    if not _text(reason):
        raise Unprocessable("reason-missing", "Say why the grade is changed; the student reads it.")
    session.add(Adjustment(entrant_id=entrant.id, kind=kind, value=number, reason=_text(reason), by_id=by_id))
    _audit(session, "points.adjust", entrant, by_id, kind=kind.value, value=number, reason=_text(reason))


def adjust_many(
    session: Session, entrants: Iterable[Entrant], kind: AdjustmentKind, value: str, reason: str, by_id: int
) -> None:
    """Adds the same adjustment to several entrants, once to each. Raises Unprocessable as `adjust` does."""
    chosen = {entrant.id: entrant for entrant in entrants}
    if not chosen:
        raise Unprocessable("nothing-chosen", "Choose at least one student.")
    for entrant in chosen.values():
        adjust(session, entrant, kind, value, reason, by_id)


def remove_adjustment(session: Session, entrant: Entrant, adjustment_id: int, by_id: int) -> None:
    """Takes an adjustment back. Raises NotFound where the entrant has no such one."""
    known = session.get(Adjustment, adjustment_id)
    if known is None or known.entrant_id != entrant.id:
        raise NotFound(f"There is no adjustment {adjustment_id} of this student.")
    session.delete(known)
    told = {"kind": known.kind.value, "value": known.value, "reason": known.reason}
    _audit(session, "points.remove_adjustment", entrant, by_id, before=told)


def extend(
    session: Session, entry: Entry, entrant: Entrant, until: str, extra_tries: int, reason: str, by_id: int
) -> None:
    """Grants a later end and extra tries; neither takes back what was granted. Raises Unprocessable."""
    moment = _moment(until, entry) if until.strip() else None
    known = session.scalars(select(Extension).where(Extension.entrant_id == entrant.id)).one_or_none()
    before = _told(known)
    if known is None:
        known = Extension(entrant_id=entrant.id)
        session.add(known)
    known.until, known.extra_tries, known.reason = moment, extra_tries, _text(reason)
    known.by_id, known.at = by_id, read_clock(session)
    if moment is None and not extra_tries:
        session.delete(known)
    _audit(session, "extension.grant", entrant, by_id, before=before, after=_told(known))


def _given(entry: Entry, part: str, points: str) -> str:
    """The text of the points for a part; the bonus is given in full or not at all. Raises Unprocessable."""
    rules = points_of(entry)
    most = {each.name: exact(each.by_hand) for each in rules.parts if each.by_hand is not None}
    if rules.bonus is not None and part == rules.bonus.name:
        return _in_full(points, rules.bonus)
    if part not in most:
        known = ", ".join([*most, *([rules.bonus.name] if rules.bonus else [])])
        raise Unprocessable("part-unknown", f"There is no part {part[:60]!r} by hand; known are {known}.")
    return _number(points, Fraction(0), most[part])


def _in_full(points: str, bonus: BonusRule) -> str:
    """The text of a bonus's points, which confirm it."""
    whole = exact(bonus.points)
    given = _number(points, min(Fraction(0), whole), max(Fraction(0), whole))
    if exact(given) != whole:
        raise Unprocessable(
            "number-form",
            f"{bonus.name} is given in full, with {bonus.points}, or not at all, with nothing; got {given[:40]}.",
        )
    return given


def _number(text: str, least: Fraction, most: Fraction) -> str:
    """The text of a number in its range."""
    try:
        value = exact(text)
    except ValueError as error:
        raise Unprocessable("number-form", f"{error}.") from None
    if not least <= value <= most or len(text.strip()) > EXACT_LENGTH:
        raise Unprocessable(
            "number-form", f"A number from {float(least):g} to {float(most):g} is needed, got {text[:40]}."
        )
    return text.strip()


def _moment(text: str, entry: Entry) -> datetime:
    """The last instant of a local moment."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is not None or len(text.strip()) < len("2026-12-18 23:59"):
        raise Unprocessable(
            "moment-form", f"{text[:40]!r} is no local day and time such as 2026-12-18 23:59 ({entry.zone.key})."
        )
    return last_instant(moment, entry.zone).astimezone(UTC)


def _text(text: str) -> str:
    return text.strip()[:MAX_TEXT_CHARACTERS]


def _told(extension: Extension | None) -> dict[str, object] | None:
    if extension is None:
        return None
    until = extension.until.isoformat() if extension.until else None
    return {"until": until, "extra_tries": extension.extra_tries, "reason": extension.reason}


def _audit(session: Session, action: str, entrant: Entrant, by_id: int, **detail: object) -> None:
    record(session, by_id, action, f"entrant:{entrant.id}", competition_id=entrant.competition_id, **detail)
