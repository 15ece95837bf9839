"""The short way of a look at a board: what open pages ask for again and again is answered from what is kept.

Whoever is no plain student of the course, or asks for anything that is not kept, takes the route.
"""

import re
from dataclasses import dataclass

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.dependencies import bearer_token
from app.engines import AWAY
from app.leaderboard import readers
from app.leaderboard.looks import Kept, query_of
from app.leaderboard.readers import Reader
from app.leaderboard.service import board_of
from app.leaderboard.view import etag_of, headers_of
from app.rendering import is_look
from app.services import Services, services_of
from app.threads import LOOKING

PATH = "/competitions/{slug}/leaderboard"
_PATH = re.compile(r"/competitions/([^/]+)/leaderboard")


@dataclass(frozen=True, slots=True)
class _Route:
    """What is told of the request in logs and figures."""

    path: str = PATH


class Looking:
    """ASGI middleware around the routes that answers such looks itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection."""
        answer = await _look(scope) if scope["type"] == "http" and scope["method"] == "GET" else None
        if answer is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = _Route()
        await answer(scope, receive, send)


async def _look(scope: Scope) -> Response | None:
    if (named := _PATH.fullmatch(scope["path"])) is None or not is_look(request := Request(scope)):
        return None
    services, slug = services_of(request), named[1]
    kept = services.looks.find(slug, query_of(request))
    return await LOOKING.run(_answer, services, request, slug, kept) if kept is not None else None


def _answer(services: Services, request: Request, slug: str, kept: Kept) -> Response | None:
    """The answer; None where the route has to give it."""
    try:
        reader = _reader(services, request, slug)
        if reader is None:
            return None
        with services.database.read() as session:
            return _drawn(services, session, request, slug, kept, reader)
    except AWAY:
        return None


def _reader(services: Services, request: Request, slug: str) -> Reader | None:
    if (token := bearer_token(request)) is not None:
        return readers.by_token(services.database, services.touches, token, slug)
    cookie = request.cookies.get(services.settings.session_cookie_name)
    return readers.by_session(services.database, services.touches, cookie, slug) if cookie else None


def _drawn(
    services: Services, session: Session, request: Request, slug: str, kept: Kept, reader: Reader
) -> Response | None:
    if reader.is_extended and kept.view.seen.has_private:  # which part is shown hangs on it
        return None
    if reader.shown != kept.shown or services.looks.must_renew(slug, query_of(request)):
        return None
    etag = etag_of(kept.fingerprint, reader.user_id, reader.name)
    headers = headers_of(etag)
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    look = kept.view.look(services.renderer, session, board_of(kept.facts, reader.entrant_id))
    return services.renderer.html(request, look.content, headers=headers)
