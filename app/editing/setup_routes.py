"""What a competition needs before it opens, opening it, and closing it."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.clock import read_clock
from app.competitions.access import Entry, enter_as_instructor
from app.competitions.definition import from_json
from app.dependencies import AppServices, Reading, Signed, Writing
from app.editing import queries, service
from app.editing.checklist import Check, Facts, checks, red
from app.editing.routes import DatasetName
from app.editing.schemas import SetupBody, setup_body, state_of
from app.errors import Conflict
from app.openapi import problems
from app.parameters import Printable
from app.rendering import wants_page

router = APIRouter(tags=["editing"], prefix="/competitions/{slug}")

_ANSWERS = {303: {"description": "For a browser: back to the check list."}, **problems(401, 403, 404, 409, 412, 422)}


@router.get(
    "/setup",
    operation_id="getSetup",
    summary="A competition's check list",
    response_model=SetupBody,
    responses=problems(401, 403, 404, 422),
)
def show(request: Request, services: AppServices, signed: Signed, session: Reading, slug: Printable) -> Response:
    """For instructors: what has to hold before it opens, and what holds by now."""
    entry = enter_as_instructor(session, services.definitions, slug, signed.user)
    found = checks_of(session, entry)
    version = service.version_numbered(session, entry.competition, entry.version.number)
    context = {
        "entry": entry,
        "held": version,
        "checks": found,
        "red": red(found),
        "state": state_of(entry.competition),
        "datasets": queries.datasets(session, entry.competition.course_id),
        "window": entry.window(read_clock(session)),
        "max_bytes": services.settings.max_dataset_bytes,
    }
    body = setup_body(entry.competition, entry.version.number, found)
    return services.renderer.page_or_json(request, "editing/setup.html", context, body)


@router.post(
    "/dataset",
    operation_id="pinDataset",
    summary="Pin a draft's hidden test set",
    response_model=SetupBody,
    responses=_ANSWERS,
)
def pin_dataset(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    slug: Printable,
    dataset: DatasetName,
    base: Annotated[int, Form(ge=1, description="The number of the version that you changed.")],
) -> Response:
    """For instructors: a new version with the same text. Once a competition is open, its definition is changed instead."""
    entry = enter_as_instructor(session, services.definitions, slug, signed.user)
    if not entry.is_draft:
        raise Conflict("not-a-draft", "The competition is open; choose another test set in its definition.")
    changed = service.version_numbered(session, entry.competition, base)
    data = service.dataset_named(session, entry.competition.course, dataset)
    version = service.pin(session, changed, data, signed.user.id)
    # Not by `enter` again: what it reads is remembered by the version's number, and this one is not committed yet.
    return _answer(request, session, replace(entry, version=version, definition=from_json(version.definition)))


@router.post(
    "/opening",
    operation_id="openCompetition",
    summary="Open a competition",
    response_model=SetupBody,
    responses=_ANSWERS,
)
def open_competition(
    request: Request, services: AppServices, signed: Signed, session: Writing, slug: Printable
) -> Response:
    """For instructors: shows a draft to students once its check list is green; takes files again after it was closed."""
    entry = enter_as_instructor(session, services.definitions, slug, signed.user)
    service.open_(session, entry.competition, checks_of(session, entry), signed.user.id)
    return _answer(request, session, entry)


@router.post(
    "/closing",
    operation_id="closeCompetition",
    summary="Close a competition",
    response_model=SetupBody,
    responses=_ANSWERS,
)
def close_competition(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    slug: Printable,
    reason: Annotated[str, Form(max_length=1000, description="Stands in the audit log.")] = "",
) -> Response:
    """For instructors: takes no more files, whatever the phases say. What is there stays, and it can be opened again."""
    entry = enter_as_instructor(session, services.definitions, slug, signed.user)
    service.close(session, entry.competition, reason, signed.user.id)
    return _answer(request, session, entry)


def checks_of(session: Session, entry: Entry) -> list[Check]:
    """The check list as it stands."""
    version = service.version_numbered(session, entry.competition, entry.version.number)
    tests = (
        queries.staff_tests(session, entry.competition.id, version.definition_digest, version.dataset_id)
        if version.dataset_id is not None
        else []
    )
    return checks(Facts(entry.definition, version.dataset, tests, entry.zone, read_clock(session)))


def _answer(request: Request, session: Session, entry: Entry) -> Response:
    """Back to the check list, or what it says now."""
    if wants_page(request):
        return RedirectResponse(f"/competitions/{entry.competition.slug}/setup", 303)
    body = setup_body(entry.competition, entry.version.number, checks_of(session, entry))
    return JSONResponse(body.model_dump(mode="json"))
