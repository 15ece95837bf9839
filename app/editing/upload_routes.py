"""Test sets and reference networks of a course: what there is, and uploads."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from app.competitions.access import enter_as_instructor
from app.courses.access import enter_course_as_instructor
from app.dependencies import AppServices, Caller, Reading, Signed, require_caller
from app.editing import material, queries, receiving, service
from app.editing.material_schemas import DatasetBody, DatasetList, NetworkBody, NetworkList, dataset_body, network_body
from app.editing.receiving import Received
from app.errors import Unprocessable
from app.openapi import problems
from app.parameters import Printable
from app.rendering import wants_page
from app.services import Services
from app.storage import Incoming
from grader.datasets import Description
from grader.limits import MAX_REFERENCE_FILE_BYTES
from grader.reference_upload import Uploaded
from models.courses import Course

router = APIRouter(tags=["editing"], prefix="/courses/{course}")

DATASET_SECONDS = 1800.0
"""Within which a test set has to be read; longer work is done at the command line."""
_FILE = {"type": "string", "format": "binary"}
_TEXT = {"type": "string"}


def _body(**fields: str) -> dict[str, Any]:
    """A form's description: short fields, which come first, and the file."""
    properties = {name: _TEXT | {"description": told} for name, told in fields.items()} | {"file": _FILE}
    form = {"type": "object", "required": ["file"], "properties": properties}
    content = {"multipart/form-data": {"schema": form}, "application/octet-stream": {"schema": _FILE}}
    return {"requestBody": {"required": True, "content": content}}


_OF_DATASETS = _body(
    name="What it is called from now on.",
    layout="For a zip of pictures: hwc for Keras, chw for PyTorch.",
    resize="For pictures: the shorter side in pixels.",
    crop="For pictures: the side of the square in the middle that is kept.",
    classes="For pictures: the classes' names, by commas, in the order of the labels.",
    competition="A draft's slug, to pin it there.",
)
_OF_NETWORKS = _body(competition="The slug of the competition that it is for, to go on in its editor.")


@router.get(
    "/datasets",
    operation_id="listDatasets",
    summary="The test sets of a course",
    response_model=DatasetList,
    responses=problems(401, 403, 404, 422),
)
def list_datasets(
    request: Request, services: AppServices, signed: Signed, session: Reading, course: Printable
) -> Response:
    """For instructors: what each holds, its digest, and how many images of each class; never an image or a label."""
    enrolment = enter_course_as_instructor(session, course, signed.user)
    found = enrolment.course
    items = [
        dataset_body(each, material.per_class(services.store, each)) for each in queries.datasets(session, found.id)
    ]
    context = {
        "course": found,
        "enrolment": enrolment,
        "items": items,
        "max_bytes": services.settings.max_dataset_bytes,
    }
    return services.renderer.page_or_json(request, "editing/datasets.html", context, DatasetList(items=items))


@router.post(
    "/datasets",
    operation_id="addDataset",
    summary="Upload a hidden test set",
    status_code=201,
    response_model=DatasetBody,
    responses={
        303: {"description": "For a browser: back to the list, or to the competition's check list."},
        **problems(400, 401, 403, 404, 408, 409, 412, 413, 422, 503, 507),
    },
    openapi_extra=_OF_DATASETS,
)
async def add_dataset(request: Request, services: AppServices, course: Printable) -> Response:
    """For instructors: an `.npz` with `images` and `labels`, or a zip of pictures. It is read in a jail."""
    caller = await run_in_threadpool(_instructor, request, services, course)
    settings = services.settings
    with services.store.receive() as incoming:
        received = await receiving.receive(request, incoming, settings.max_dataset_bytes, settings.upload_seconds)
        described, jail = await run_in_threadpool(_make, services, incoming, received)
    place, body = await run_in_threadpool(_add_dataset, services, caller, course, received, described, jail)
    if wants_page(request):
        return RedirectResponse(place, 303)
    return JSONResponse(body.model_dump(mode="json"), 201, {"Location": place})


