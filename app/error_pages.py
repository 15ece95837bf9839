"""One shape for everything that goes wrong: RFC 9457 problem details, or the same content as a page."""

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.authorisation.methods import methods_at
from app.dependencies import identify
from app.engines import AWAY
from app.errors import TITLES, AppError, NotFound, NotSignedIn
from app.openapi import MEDIA_TYPE
from app.rendering import wants_page
from app.services import services_of
from grader.facts import Problem

log = logging.getLogger(__name__)

CODES = {400: "request-form", 404: "not-found", 405: "method-not-allowed", 413: "too-large"}
"""Of what the framework itself refuses, by status."""
RETRY_SECONDS = 5
"""After which a request is worth another try where the database was away."""
OTHER_CODE = "request-refused"
_IN_NO_PATH = {"greater_than_equal", "less_than_equal", "int_parsing_size", "value_error"}
"""Findings about a value in a path that has the right form and that no row can have."""


def install(app: FastAPI) -> None:
    """Registers a handler for each kind of error."""
    handlers: dict[Any, Callable[[Request, Any], Awaitable[Response]]] = {
        AppError: _app_error,
        HTTPException: _http_exception,
        RequestValidationError: _validation_error,
        **dict.fromkeys(AWAY, _database_away),
        Exception: _our_fault,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def render(request: Request, error: AppError) -> Response:
    """The error as a page or as problem details."""
    body = {
        "type": f"/help#{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "instance": request.url.path,
        "code": error.code,
        "errors": error.errors,
        "request_id": getattr(request.state, "request_id", ""),
        **error.extra,
    }
    if retry := error.extra.get("retry_after_seconds"):
        error.headers.setdefault("Retry-After", str(retry))
    if wants_page(request):
        return services_of(request).renderer.page(
            request, "error.html", {"error": body}, status=error.status, headers=error.headers
        )
    return JSONResponse(body, error.status, {"Vary": "Accept", **error.headers}, media_type=MEDIA_TYPE)


async def _app_error(request: Request, error: AppError) -> Response:
    return render(request, error)


async def _http_exception(request: Request, error: HTTPException) -> Response:
    if wants_page(request):
        await _know_the_visitor(request)
    code = CODES.get(error.status_code, OTHER_CODE)
    detail = _nothing_at(request) if error.status_code == 404 else str(error.detail)
    headers = dict(error.headers or {})
    if error.status_code == 405 and (methods := methods_at(request.url.path)):
        headers["Allow"] = ", ".join(methods)  # the framework names those of the first route that has the path
    return render(request, AppError(error.status_code, code, detail, headers=headers))


async def _know_the_visitor(request: Request) -> None:
    """Where no route asked who it is, the head of the page would be a stranger's."""
    if getattr(request.state, "user", None) is None:
        with suppress(NotSignedIn, *AWAY):
            await run_in_threadpool(identify, request)


async def _validation_error(request: Request, error: RequestValidationError) -> Response:
    if any(finding["loc"][0] == "path" and finding["type"] in _IN_NO_PATH for finding in error.errors()):
        return render(request, NotFound(_nothing_at(request)))
    findings = [
        Problem(
            code="",
            where=".".join(str(step) for step in finding["loc"]),
            expected="",
            got=str(finding.get("input"))[:100],
            message=finding["msg"],
            hint="",
        )
        for finding in error.errors()
    ]
    detail = "; ".join(f"{finding.where}: {finding.message}" for finding in findings)
    return render(request, AppError(422, "request-form", detail, errors=[asdict(finding) for finding in findings]))


def _nothing_at(request: Request) -> str:
    return f"There is nothing at {request.url.path}."


async def _database_away(request: Request, error: Exception) -> Response:
    log.error("request.database_away path=%s", request.url.path, exc_info=error)
    detail = (
        "The database does not answer at the moment. Try again in a few seconds; a submission that is sent again with "
        "the same Idempotency-Key counts once."
    )
    return render(request, AppError(503, "database-away", detail, retry_after_seconds=RETRY_SECONDS))


async def _our_fault(request: Request, error: Exception) -> Response:
    log.error("request.failed path=%s", request.url.path, exc_info=error)
    number = getattr(request.state, "request_id", "")
    return render(request, AppError(500, "our-fault", f"{TITLES[500]}. Tell your instructor the number {number}."))
