"""The definition of a competition that there is: the editor, and saving a new version of it."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Header, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.competitions.access import Entry, enter_as_instructor
from app.dependencies import AppServices, Caller, Reading, Signed, Writing
from app.editing import changes, queries, reviewing, service, starting
from app.editing.changes import Way
from app.editing.examining import Examined
from app.editing.reviewing import Asked, Review
from app.editing.routes import DatasetName, Source
from app.editing.schemas import DefinitionBody, OutlookBody, definition_body
from app.errors import AppError, NotFound, Unprocessable
from app.openapi import problems
from app.parameters import Printable, RowNumber
from app.rejudges.schemas import comparison_body
from app.rendering import wants_page
from app.services import Services

router = APIRouter(tags=["editing"], prefix="/competitions/{slug}")

IfMatch = Annotated[
    str | None, Header(alias="If-Match", max_length=40, description='The version that you changed, such as `"3"`.')
]

Base = Annotated[int | None, Form(ge=1, description="The number of the version that you changed.")]


@router.get(
    "/definition",
    operation_id="getDefinition",
    summary="A competition's definition",
    response_model=DefinitionBody,
    responses=problems(401, 403, 404, 422),
)
def show(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Reading,
    slug: Printable,
    version: Annotated[RowNumber | None, Query(description="An earlier version, to begin with.")] = None,
    network: Annotated[Printable, Query(description="The name of an uploaded network to put in.")] = "",
) -> Response:
    """For instructors: the YAML of the version that holds, in an editor for a browser."""
    entry = enter_as_instructor(session, services.definitions, slug, signed.user)
    shown = service.version_numbered(session, entry.competition, version or entry.version.number)
    headers = {"ETag": f'"{entry.version.number}"', "Vary": "Accept"}
    if not wants_page(request):
        return JSONResponse(definition_body(slug, shown).model_dump(mode="json"), headers=headers)
    text = shown.source
    if network:
        known = queries.network(session, entry.competition.course_id, network)
        if known is None:
            raise NotFound(f"There is no network {network[:60]!r} in this course.")
        text = starting.with_network(text, known.key, known.name)
    examined = service.examine(session, entry.competition.course, text, shown)
    chosen = shown.dataset.name if shown.dataset else ""
    return _editor(request, session, services, entry, examined, chosen, entry.version.number)


@router.post(
    "/definition",
    operation_id="changeDefinition",
    summary="Save a new version",
    response_model=DefinitionBody,
    responses={
        303: {"description": "For a browser: on to what comes next."},
        **problems(401, 403, 404, 409, 412, 413, 422),
    },
)
def change(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Writing,
    slug: Printable,
    source: Source,
    dataset: DatasetName = "",
    base: Base = None,
    earlier: Annotated[Way | None, Form(description="What becomes of earlier submissions.")] = None,
    reason: Annotated[str, Form(max_length=1000, description="Stands in the audit log.")] = "",
    if_match: IfMatch = None,
) -> Response:
    """For instructors. Once students have handed in, it has to be said what becomes of their submissions.

    Name the version that you changed, by `base` or `If-Match`: where another one holds by now, nothing is saved.
    """
    entry = enter_as_instructor(session, services.definitions, slug, signed.user)
    asked = Asked(source, dataset, earlier, reason)
    try:
        with session.begin_nested():  # whatever is refused here leaves nothing behind, and the page is still drawn
            outcome = reviewing.save(session, services, entry, _base(base, if_match), asked, signed.user.id)
    except AppError as error:
        if not wants_page(request) or isinstance(error, NotFound):
            raise
        return _again(request, session, services, signed, slug, asked, error)
    if isinstance(outcome, Review):
        return _undecided(request, services, entry, asked, outcome)
    if wants_page(request):
        return RedirectResponse(outcome.next_page, 303)
    headers = {"ETag": f'"{outcome.version.number}"', "Location": outcome.next_page}
    return JSONResponse(definition_body(slug, outcome.version).model_dump(mode="json"), headers=headers)


@router.post(
    "/definition/outlook",
    operation_id="previewDefinition",
    summary="What a change would mean",
    response_model=OutlookBody,
    responses=problems(401, 403, 404, 413, 422),
)
def preview(
    services: AppServices,
    signed: Signed,
    session: Reading,
    slug: Printable,
    source: Source,
    dataset: DatasetName = "",
    base: Base = None,
    if_match: IfMatch = None,
) -> OutlookBody:
    """For instructors: how deep it goes, what may become of earlier submissions, and who gains and loses; nothing is saved.

    What only an evaluation can tell is not foretold.
    """
    entry = enter_as_instructor(session, services.definitions, slug, signed.user)
    found = reviewing.preview(session, services, entry, _base(base, if_match), Asked(source, dataset))
    return OutlookBody(
        change=found.change,
        ways=list(found.ways),
        outlooks={way: comparison_body(each) for way, each in found.outlooks.items()},
        lines=found.lines,
    )


def _undecided(request: Request, services: Services, entry: Entry, asked: Asked, review: Review) -> Response:
    """The page that asks, or for a program the question."""
    if not wants_page(request):
        raise reviewing.unsaid(review)
    context = {"entry": entry, "review": review, "asked": asked, "told": reviewing.TOLD, "rows": reviewing.ROWS_SHOWN}
    return services.renderer.page(request, "editing/review.html", context)


def _base(base: int | None, if_match: str | None) -> int:
    """The version that was changed, as the form or the header names it."""
    if base is not None:
        return base
    text = (if_match or "").strip().removeprefix("W/").strip('"')
    if not text.isdecimal() or not 0 < int(text[:9]) < 2**31:
        raise Unprocessable("base-missing", 'Name the version that you changed: `base=3`, or `If-Match: "3"`.')
    return int(text)


def _again(
    request: Request,
    session: Session,
    services: Services,
    signed: Caller,
    slug: str,
    asked: Asked,
    error: AppError,
) -> Response:
    """The editor with the text that could not be saved; it is a change of the newest version from here on."""
    entry = enter_as_instructor(session, services.definitions, slug, signed.user)
    newest = service.version_numbered(session, entry.competition, entry.version.number)
    examined = service.examine(session, entry.competition.course, asked.source, newest)
    lines: list[str] = []
    if error.status == 412:
        lines = changes.difference(newest.source, examined.text, f"version {newest.number}", "your text")
    return _editor(request, session, services, entry, examined, asked.dataset, newest.number, error, lines)


def _editor(
    request: Request,
    session: Session,
    services: Services,
    entry: Entry,
    examined: Examined,
    chosen: str,
    base: int,
    error: AppError | None = None,
    lines: list[str] | None = None,
) -> Response:
    course = entry.competition.course
    context: dict[str, Any] = {
        "course": course,
        "entry": entry,
        "examined": examined,
        "datasets": queries.datasets(session, course.id),
        "networks": queries.networks(session, course.id),
        "chosen": chosen,
        "clone": "",
        "error": error,
        "lines": lines or [],
        "base": base,
        "action": f"/competitions/{entry.competition.slug}/definition",
    }
    headers = {"ETag": f'"{base}"'}
    status = error.status if error else 200
    return services.renderer.page(request, "editing/editor.html", context, status=status, headers=headers)
