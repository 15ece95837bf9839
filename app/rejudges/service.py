r"""Rejudges: asking for one, what it comes to, and making it live or dropping it.

    open ---> live      its results count from then on, all at once
         \--> dropped   its gradings are gone

Its gradings wait in the queue's lane `shadow`, below everything else; a worker that ends takes none of them along.
"""

from collections.abc import Sequence

from sqlalchemy import Select, and_, delete, func, insert, literal, not_, select, update
from sqlalchemy.orm import Session

from app.audit.recording import record
from app.clock import read_clock
from app.competitions.access import Entry
from app.errors import Conflict, NotFound, Unprocessable
from app.rejudges import queries
from app.rejudges.comparing import Comparison, Judged, Terms, compare, unchanged
from app.rejudges.outlook import terms_of
from app.rejudges.schemas import outcome_json
from models.competitions import Competition
from models.gradings import Grading, Lane, Phase, State
from models.rejudges import Rejudge, RejudgeKind, RejudgeState
from models.submissions import FileRole, Submission, SubmissionFile

MAX_REASON_CHARACTERS = 1000
_UNDER_WAY = (State.QUEUED, State.RUNNING)
_ENDED = (State.SCORED, State.REJECTED)
_COPIED = (
    "submission_id",
    "version_id",
    "rejudge_id",
    "is_live",
    "state",
    "phase",
    "lane",
    "file_sha256",
)
"""The columns of a grading that a rejudge begins with; the others have their defaults."""


def begin(
    session: Session, entry: Entry, kind: RejudgeKind, reason: str, only: Sequence[int] | None, by_id: int
) -> Rejudge:
    """Queues a judgement of all submissions of a competition, or of some of them, under the rules that hold now.

    Raises Conflict where another rejudge is open, Unprocessable where there is no reason or nothing to judge.
    """
    told = checked_reason(reason)
    # Two requests at once must not both find none open: the second waits here until the first is written.
    session.execute(select(Competition.id).where(Competition.id == entry.competition.id).with_for_update())
    if (known := queries.open_rejudge(session, entry.competition.id)) is not None:
        raise Conflict(
            "rejudge-open", f"Rejudge {known} is not decided about yet; make it live or drop it first.", rejudge=known
        )
    rejudge = Rejudge(
        competition_id=entry.competition.id, version_id=entry.version.id, kind=kind, reason=told, by_id=by_id
    )
    session.add(rejudge)
    session.flush()
    session.execute(insert(Grading).from_select(_COPIED, _to_judge(rejudge, only)))
    count = session.execute(select(func.count()).where(Grading.rejudge_id == rejudge.id)).scalar_one()
    if not count:
        raise Unprocessable(
            "nothing-to-rejudge", "None of these submissions was graded yet; there is nothing to repeat."
        )
    _record(session, rejudge, "rejudge.begin", by_id, kind=kind.value, reason=told, submissions=count)
    return rejudge


def comparison(session: Session, entry: Entry, rejudge: Rejudge) -> Comparison:
    """What a rejudge would change, as far as it has come."""
    pairs, others = [], []
    for live, shadow, state in queries.pairs(session, rejudge):
        if state is None:
            others.append(live)
        else:
            pairs.append(_pair(live, shadow, state))
    terms = _terms(entry)
    return compare(pairs, terms, terms, others)


def make_live(session: Session, entry: Entry, rejudge_id: int, by_id: int) -> Rejudge:
    """Has a rejudge's results count from now on, all in this transaction; what it could not judge stays as it is.

    Raises Conflict where it is not open, has not ended, or the rules have changed since.
    """
    rejudge = _locked(session, entry, rejudge_id)
    _check_ended(session, rejudge)
    _check_rules(entry, rejudge)
    found = comparison(session, entry, rejudge)
    judged = select(Grading.submission_id).where(Grading.rejudge_id == rejudge.id, Grading.state.in_(_ENDED))
    replaced = Grading.is_live & Grading.submission_id.in_(judged)
    # A regrading that ends in this moment is waited for, and then replaced as well.
    session.execute(select(Grading.id).where(replaced).with_for_update())
    new = (Grading.rejudge_id == rejudge.id) & Grading.state.in_(_ENDED)
    for condition, is_live in ((replaced, False), (new, True)):
        switch = update(Grading).where(condition).values(is_live=is_live)
        session.execute(switch.execution_options(synchronize_session=False))
    rejudge.outcome = outcome_json(found)
    _end(session, rejudge, RejudgeState.LIVE, by_id)
    _record(session, rejudge, "rejudge.live", by_id, reason=rejudge.reason, **_counts(found))
    return rejudge


