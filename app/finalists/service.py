"""Who is a finalist now, whether somebody is asked for code, and taking it in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.clock import read_clock
from app.competitions.access import Entry
from app.competitions.course_rules import FinalistRule
from app.competitions.moments import last_instant
from app.competitions.reveal import reveal
from app.courses import queries as courses
from app.errors import Conflict, NotFound
from app.finalists import queries
from app.finalists.findings import Found, findings_of, unread
from app.leaderboard.ranking import Placed
from app.leaderboard.service import deciding
from app.submissions.intake import Upload
from app.teams import queries as teams
from app.teams.queries import Member
from models.accounts import User
from models.entrants import Entrant
from models.finalists import CodeUpload, FinalistReview
from models.moderation import Disqualification

MAX_UPLOADS = 20
"""Of code by one entrant: enough to mend something, too few to fill a disk."""


@dataclass(frozen=True, slots=True)
class Finalist:
    """An entrant that leads or has led, with its code and what staff found. `rank` None: it is on the board no more."""

    entrant: Entrant
    members: Sequence[Member]
    rank: int | None
    submission_id: int | None
    is_asked: bool
    code: CodeUpload | None
    is_late: bool
    review: FinalistReview | None
    disqualification: Disqualification | None
    named: Sequence[Found]
    computed: Sequence[Found]
    unread: Sequence[tuple[str, str]]

    @property
    def verdict(self) -> str:
        """What staff decided: `open`, `confirmed` or `disqualified`."""
        if self.disqualification is not None:
            return "disqualified"
        return "confirmed" if self.review is not None and self.review.is_confirmed else "open"


def rule_of(entry: Entry) -> FinalistRule:
    """The rule about finalists. Raises NotFound where nobody is asked for code."""
    rule = entry.definition.course.finalists
    if rule is None:
        raise NotFound("In this competition nobody is asked for code.", code="no-finalists")
    return rule


def until_of(entry: Entry) -> datetime | None:
    """The last moment at which code is in time; None: there is no such moment."""
    until = rule_of(entry).until
    return last_instant(until, entry.zone) if until else None


def finalists(session: Session, entry: Entry) -> Sequence[Finalist]:
    """The leaders by rank as the board is now, then those with code or a verdict who lead no longer."""
    rule, competition_id = rule_of(entry), entry.competition.id
    placed = {each.candidate.entrant_id: each for each in deciding(session, entry).ladder}
    code, reviews = queries.newest_code(session, competition_id), queries.reviews(session, competition_id)
    disqualified = queries.disqualified(session, competition_id)
    leading = [number for number, each in placed.items() if each.rank is not None and each.rank <= rule.top]
    known = list(dict.fromkeys([*leading, *code, *reviews, *(disqualified.keys() & (code.keys() | reviews.keys()))]))
    members, entrants = teams.members(session, known), queries.entrants(session, known)
    return [
        _finalist(entry, entrants[number], members, placed.get(number), code, reviews, disqualified) for number in known
    ]


def is_asked(session: Session, entry: Entry, user: User) -> bool:
    """Whether a student's entry leads the board that decides, now that it is decided."""
    rule = entry.definition.course.finalists
    if rule is None or entry.is_staff or not _is_decided(session, entry, user):
        return False
    own = courses.entrant_of(session, entry.competition.id, user.id)
    found = deciding(session, entry)
    counted = found.counted.get(own.id) if own is not None else None
    rank = found.ladder.rank(counted.scored.candidate) if counted is not None else None
    return rank is not None and rank <= rule.top


def check_may_upload(session: Session, entry: Entry, user: User) -> Entrant:
    """The entrant whose code is taken. Raises AppError where it is not asked for."""
    rule_of(entry)
    own = courses.entrant_of(session, entry.competition.id, user.id)
    if own is None or not (is_asked(session, entry, user) or queries.code_of(session, own.id)):
        raise Conflict(
            "not-a-finalist", "Code is asked of those who lead the final board; your entry does not, or not yet."
        )
    if len(queries.code_of(session, own.id)) >= MAX_UPLOADS:
        raise Conflict("code-full", f"{MAX_UPLOADS} uploads of code are there. Ask the staff which one they look at.")
    return own


def take(
    session: Session, entry: Entry, user: User, upload: Upload, scan: Mapping[str, object] | None, failure: str
) -> CodeUpload:
    """Writes down an upload and what was found in it. Raises AppError where it is not asked for by now."""
    own = check_may_upload(session, entry, user)
    row = CodeUpload(
        entrant_id=own.id,
        user_id=user.id,
        name=upload.name,
        sha256=upload.stored.sha256,
        bytes=upload.stored.bytes,
        scan=None if scan is None else dict(scan),
        scan_failure=failure,
        received_at=read_clock(session),
    )
    session.add(row)
    session.flush()
    return row


def _is_decided(session: Session, entry: Entry, user: User) -> bool:
    """Whether the person may know who leads in the end: the private board is shown, or nothing comes in any more."""
    seen = reveal(session, entry, user)
    if seen.has_private:
        return seen.may_see
    extension = courses.extension_of(session, entry.competition.id, user.id)
    closes = entry.takes_until(extension.until if extension else None)
    return entry.shows_scores and (closes is None or read_clock(session) > closes)


def _finalist(
    entry: Entry,
    entrant: Entrant,
    members: Mapping[int, Sequence[Member]],
    placed: Placed | None,
    code: Mapping[int, CodeUpload],
    reviews: Mapping[int, FinalistReview],
    disqualified: Mapping[int, Disqualification],
) -> Finalist:
    rule, until, upload = rule_of(entry), until_of(entry), code.get(entrant.id)
    rank = placed.rank if placed else None
    named, computed = findings_of(upload.scan if upload else None, rule.forbidden)
    return Finalist(
        entrant=entrant,
        members=members.get(entrant.id, ()),
        rank=rank,
        submission_id=placed.candidate.submission_id if placed else None,
        is_asked=rank is not None and rank <= rule.top,
        code=upload,
        is_late=upload is not None and until is not None and upload.received_at > until,
        review=reviews.get(entrant.id),
        disqualification=disqualified.get(entrant.id),
        named=named,
        computed=computed,
        unread=unread(upload.scan if upload else None),
    )
