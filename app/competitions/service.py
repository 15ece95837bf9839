"""Data sets and competitions coming in, and the version of a competition that holds now."""

from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.clock import read_clock
from app.competitions.definition import CompetitionDefinition
from app.courses.service import check_slug
from app.errors import AppError, Conflict, NotFound, Unprocessable
from app.storage import Store
from grader import dataset_folders, dataset_streams
from grader.datasets import Description
from models.competitions import Competition, CompetitionVersion
from models.courses import Course
from models.datasets import Dataset

_ANY = aliased(CompetitionVersion)
IS_CURRENT = (
    CompetitionVersion.number
    == select(func.max(_ANY.number)).where(_ANY.competition_id == CompetitionVersion.competition_id).scalar_subquery()
)
"""Whether a version is the one that holds now: the highest number of its competition."""


def copy_dataset(store: Store, name: str, path: Path) -> Dataset:
    """Copies an `.npz` into the service, for `add_dataset`. A folder that is there is left alone unless it is damaged.

    Raises DatasetError, or AppError where the name will not do.
    """
    check_slug(name, "a data set's name")
    with dataset_folders.written(dataset_streams.load(path), store.datasets) as copy:
        return dataset_of(name, place_dataset(store, copy))


def place_dataset(store: Store, copy: dataset_folders.Unplaced) -> Description:
    """What there is to say of a data set that is in its place now; one that is there is left alone unless damaged."""
    folder = store.datasets / copy.description.digest
    if not dataset_folders.is_intact(folder, copy.description):
        copy.put_at(folder)
    store.publish_dataset(copy.description.digest)
    return copy.description


def dataset_of(name: str, described: Description) -> Dataset:
    """The row of a data set that is in its place."""
    return Dataset(
        name=name,
        digest=described.digest,
        examples=described.examples,
        sample_shape=list(described.shape),
        dtype=described.dtype,
        classes=described.classes,
    )


def add_dataset(session: Session, copied: Dataset) -> Dataset:
    """The data set that was copied, known from now on. Raises Conflict where its name stands for other content."""
    known = session.scalars(select(Dataset).where(Dataset.name == copied.name)).one_or_none()
    if known is not None:
        if known.digest == copied.digest:
            return known
        raise Conflict(
            "dataset-exists", f"There is a data set {copied.name!r} with other content; choose another name."
        )
    session.add(copied)
    session.flush()
    return copied


def apply(
    session: Session,
    course: Course,
    definition: CompetitionDefinition,
    source: str,
    dataset: Dataset | None,
    author_id: int | None,
    *,
    base: int | None = None,
    as_draft: bool = False,
) -> CompetitionVersion:
    """Creates the competition, or a new version of it where something changed; the version that holds afterwards.

    A new one is open at once unless it is made as a draft. `base` is the number of the version that was changed, 0 for
    a competition that must be new. Raises AppError 412 where another version holds by now.
    """
    if dataset is not None:
        check_dataset(definition, dataset)
    competition = _held(session, course, definition, base, as_draft=as_draft)
    latest = current_version(session, competition.id)
    _check_base(latest, base)
    competition.title = definition.title
    resolved, dataset_id = definition.as_json(), dataset.id if dataset else None
    if latest is not None and latest.definition == resolved and latest.dataset_id == dataset_id:
        return latest
    version = CompetitionVersion(
        competition_id=competition.id,
        number=latest.number + 1 if latest else 1,
        source=source,
        definition=resolved,
        definition_digest=definition.grading.digest,
        dataset_id=dataset_id,
        created_by_id=author_id,
    )
    session.add(version)
    session.flush()
    return version


def _held(
    session: Session, course: Course, definition: CompetitionDefinition, base: int | None, *, as_draft: bool
) -> Competition:
    """The competition of a definition's slug, locked for this transaction; a new one where there is none."""
    found = session.scalars(
        select(Competition).where(Competition.slug == definition.slug).with_for_update()
    ).one_or_none()
    if found is None:
        found = Competition(course_id=course.id, slug=definition.slug, title=definition.title)
        found.opened_at = None if as_draft else read_clock(session)
        session.add(found)
        session.flush()
    elif found.course_id != course.id or base == 0:
        whose = "this course" if found.course_id == course.id else "another course"
        raise Conflict("slug-taken", f"The slug {definition.slug!r} belongs to a competition of {whose}.", field="slug")
    return found


def _check_base(latest: CompetitionVersion | None, base: int | None) -> None:
    if base is not None and latest is not None and latest.number != base:
        raise AppError(
            412,
            "version-outdated",
            f"You changed version {base}; version {latest.number} holds by now. Look at what was changed, and save again.",
            base=base,
            current=latest.number,
        )


def current_version(session: Session, competition_id: int) -> CompetitionVersion | None:
    """The version that holds now."""
    current = select(CompetitionVersion).where(CompetitionVersion.competition_id == competition_id, IS_CURRENT)
    return session.scalars(current).one_or_none()


def current_version_of(session: Session, slug: str) -> CompetitionVersion | None:
    """The version that holds now of the competition with this slug; None where there is no such one."""
    wanted = select(CompetitionVersion).join(CompetitionVersion.competition).where(Competition.slug == slug, IS_CURRENT)
    return session.scalars(wanted).one_or_none()


def dataset_named(session: Session, name: str) -> Dataset:
    """The data set of that name. Raises NotFound."""
    dataset = session.scalars(select(Dataset).where(Dataset.name == name)).one_or_none()
    if dataset is None:
        raise NotFound(f"There is no data set {name!r}; add it with `secateur dataset add {name} FILE.npz`.")
    return dataset


def check_dataset(definition: CompetitionDefinition, dataset: Dataset) -> None:
    """Raises Unprocessable where the definition's networks cannot be tested on the data set."""
    network, splits = definition.grading, definition.grading.grading.splits
    if splits and (told := splits.mismatch(dataset.examples)):
        raise Unprocessable("dataset-parts", f"{told} ({dataset.name!r}).")
    if tuple(dataset.sample_shape) != network.input_shape:
        raise Unprocessable(
            "dataset-shape",
            f"The network takes samples of shape {network.input_shape}; "
            f"those of the data set {dataset.name!r} have {tuple(dataset.sample_shape)}.",
        )
    if dataset.classes > network.classes:
        raise Unprocessable(
            "dataset-classes",
            f"The network has {network.classes} outputs; the data set {dataset.name!r} has labels up to {dataset.classes - 1}.",
        )
