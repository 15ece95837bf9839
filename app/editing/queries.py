"""What editing asks the database."""

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, defer, joinedload

from models.competitions import Competition, CompetitionVersion
from models.courses import Membership, Role
from models.datasets import Dataset
from models.gradings import Grading, State
from models.networks import ReferenceNetwork
from models.submissions import Submission

VERSIONS_SHOWN = 200


def version(session: Session, competition_id: int, number: int) -> CompetitionVersion | None:
    """A version with its author and its test set."""
    wanted = (
        select(CompetitionVersion)
        .where(CompetitionVersion.competition_id == competition_id, CompetitionVersion.number == number)
        .options(joinedload(CompetitionVersion.created_by), joinedload(CompetitionVersion.dataset))
    )
    return session.scalars(wanted).one_or_none()


def versions(session: Session, competition_id: int) -> Sequence[CompetitionVersion]:
    """The versions of a competition, the newest first, with their authors and test sets; without what they say."""
    wanted = (
        select(CompetitionVersion)
        .where(CompetitionVersion.competition_id == competition_id)
        .options(joinedload(CompetitionVersion.created_by), joinedload(CompetitionVersion.dataset))
        .options(defer(CompetitionVersion.source), defer(CompetitionVersion.definition))
        .order_by(CompetitionVersion.number.desc())
        .limit(VERSIONS_SHOWN)
    )
    return session.scalars(wanted).all()


def networks(session: Session, course_id: int) -> Sequence[ReferenceNetwork]:
    """The reference networks of a course, the newest first, without what is in them."""
    wanted = select(ReferenceNetwork).where(ReferenceNetwork.course_id == course_id)
    return session.scalars(
        wanted.options(defer(ReferenceNetwork.content)).order_by(ReferenceNetwork.id.desc()).limit(VERSIONS_SHOWN)
    ).all()


def network(session: Session, course_id: int, name: str) -> ReferenceNetwork | None:
    """The reference network of a course that a definition calls by that name."""
    wanted = select(ReferenceNetwork).where(ReferenceNetwork.course_id == course_id, ReferenceNetwork.name == name)
    return session.scalars(wanted).one_or_none()


def datasets(session: Session, course_id: int) -> Sequence[Dataset]:
    """The test sets that a course may use, the newest first: its own, the operator's, and those that it uses."""
    used = (
        select(CompetitionVersion.dataset_id)
        .join(Competition, Competition.id == CompetitionVersion.competition_id)
        .where(Competition.course_id == course_id, CompetitionVersion.dataset_id.is_not(None))
    )
    may_use = or_(Dataset.course_id == course_id, Dataset.course_id.is_(None), Dataset.id.in_(used))
    return session.scalars(select(Dataset).where(may_use).order_by(Dataset.id.desc()).limit(VERSIONS_SHOWN)).all()


def to_clone(session: Session, user_id: int, *, is_admin: bool) -> Sequence[Competition]:
    """The competitions that somebody may copy: those of the courses that they teach, the newest first."""
    wanted = select(Competition).options(joinedload(Competition.course)).order_by(Competition.id.desc())
    if not is_admin:
        wanted = wanted.join(Membership, Membership.course_id == Competition.course_id).where(
            Membership.user_id == user_id, Membership.role == Role.INSTRUCTOR
        )
    return session.scalars(wanted.limit(VERSIONS_SHOWN)).all()


def drafts_and_open(session: Session, course_id: int) -> Sequence[Competition]:
    """All competitions of a course, the newest first."""
    return session.scalars(
        select(Competition).where(Competition.course_id == course_id).order_by(Competition.id.desc())
    ).all()


def slugs_like(session: Session, beginning: str) -> frozenset[str]:
    """The slugs of competitions that begin so."""
    wanted = select(Competition.slug).where(Competition.slug.startswith(beginning, autoescape=True))
    return frozenset(session.scalars(wanted).all())


def staff_tests(session: Session, competition_id: int, definition_digest: str, dataset_id: int) -> Sequence[Grading]:
    """The newest live gradings of what staff handed in under equal rules, with their submissions."""
    wanted = (
        select(Grading)
        .join(Grading.submission)
        .join(CompetitionVersion, CompetitionVersion.id == Grading.version_id)
        .where(
            Submission.competition_id == competition_id,
            Submission.is_staff,
            Grading.is_live,
            CompetitionVersion.definition_digest == definition_digest,
            CompetitionVersion.dataset_id == dataset_id,
        )
        .options(joinedload(Grading.submission), defer(Grading.report))
        .order_by(Grading.state != State.SCORED, Grading.id.desc())
        .limit(5)
    )
    return session.scalars(wanted).all()


def has_submissions(session: Session, competition_id: int) -> bool:
    """Whether any student has handed in."""
    wanted = select(Submission.id).where(Submission.competition_id == competition_id, ~Submission.is_staff).limit(1)
    return session.execute(wanted).first() is not None