@router.get(
    "/networks",
    operation_id="listNetworks",
    summary="The reference networks of a course",
    response_model=NetworkList,
    responses=problems(401, 403, 404, 422),
)
def list_networks(
    request: Request, services: AppServices, signed: Signed, session: Reading, course: Printable
) -> Response:
    """For instructors: the names by which definitions may call them."""
    enrolment = enter_course_as_instructor(session, course, signed.user)
    found = enrolment.course
    items = [network_body(each) for each in queries.networks(session, found.id)]
    context = {"course": found, "enrolment": enrolment, "items": items, "max_bytes": MAX_REFERENCE_FILE_BYTES}
    return services.renderer.page_or_json(request, "editing/networks.html", context, NetworkList(items=items))


@router.post(
    "/networks",
    operation_id="addNetwork",
    summary="Upload a reference network",
    status_code=201,
    response_model=NetworkBody,
    responses={
        303: {"description": "For a browser: on to the editor, with the network in its place."},
        **problems(400, 401, 403, 404, 408, 413, 422, 503, 507),
    },
    openapi_extra=_OF_NETWORKS,
)
async def add_network(request: Request, services: AppServices, course: Printable) -> Response:
    """For instructors: a Keras model saved whole as `.h5`, the JSON of `model.to_json()`, or an ONNX export.

    It is read in the jail, and its weights are left out. A definition calls it by the name in the answer.
    """
    caller = await run_in_threadpool(_instructor, request, services, course)
    with services.store.receive() as incoming:
        received = await receiving.receive(
            request, incoming, MAX_REFERENCE_FILE_BYTES, services.settings.upload_seconds
        )
        found = await run_in_threadpool(material.read_network, incoming.complete())
        stored = (incoming.sha256, incoming.bytes)
    place, body = await run_in_threadpool(_add_network, services, caller, course, received, found, stored)
    if wants_page(request):
        return RedirectResponse(place, 303)
    return JSONResponse(body.model_dump(mode="json"), 201, {"Location": place})


def _instructor(request: Request, services: Services, course: str) -> Caller:
    """Whoever may upload, asked before any of the body is read."""
    caller = require_caller(request)
    with services.database.read() as session:
        enter_course_as_instructor(session, course, caller.user)
    return caller


def _make(services: Services, incoming: Incoming, received: Received) -> tuple[Description, str]:
    fields = dict(received.fields)
    if not fields.get("name"):
        raise Unprocessable("upload-fields", "name: give the test set a name, such as hidden-2026.")
    is_archive = received.name.lower().endswith(".zip")
    asked = material.pictures(fields, is_archive=is_archive)
    return material.make_dataset(services.store, incoming.complete(), asked, DATASET_SECONDS)


def _add_dataset(
    services: Services, caller: Caller, slug: str, received: Received, described: Description, jail: str
) -> tuple[str, DatasetBody]:
    with services.database.write() as session:
        course = enter_course_as_instructor(session, slug, caller.user).course
        added = material.add_dataset(session, course, received.fields["name"], described, jail, caller.user.id)
        body = dataset_body(added, described.per_class)
        wanted = received.fields.get("competition")
        if not wanted:
            return f"/courses/{course.slug}/datasets", body
        entry = enter_as_instructor(session, services.definitions, wanted, caller.user)
        if entry.is_draft and entry.competition.course_id == course.id:
            held = service.version_numbered(session, entry.competition, entry.version.number)
            service.pin(session, held, added, caller.user.id)
        return f"/competitions/{entry.competition.slug}/setup", body


def _add_network(
    services: Services, caller: Caller, slug: str, received: Received, found: Uploaded, stored: tuple[str, int]
) -> tuple[str, NetworkBody]:
    with services.database.write() as session:
        course = enter_course_as_instructor(session, slug, caller.user).course
        added = material.add_network(session, course, received.name, found, *stored, caller.user.id)
        return _after_network(session, services, caller, course, received, added.name), network_body(added)


def _after_network(
    session: Session, services: Services, caller: Caller, course: Course, received: Received, name: str
) -> str:
    """The editor with the network in its place, where one was named; else the list."""
    wanted = received.fields.get("competition")
    if not wanted:
        return f"/courses/{course.slug}/networks"
    entry = enter_as_instructor(session, services.definitions, wanted, caller.user)
    return f"/competitions/{entry.competition.slug}/definition?network={name}"
