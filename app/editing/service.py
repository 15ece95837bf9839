"""Competitions made, changed, opened and closed by their instructors. Every act is in the audit log."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.recording import record
from app.boards import queries as boards
from app.clock import read_clock
from app.competitions import service as competitions
from app.editing import examining, queries
from app.editing.checklist import Check, red
from app.editing.examining import Examined
from app.editing.references import lookup
from app.errors import Conflict, NotFound, Unprocessable
from models.competitions import Competition, CompetitionVersion
from models.courses import Course
from models.datasets import Dataset


def examine(session: Session, course: Course, text: str, base: CompetitionVersion | None = None) -> Examined:
    """What is wrong with a definition of a course; `base` is the version that it changes, or was copied from."""
    slug = base.competition.slug if base is not None and base.competition.course_id == course.id else None
    return examining.examine(text, lookup(session, course.id, base), slug)


def create(
    session: Session,
    course: Course,
    text: str,
    dataset: Dataset | None,
    author_id: int,
    copied: CompetitionVersion | None = None,
) -> CompetitionVersion:
    """A new competition as a draft; `copied` is the version that its text began as. Raises AppError."""
    examined = examining.examine(text, lookup(session, course.id, copied))
    version = competitions.apply(
        session, course, examined.accepted(), examined.text, dataset, author_id, base=0, as_draft=True
    )
    copied_from = f"{copied.competition.slug} {copied.number}" if copied is not None else None
    audit(session, "competition.create", version.competition, author_id, copied_from=copied_from)
    return version


def change(
    session: Session,
    base: CompetitionVersion,
    examined: Examined,
    dataset: Dataset | None,
    author_id: int,
    **detail: Any,
) -> CompetitionVersion:
    """The version that holds after a change of `base`; a new one where something changed. Raises AppError."""
    competition = base.competition
    version = competitions.apply(
        session, competition.course, examined.accepted(), examined.text, dataset, author_id, base=base.number
    )
    if version.number != base.number:
        audit(session, "competition.change", competition, author_id, before=base.number, after=version.number, **detail)
    return version


def pin(session: Session, base: CompetitionVersion, dataset: Dataset | None, author_id: int) -> CompetitionVersion:
    """The version that holds after another test set was chosen for a draft; its text stays. Raises AppError."""
    examined = examine(session, base.competition.course, base.source, base)
    return change(session, base, examined, dataset, author_id)


def dataset_named(session: Session, course: Course, name: str) -> Dataset | None:
    """The test set of that name that a course may use, None for an empty name. Raises Unprocessable."""
    if not name:
        return None
    found = next((each for each in queries.datasets(session, course.id) if each.name == name), None)
    if found is None:
        raise Unprocessable("dataset-missing", f"This course has no test set {name[:60]!r}.", field="dataset")
    return found


def version_numbered(session: Session, competition: Competition, number: int) -> CompetitionVersion:
    """The version of that number. Raises NotFound."""
    found = queries.version(session, competition.id, number)
    if found is None:
        raise NotFound(f"{competition.slug} has no version {number}.")
    return found


def open_(session: Session, competition: Competition, checks: list[Check], actor_id: int) -> None:
    """Shows a draft to students, or takes files again where they were stopped.

    Raises Conflict while a check of a draft is red, and while a board is published.
    """
    wrong = red(checks) if competition.opened_at is None else []
    if wrong:
        errors = [{"message": check.told, "where": check.name} for check in wrong]
        raise Conflict("not-ready", "; ".join(f"{check.title}: {check.told}" for check in wrong), errors=errors)
    held = _held(session, competition)
    if held.opened_at is None:
        held.opened_at = read_clock(session)
    if held.closed_at is not None:
        _check_unpublished(session, held)
        held.closed_at = None
    audit(session, "competition.open", competition, actor_id)


def close(session: Session, competition: Competition, reason: str, actor_id: int) -> None:
    """Takes no more files, whatever the phases say; everything stays visible. Raises Conflict for a draft."""
    held = _held(session, competition)
    if held.opened_at is None:
        raise Conflict("draft", "A draft takes no files; there is nothing to close.")
    if held.closed_at is None:
        held.closed_at = read_clock(session)
        audit(session, "competition.close", competition, actor_id, reason=reason.strip())


def audit(session: Session, action: str, competition: Competition, actor_id: int | None, **detail: Any) -> None:
    """Writes down who did what with a competition."""
    subject = f"competition:{competition.id}"
    record(session, actor_id, action, subject, competition_id=competition.id, **detail)


def _check_unpublished(session: Session, competition: Competition) -> None:
    """Whoever saw private scores could use them in what they hand in next."""
    board = boards.state(session, competition.id)
    if board is not None and board.published_at is not None:
        raise Conflict(
            "board-published",
            "The boards are published, and whoever saw them could use that. Take the publication back on the page of "
            "the boards, then take files again.",
        )


def _held(session: Session, competition: Competition) -> Competition:
    """The competition's row, held until this transaction ends."""
    return session.scalars(
        select(Competition)
        .where(Competition.id == competition.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
