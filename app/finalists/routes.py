"""A finalist's own code: whether it is asked for, handing it in, and having it back."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from app.competitions.access import enter
from app.courses.queries import entrant_of
from app.dependencies import AppServices, Caller, Reading, Signed, require_caller
from app.errors import NotFound
from app.finalists import queries, receiving, scanning, service
from app.finalists.schemas import CodeBody, OwnCode, code_body
from app.openapi import problems
from app.parameters import Printable, RowNumber
from app.rendering import wants_page
from app.services import Services
from app.submissions.file_routes import BYTES, POLICY, disposition
from app.submissions.intake import Upload
from models.accounts import User

router = APIRouter(tags=["finalists"], prefix="/competitions/{slug}/code")

_FILE = {"type": "string", "format": "binary", "description": "A zip, a notebook or a script of Python."}
_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/octet-stream": {"schema": _FILE},
        "multipart/form-data": {
            "schema": {"type": "object", "required": ["file"], "properties": {"file": _FILE}},
        },
    },
}


@router.get(
    "",
    operation_id="getCode",
    summary="Your code, if it is asked for",
    response_model=OwnCode,
    responses=problems(401, 404, 422),
)
def show_code(request: Request, services: AppServices, signed: Signed, session: Reading, slug: Printable) -> Response:
    """Those who lead the final board are asked for their code; the staff look at it."""
    entry = enter(session, services.definitions, slug, signed.user)
    rule = service.rule_of(entry)
    own = entrant_of(session, entry.competition.id, signed.user.id)
    uploads = queries.code_of(session, own.id) if own else []
    asked, until = service.is_asked(session, entry, signed.user), service.until_of(entry)
    body = OwnCode(competition=slug, is_asked=asked, until=until, items=[code_body(entry, each) for each in uploads])
    context = {"entry": entry, "rule": rule, "is_asked": asked, "until": until, "uploads": uploads}
    return services.renderer.page_or_json(request, "finalists/own.html", context, body)


@router.post(
    "",
    operation_id="handInCode",
    summary="Hand in your code",
    status_code=201,
    response_model=CodeBody,
    responses={
        303: {"description": "For a browser: back to the page."},
        **problems(400, 401, 403, 404, 408, 409, 413, 422, 503, 507),
    },
    openapi_extra={"requestBody": _BODY},
)
async def hand_in(request: Request, services: AppServices, slug: Printable) -> Response:
    """Stores it and looks for forbidden imports, in a jail; nothing of it is run. Send a raw body with `?name=`."""
    caller: Caller = await run_in_threadpool(require_caller, request)

    async def admit() -> None:
        await run_in_threadpool(_admit, services, slug, caller.user)

    upload = await receiving.receive(request, services.store, admit, services.settings.upload_seconds)
    body = await run_in_threadpool(_take, services, slug, caller.user, upload)
    if wants_page(request):
        return RedirectResponse(f"/competitions/{slug}/code", 303)
    return JSONResponse(body.model_dump(mode="json"), 201, {"Location": body.url})


@router.get(
    "/{upload_id}",
    operation_id="getCodeFile",
    summary="Code that was handed in",
    response_class=Response,
    responses={200: BYTES, **problems(401, 404, 422, 503)},
)
def download(
    services: AppServices, signed: Signed, session: Reading, slug: Printable, upload_id: RowNumber
) -> Response:
    """For those who handed it in and the staff; always a download."""
    entry = enter(session, services.definitions, slug, signed.user)
    found = queries.upload(session, entry.competition.id, upload_id)
    if found is None or not (entry.is_staff or queries.is_of(session, found, signed.user.id)):
        raise NotFound(f"You have no code {upload_id}.")
    headers = {"Content-Disposition": disposition(found.name), "Content-Security-Policy": POLICY}
    return FileResponse(services.store.path(found.sha256), media_type="application/octet-stream", headers=headers)


def _admit(services: Services, slug: str, user: User) -> None:
    with services.database.read() as session:
        service.check_may_upload(session, enter(session, services.definitions, slug, user), user)


def _take(services: Services, slug: str, user: User, upload: Upload) -> CodeBody:
    scan, failure = scanning.scan(services.store, upload.stored.sha256, upload.name)
    with services.database.write_for_page() as session:
        entry = enter(session, services.definitions, slug, user)
        return code_body(entry, service.take(session, entry, user, upload, scan, failure))