def drop(session: Session, entry: Entry, rejudge_id: int, by_id: int) -> Rejudge:
    """Forgets a rejudge's gradings; what counts was never touched. Raises Conflict where it is not open."""
    rejudge = _locked(session, entry, rejudge_id)
    found = comparison(session, entry, rejudge)
    rejudge.outcome = outcome_json(found)
    forget = delete(Grading).where(Grading.rejudge_id == rejudge.id)
    session.execute(forget.execution_options(synchronize_session=False))
    _end(session, rejudge, RejudgeState.DROPPED, by_id)
    _record(session, rejudge, "rejudge.drop", by_id, reason=rejudge.reason, **_counts(found))
    return rejudge


def retry(session: Session, entry: Entry, rejudge_id: int, by_id: int) -> Rejudge:
    """Queues once more what ended by a fault of ours. Raises Conflict where nothing did, or the rejudge is not open."""
    rejudge = _locked(session, entry, rejudge_id)
    again = (
        update(Grading)
        .where(Grading.rejudge_id == rejudge.id, Grading.state == State.FAILED)
        .values(state=State.QUEUED, phase=Phase.READING, finished_at=None, crashes=0, losses=0, crash_causes=[])
        .returning(Grading.id)
    )
    count = len(session.execute(again.execution_options(synchronize_session=False)).all())
    if not count:
        raise Conflict("nothing-failed", f"Nothing of rejudge {rejudge.id} has failed.")
    _record(session, rejudge, "rejudge.retry", by_id, submissions=count)
    return rejudge


def checked_reason(reason: str) -> str:
    """The trimmed reason. Raises Unprocessable where there is none."""
    if not (told := reason.strip()[:MAX_REASON_CHARACTERS]):
        raise Unprocessable("reason-missing", "Say why; it stands in the audit log.")
    return told


def _to_judge(rejudge: Rejudge, only: Sequence[int] | None) -> Select[*tuple[object, ...]]:
    """A row for each submission that was graded: those on their way under the same rules come to them anyway."""
    columns = Grading.__table__.c
    values = (rejudge.version_id, rejudge.id, False, State.QUEUED, Phase.READING, Lane.SHADOW)
    literals = [literal(value, columns[name].type) for name, value in zip(_COPIED[1:-1], values, strict=True)]
    own_way = and_(Grading.state.in_(_UNDER_WAY), Grading.version_id == rejudge.version_id)
    wanted = (
        select(Submission.id, *literals, SubmissionFile.sha256)
        .join(Grading, (Grading.submission_id == Submission.id) & Grading.is_live)
        .join(
            SubmissionFile,
            (SubmissionFile.submission_id == Submission.id) & (SubmissionFile.role == FileRole.WEIGHTS),
        )
        .where(Submission.competition_id == rejudge.competition_id, not_(own_way))
        .order_by(Submission.id)
    )
    return wanted if only is None else wanted.where(Submission.id.in_(only))


def _pair(live: Judged, shadow: Judged | None, state: State) -> tuple[Judged, Judged, str]:
    if shadow is not None:
        return live, shadow, ""
    if state is State.FAILED:
        return live, live, "it could not be judged, by a fault of ours, and stays as it is"
    return live, unchanged(live, None), ""


def _terms(entry: Entry) -> Terms:
    return terms_of(entry.definition)


def _locked(session: Session, entry: Entry, rejudge_id: int) -> Rejudge:
    """An open rejudge of the competition, locked. Raises NotFound or Conflict."""
    rejudge = queries.locked(session, rejudge_id)
    if rejudge is None or rejudge.competition_id != entry.competition.id:
        raise NotFound(f"There is no rejudge {rejudge_id} in this competition.")
    if rejudge.state is not RejudgeState.OPEN:
        raise Conflict("rejudge-ended", f"Rejudge {rejudge_id} is {rejudge.state.value} already.")
    return rejudge


def _check_ended(session: Session, rejudge: Rejudge) -> None:
    found = queries.progress(session, [rejudge.id])[rejudge.id]
    if left := sum(found.get(state, 0) for state in _UNDER_WAY):
        raise Conflict(
            "rejudge-unfinished", f"{left:,} gradings of rejudge {rejudge.id} have not ended yet.", left=left
        )


def _check_rules(entry: Entry, rejudge: Rejudge) -> None:
    used, now = rejudge.version, entry.version
    if (used.definition_digest, used.dataset_id) != (now.definition_digest, now.dataset_id):
        raise Conflict(
            "rules-changed",
            f"Rejudge {rejudge.id} went by version {used.number} of the rules; version {now.number} holds now and "
            "grades otherwise. Drop it and begin another.",
        )


def _end(session: Session, rejudge: Rejudge, state: RejudgeState, by_id: int) -> None:
    now = read_clock(session)
    rejudge.state, rejudge.ended_at, rejudge.ended_by_id = state, now, by_id


def _counts(found: Comparison) -> dict[str, int]:
    turns = {turn.value: count for turn, count in found.turns.items()}
    return {**turns, "rises": found.rises, "falls": found.falls}


def _record(session: Session, rejudge: Rejudge, action: str, by_id: int, **detail: object) -> None:
    record(session, by_id, action, f"rejudge:{rejudge.id}", competition_id=rejudge.competition_id, **detail)
