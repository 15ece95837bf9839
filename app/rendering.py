"""Pages: templates, the filters they use, and the choice between a page and JSON."""

import hashlib
import importlib.metadata
from collections.abc import Callable, Mapping
from datetime import datetime
from fractions import Fraction
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi.encoders import jsonable_encoder
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from app.accounts.user_agents import browser_name
from app.client_wheel import building as client_wheel
from app.compressing import packed
from app.settings import Settings
from grader.messages.fixes import fix

HERE = Path(__file__).parent
STATIC = HERE / "static"


@cache
def version() -> str:
    """The release that is installed."""
    return importlib.metadata.version("secateur")


class Renderer:
    """Renders templates with what every page needs. `user` and `flashes` come with the request."""

    def __init__(self, settings: Settings) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
            auto_reload=False,
        )
        self._environment.filters |= {
            "number": number,
            "percent": percent,
            "points": points,
            "score": score,
            "when": when,
            "markdown": markdown,
            "browser_name": browser_name,
            "filesize": file_size,
            "exactly": exactly,
            "duration": duration,
            "exact_number": exact_number,
        }
        self._environment.globals |= {
            "static": static_url,
            "fix_of": fix,
            "version": version(),
            "public_url": settings.public_url,
            "client_url": f"{settings.public_url}/client/{client_wheel.name()}",
            "insecure": not settings.cookie_secure,
            "oidc_name": settings.oidc_name if settings.oidc_issuer else "",
        }

    def page(
        self,
        request: Request,
        template: str,
        context: Mapping[str, Any],
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> HTMLResponse:
        """A template as a response, compressed where the browser takes it so."""
        user = getattr(request.state, "user", None)
        text = self.text(template, {"user": user, "path": request.url.path, **context})
        return self.html(request, text.encode(), status=status, headers=headers)

    def html(
        self, request: Request, content: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> HTMLResponse:
        """HTML that is drawn already, in UTF-8, as such a response."""
        response = HTMLResponse(content, status, {"Vary": "Accept", **(headers or {})})
        response.headers.add_vary_header("Accept-Encoding")
        # What shows a secret once answers a POST: no length may tell of it.
        body = packed(content, request.headers) if request.method == "GET" else None
        if body is not None:
            response.body = body
            response.headers.update({"Content-Encoding": "gzip", "Content-Length": str(len(body))})
        return response

    def text(self, template: str, context: Mapping[str, Any]) -> str:
        """A template as HTML; for nobody in particular where the context names no `user`."""
        always: dict[str, Any] = {"user": None, "path": "", "flashes": []}
        return self._environment.get_template(template).render({**always, **context})

    def macro(self, template: str, name: str) -> Callable[..., Markup]:
        """A macro of a template, for a piece that is put into pages."""
        found: Callable[..., Markup] = getattr(self._environment.get_template(template).module, name)
        return found

    def page_or_json(
        self,
        request: Request,
        template: str,
        context: Mapping[str, Any],
        body: Any,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """A page for a browser, `body` as JSON for everything else; the same content either way."""
        if wants_page(request):
            return self.page(request, template, context, status=status, headers=headers)
        return JSONResponse(jsonable_encoder(body), status, {"Vary": "Accept", **(headers or {})})


def wants_page(request: Request) -> bool:
    """Whether the caller prefers HTML to JSON: a browser names text/html, a program seldom does."""
    return preferred(request, "application/json", "text/html") == "text/html"


def is_look(request: Request) -> bool:
    """Whether a page that is open asks for a part of itself anew (htmx); it needs nothing around that part."""
    return request.headers.get("hx-request") == "true" and wants_page(request)


def preferred(request: Request, *kinds: str) -> str:
    """Of some media types the one that the caller names with the highest weight; the first where none is named."""
    weights = dict.fromkeys(kinds, 0.0)
    for part in request.headers.get("accept", "").split(","):
        kind, *parameters = (piece.strip() for piece in part.split(";"))
        if kind.lower() in weights:
            weights[kind.lower()] = _quality(parameters)
    return max(kinds, key=weights.__getitem__)


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0


@cache
def static_url(path: str) -> str:
    """The address of a static file with a digest of its content, so that browsers may keep it for ever."""
    digest = hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:12]
    return f"/static/{quote(path)}?v={digest}"


def number(value: int) -> str:
    """1234567 as 1,234,567."""
    return f"{value:,}"


def percent(share: float) -> str:
    """0.9615 as 96.15 %."""
    return f"{share * 100:.2f} %"


def points(share: float) -> str:
    """A share as percentage points: 0.0042 as 0.42, -0.0042 as −0.42, and never −0.00."""
    return f"{round(share * 100, 2) + 0.0:.2f}".replace("-", "−")


def score(value: float) -> str:
    """Four decimals, 0.8230; whole numbers from 100 on, such as operations, are 4,694,096; others from 1,000 on 1,234.6."""
    if abs(value) >= 100 and value.is_integer():
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 1000 else f"{value:.4f}"


def when(moment: datetime) -> str:
    """A moment as a reader takes it in, in its own zone: 21 Nov 2026, 09:40 UTC."""
    return f"{moment.day} {moment:%b %Y, %H:%M} {moment.tzname() or ''}".strip()


def exactly(value: Fraction) -> str:
    """Up to four decimals without zeros at the end: 17/2 as 8.5; what has more is rounded."""
    return f"{float(value):,.4f}".rstrip("0").rstrip(".")


def duration(seconds: float) -> str:
    """Seconds as one says them of a wait: 0.4 as 1 second, 75 as 2 minutes."""
    if seconds < 60:
        count, unit = max(1, round(seconds)), "second"
    else:
        count, unit = ceil(seconds / 60), "minute"
    return f"{count:,} {unit}{'' if count == 1 else 's'}"


def exact_number(value: Fraction) -> str:
    """A number that a condition speaks of: 592,933; 0.6514, with up to six decimals."""
    return number(value.numerator) if value.denominator == 1 else f"{float(value):.6f}".rstrip("0")


def file_size(count: int) -> str:
    """Bytes in the unit that fits: 2.3 MiB."""
    size = float(count)
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"


def markdown(text: str) -> Markup:
    """CommonMark with tables as HTML. Raw HTML in the text is shown as text, and links may not be scripts."""
    return Markup(_MARKDOWN.render(text))  # noqa: S704 - the parser escapes everything that it did not make itself


_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
