"""How large a request's body may be: told from its declared length before any of it is read, else counted on the way."""

import re
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import error_pages
from app.errors import AppError


class BodyLimit:
    """ASGI middleware that refuses larger bodies with 413.

    `of_paths` are the paths with another limit than the rest; a `*` in one stands for a part between two slashes.
    """

    def __init__(self, app: ASGIApp, *, max_bytes: int, of_paths: Mapping[str, int]) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._of_paths = [(_pattern(path), limit) for path, limit in of_paths.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        limit = next((limit for pattern, limit in self._of_paths if pattern.fullmatch(path)), self._max_bytes)
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared) > limit:
            response = error_pages.render(Request(scope), _too_large(limit, f"{int(declared):,} bytes"))
            await response(scope, receive, send)
        else:
            await self._app(scope, _counted(receive, limit), send)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.escape(path).replace(r"\*", "[^/]+"))


def _counted(receive: Receive, limit: int) -> Receive:
    read = 0

    async def receive_counted() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > limit:
            # While a form is parsed the framework lets this kind of exception through, and no other.
            raise HTTPException(413, f"The request's body is larger than {limit:,} bytes.", {"Connection": "close"})
        return message

    return receive_counted


def _too_large(limit: int, got: str) -> AppError:
    detail = f"The request's body may have {limit:,} bytes; this one has {got}."
    return AppError(413, "too-large", detail, headers={"Connection": "close"})
