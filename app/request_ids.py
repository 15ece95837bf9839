"""A number for each request, in its log lines, its answer and the page that a person reports."""

import logging
import secrets
import time

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.log_context import about
from app.observability.traces import Traces, describe

HEADER = "X-Request-ID"
READING = ("GET", "HEAD", "OPTIONS")
OTHER = "(none)"
log = logging.getLogger(__name__)


class RequestIds:
    """ASGI middleware that gives each request an id of its own, and tells when and how it ended.

    A line is written for what changes something and for what broke; everything is counted.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        status, begun = 500, time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        with about(request=request_id), _traces(scope).request(request_id) as span:
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                # The pattern of the address and not the address: some hold a secret.
                route = getattr(scope.get("route"), "path", None) or OTHER
                describe(span, scope["method"], route, status)
                _tell(scope, route, status, time.perf_counter() - begun)


def _traces(scope: Scope) -> Traces:
    app = scope.get("app")
    return Traces() if app is None else app.state.services.traces


def _tell(scope: Scope, route: str, status: int, seconds: float) -> None:
    if scope["method"] not in READING or status >= 500:
        log.info("request.ended method=%s route=%s status=%d seconds=%.3f", scope["method"], route, status, seconds)
    if (app := scope.get("app")) is not None:
        app.state.services.metrics.request(scope["method"], route, status, seconds)
