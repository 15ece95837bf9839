"""Test sets and reference networks out of uploads. No byte of an upload is looked at in this process."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from app.audit.recording import note
from app.competitions import service as competitions
from app.courses.service import check_slug
from app.editing import queries
from app.errors import AppError, Unprocessable
from app.storage import Store
from grader import dataset_folders, dataset_process, reference_upload
from grader.airlock.runner import Airlock
from grader.dataset_errors import DatasetError
from grader.dataset_request import Request
from grader.datasets import Description
from grader.errors import AirlockUnavailable, DefinitionError
from grader.limits import MAX_PICTURE_SIDE
from grader.reference_upload import Uploaded
from models.courses import Course
from models.datasets import Dataset
from models.networks import ReferenceNetwork

DIGEST_SHOWN = 8
"""Characters of a digest in a network's name: no two networks of a course are called the same."""
STEM_CHARACTERS = 60
JOB = reference_upload.JOB


@dataclass(frozen=True, slots=True)
class Pictures:
    """What is done to the pictures of a zip; `layout` is None where the upload has to be an `.npz`."""

    layout: str | None = None
    resize: int | None = None
    crop: int | None = None
    classes: tuple[str, ...] = ()


def pictures(fields: dict[str, str], *, is_archive: bool) -> Pictures:
    """What the fields of a form ask for. Raises Unprocessable."""
    if not is_archive:
        return Pictures()
    layout = fields.get("layout", "") or "hwc"
    if layout not in ("hwc", "chw"):
        raise Unprocessable("upload-fields", f"layout: hwc for Keras or chw for PyTorch, got {layout[:20]!r}.")
    classes = tuple(part.strip() for part in fields.get("classes", "").split(",") if part.strip())
    return Pictures(layout, _side(fields, "resize"), _side(fields, "crop"), classes)


def make_dataset(store: Store, upload: Path, asked: Pictures, seconds: float) -> tuple[Description, str]:
    """The facts about the test set, in its place, and the jail it was read in. Raises Unprocessable for what is none."""
    request = Request(
        str(upload.resolve()),
        str(store.datasets.resolve()),
        asked.layout,
        asked.resize,
        asked.crop,
        asked.classes,
    )
    try:
        described, jail = dataset_process.make(request, seconds)
    except DatasetError as error:
        told = {"message": str(error), "where": error.where, "expected": error.expected, "got": error.got}
        raise Unprocessable("dataset-file", str(error), errors=[{**told, "hint": error.advice}]) from None
    store.publish_dataset(described.digest)
    return described, jail


def add_dataset(session: Session, course: Course, name: str, described: Description, jail: str, by_id: int) -> Dataset:
    """The test set under its name, known to the course. Raises AppError where the name will not do."""
    check_slug(name, "a data set's name")
    wanted = competitions.dataset_of(name, described)
    wanted.course_id, wanted.created_by_id = course.id, by_id
    added = competitions.add_dataset(session, wanted)
    note(session, by_id, "dataset.add", f"dataset:{added.id}", name=name, digest=added.digest, jail=jail)
    return added


def read_network(upload: Path) -> Uploaded:
    """The network in an upload. Raises Unprocessable with the reason, AppError 503 where this machine has no jail."""
    file = os.open(upload, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with Airlock(JOB) as airlock:
            return reference_upload.read(file, airlock)
    except DefinitionError as error:
        raise Unprocessable("network-file", f"The file holds no network that can be taken: {error}.") from None
    except AirlockUnavailable as error:
        raise AppError(503, "no-jail", f"Files are not read on this machine: {error}.") from None
    finally:
        with suppress(OSError):
            os.close(file)


def add_network(
    session: Session, course: Course, name: str, found: Uploaded, sha256: str, size: int, by_id: int
) -> ReferenceNetwork:
    """The network under a name that holds its digest; the one that is there where it was uploaded before."""
    called = network_name(name, found.key, sha256)
    known = queries.network(session, course.id, called)
    if known is not None:
        return known
    added = ReferenceNetwork(
        course_id=course.id,
        name=called,
        key=found.key,
        content=found.content,
        file_sha256=sha256,
        file_bytes=size,
        created_by_id=by_id,
    )
    session.add(added)
    session.flush()
    note(session, by_id, "network.add", f"network:{added.id}", name=called, parameters=found.network.parameters)
    return added


def network_name(name: str, key: str, sha256: str) -> str:
    """How a definition calls a network: by its file's name, plain, with the beginning of its digest."""
    stem = Path(name).name.partition(".")[0]
    plain = "".join(one if one.isascii() and (one.isalnum() or one in "-_") else "-" for one in stem).strip("-")
    ending = "onnx" if key == "onnx" else "keras.json"
    return f"{plain[:STEM_CHARACTERS] or 'network'}-{sha256[:DIGEST_SHOWN]}.{ending}"


def per_class(store: Store, dataset: Dataset) -> tuple[int, ...]:
    """How many images of each class a test set has; empty where its folder is damaged or gone."""
    try:
        return dataset_folders.facts(store.dataset(dataset.digest)).per_class
    except (DatasetError, FileNotFoundError):
        return ()


def _side(fields: dict[str, str], name: str) -> int | None:
    text = fields.get(name, "")
    if not text:
        return None
    if not text.isdecimal() or not 1 <= int(text[:6]) <= MAX_PICTURE_SIDE:
        raise Unprocessable(
            "upload-fields", f"{name}: a number of pixels from 1 to {MAX_PICTURE_SIDE:,}, got {text[:20]!r}."
        )
    return int(text)
