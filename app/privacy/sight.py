"""What of scores and decisions a person may have now, in each competition: what staff keep, they keep from an archive too."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.competitions.access import Entry, entries_of
from app.competitions.reveal import reveal
from app.competitions.stored import Definitions
from app.grades.service import ranks_are_told, shows_points
from models.accounts import User
from models.audit import AuditEntry

_NOTES, _POINTS, _REVIEW = "note.", "points.", "finalist.review"
_OF_STAFF_ALONE = frozenset({"note", "checks"})
"""What staff tell each other when they look at a finalist."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a person sees of one competition; nothing where they have left its course."""

    scores: bool = False
    private: bool = False
    points: bool = False
    ranks: bool = False


NOTHING = Sight()


def sights(session: Session, definitions: Definitions, user: User) -> Mapping[int, Sight]:
    """By competition, what the person may see."""

    def of(entry: Entry) -> Sight:
        seen = reveal(session, entry, user)
        return Sight(entry.shows_scores, seen.may_see, shows_points(entry, seen), ranks_are_told(entry, seen))

    return {entry.competition.id: of(entry) for entry in entries_of(session, definitions, user)}


def told(entries: Sequence[AuditEntry], user_id: int, seen: Mapping[int, Sight]) -> Sequence[AuditEntry]:
    """The acts that the person may know of. What they did themselves they know."""
    return [
        each
        for each in entries
        if each.actor_id == user_id or _may_know(each, seen.get(each.competition_id or 0, NOTHING))
    ]


def detail_for(entry: AuditEntry, user_id: int) -> Any:
    """The details of an act that are for the person whom it is about."""
    is_kept = entry.action == _REVIEW and entry.actor_id != user_id
    return _without(entry.detail, _OF_STAFF_ALONE) if is_kept else entry.detail


def _may_know(entry: AuditEntry, sight: Sight) -> bool:
    if entry.action.startswith(_POINTS):
        return sight.points
    if entry.action == _REVIEW:
        return sight.ranks
    return not entry.action.startswith(_NOTES)


def _without(detail: Any, keys: Collection[str]) -> Any:
    if not isinstance(detail, dict):
        return detail
    return {key: _without(each, keys) for key, each in detail.items() if key not in keys}
