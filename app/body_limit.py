"""How large a request's body may be: told from its declared length before any of it is read, else counted on the way."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import error_pages
from app.errors import AppError


@dataclass(frozen=True, slots=True)
class Limit:
    """The bytes that a body may have, and the setting by which the operator says so."""

    bytes: int
    setting: str = ""

    @property
    def advice(self) -> str:
        """The sentence that says what to do; empty where nobody may do anything."""
        return f" The operator of this service may allow more by {self.setting}." if self.setting else ""


class BodyLimit:
    """ASGI middleware that refuses larger bodies with 413.

    `of_paths` are the paths with another limit than the rest; a `*` in one stands for a part between two slashes.
    """

    def __init__(self, app: ASGIApp, *, max_bytes: int, of_paths: Mapping[str, Limit]) -> None:
        self._app = app
        self._max = Limit(max_bytes)
        self._of_paths = [(_pattern(path), limit) for path, limit in of_paths.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        limit = next((limit for pattern, limit in self._of_paths if pattern.fullmatch(path)), self._max)
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared) > limit.bytes:
            response = error_pages.render(Request(scope), _too_large(limit, f"{int(declared):,} bytes"))
            await response(scope, receive, send)
        else:
            await self._app(scope, _counted(receive, limit), send)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.escape(path).replace(r"\*", "[^/]+"))


def _counted(receive: Receive, limit: Limit) -> Receive:
    read = 0

    async def receive_counted() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > limit.bytes:
            # While a form is parsed the framework lets this kind of exception through, and no other.
            detail = f"The request's body is larger than {limit.bytes:,} bytes.{limit.advice}"
            raise HTTPException(413, detail, {"Connection": "close"})
        return message

    return receive_counted


def _too_large(limit: Limit, got: str) -> AppError:
    detail = f"The request's body may have {limit.bytes:,} bytes; this one has {got}.{limit.advice}"
    return AppError(413, "too-large", detail, headers={"Connection": "close"})
