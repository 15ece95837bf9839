"""A new competition: where it begins, the check of its text while it is written, and the first save."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.competitions.access import enter_as_instructor
from app.courses.access import enter_course_as_instructor
from app.dependencies import AppServices, Caller, Reading, Signed, Writing
from app.editing import queries, service, starting
from app.editing.examining import Examined
from app.editing.json_schema import json_schema
from app.editing.schemas import (
    DefinitionBody,
    ExaminedBody,
    StartList,
    definition_body,
    examined_body,
    start_list,
)
from app.errors import AppError, NotFound
from app.openapi import problems
from app.parameters import Printable
from app.rendering import wants_page
from app.services import Services
from grader.limits import MAX_DEFINITION_BYTES
from models.competitions import CompetitionVersion
from models.courses import Course

router = APIRouter(tags=["editing"])

Source = Annotated[str, Form(max_length=MAX_DEFINITION_BYTES, description="The definition as YAML.")]
DatasetName = Annotated[str, Form(max_length=100, description="The hidden test set; empty: none yet.")]
Slug = Annotated[Printable, Form(max_length=100)]


@router.get(
    "/courses/{course}/competitions/new",
    operation_id="startCompetition",
    summary="Where a new competition may begin",
    response_model=StartList,
    responses=problems(401, 403, 404, 422),
)
def start(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Reading,
    course: Printable,
    built_in: Annotated[Printable, Query(description="The name of a built-in definition.")] = "",
    clone: Annotated[Printable, Query(description="The slug of a competition that you teach.")] = "",
    network: Annotated[Printable, Query(description="The name of an uploaded network to put in.")] = "",
) -> Response:
    """For instructors: the built-in definitions, and the text of the one that is asked for, under a slug that is free."""
    enrolment = enter_course_as_instructor(session, course, signed.user)
    found = enrolment.course
    copied = _copied(session, services, signed, clone)
    text = copied.source if copied else starting.text_of(built_in) if built_in else ""
    if text:
        wanted = f"{found.slug}-{built_in or clone}"
        text = starting.renamed(text, wanted, queries.slugs_like(session, wanted[:40]))
    if text and network:
        text = _with_network(session, found, text, network)
    examined = service.examine(session, found, text, copied) if text else None
    if not wants_page(request):
        return JSONResponse(start_list(starting.built_in(), text).model_dump(mode="json"), headers={"Vary": "Accept"})
    if examined is None:
        context = {
            "course": found,
            "enrolment": enrolment,
            "starts": starting.built_in(),
            "others": queries.to_clone(session, signed.user.id, is_admin=signed.user.is_admin),
            "networks": queries.networks(session, found.id),
        }
        return services.renderer.page(request, "editing/start.html", context)
    return _editor(request, session, services, found, examined, clone=clone)


@router.post(
    "/courses/{course}/competitions",
    operation_id="createCompetition",
    summary="Create a competition",
    status_code=201,
    response_model=DefinitionBody,
    responses={
        303: {"description": "For a browser: on to its check list."},
        **problems(401, 403, 404, 409, 413, 422),
    },
)
def create(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    course: Printable,
    source: Source,
    dataset: DatasetName = "",
    clone: Slug = "",
) -> Response:
    """For instructors. It is a draft, which students do not see, until its check list is green and it is opened."""
    found = enter_course_as_instructor(session, course, signed.user).course
    copied = _copied(session, services, signed, clone)
    try:
        data = service.dataset_named(session, found, dataset)
        with session.begin_nested():  # whatever is refused here leaves nothing behind, and the page is still drawn
            version = service.create(session, found, source, data, signed.user.id, copied)
    except AppError as error:
        if not wants_page(request) or isinstance(error, NotFound):
            raise
        examined = service.examine(session, found, source, copied)
        return _editor(request, session, services, found, examined, clone=clone, chosen=dataset, error=error)
    slug = version.competition.slug
    url = f"/competitions/{slug}/setup"
    if wants_page(request):
        return RedirectResponse(url, 303)
    body = definition_body(slug, version).model_dump(mode="json")
    return JSONResponse(body, 201, {"Location": url, "ETag": f'"{version.number}"'})


@router.post(
    "/courses/{course}/competitions/validation",
    operation_id="validateDefinition",
    summary="Check a definition",
    response_model=ExaminedBody,
    responses=problems(401, 403, 404, 413, 422),
)
def validate(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Reading,
    course: Printable,
    source: Source,
    competition: Annotated[Printable, Form(max_length=100, description="The slug of the one that is changed.")] = "",
    clone: Slug = "",
) -> Response:
    """What is wrong with it, each with line and column, and what to look at again; nothing is stored."""
    found = enter_course_as_instructor(session, course, signed.user).course
    if competition:
        base: CompetitionVersion | None = enter_as_instructor(
            session, services.definitions, competition, signed.user
        ).version
    else:
        base = _copied(session, services, signed, clone)
    examined = service.examine(session, found, source, base)
    context = {"examined": examined}
    return services.renderer.page_or_json(request, "includes/findings.html", context, examined_body(examined))


@router.get("/competition-schema.json", operation_id="competitionSchema", include_in_schema=False)
def schema() -> JSONResponse:
    """The JSON Schema of a definition, for editors: `# yaml-language-server: $schema=ADDRESS`."""
    return JSONResponse(json_schema(), media_type="application/schema+json")


def _copied(session: Session, services: Services, signed: Caller, clone: str) -> CompetitionVersion | None:
    """The version that a clone begins as; whoever copies teaches both courses."""
    if not clone:
        return None
    return enter_as_instructor(session, services.definitions, clone, signed.user).version


def _with_network(session: Session, course: Course, text: str, name: str) -> str:
    known = queries.network(session, course.id, name)
    if known is None:
        raise NotFound(f"There is no network {name[:60]!r} in this course.")
    return starting.with_network(text, known.key, known.name)


def _editor(
    request: Request,
    session: Session,
    services: Services,
    course: Course,
    examined: Examined,
    *,
    clone: str = "",
    chosen: str = "",
    error: AppError | None = None,
) -> Response:
    """The editor of a competition that there is not yet."""
    context: dict[str, Any] = {
        "course": course,
        "entry": None,
        "examined": examined,
        "datasets": queries.datasets(session, course.id),
        "networks": queries.networks(session, course.id),
        "chosen": chosen,
        "clone": clone,
        "error": error,
        "base": 0,
        "action": f"/courses/{course.slug}/competitions",
    }
    return services.renderer.page(request, "editing/editor.html", context, status=error.status if error else 200)
