"""What protects a browser: the check of where a request comes from, and the headers of every answer."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import Forbidden

_LASTING = frozenset({200, 206, 304})
"""A static file, a part of it, or the news that it has not changed; never the news that it is missing."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    )
)


def check_origin(method: str, headers: Headers, *, cookie_name: str) -> None:
    """Raises Forbidden where another site may have made a browser send this request.

    Sec-Fetch-Site decides where a browser sends it (https and localhost); else Origin must name the host that was asked.
    With neither header only a request with our cookie is refused: programs send a token, and no cookie.
    """
    if method in SAFE_METHODS:
        return
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        trusted = site in ("same-origin", "none")
    elif origin is not None:
        trusted = origin in (f"http://{headers.get('host')}", f"https://{headers.get('host')}")
    else:
        trusted = f"{cookie_name}=" not in headers.get("cookie", "")
    if not trusted:
        raise Forbidden("The request came from another site. Open the page here and try again.", code="cross-site")


class SecurityHeaders:
    """ASGI middleware that adds the protective headers. Static files may be kept; nothing else may."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                lasts = scope["path"].startswith("/static/") and message["status"] in _LASTING
                self._add(MutableHeaders(scope=message), lasts=lasts)
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _add(self, headers: MutableHeaders, *, lasts: bool) -> None:
        # What is no page of ours, such as a plot or a student's file, brings a narrower one of its own.
        headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if self._https:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if lasts:
            headers["Cache-Control"] = "public, max-age=31536000, immutable"
        else:
            headers.setdefault("Cache-Control", "no-store")
