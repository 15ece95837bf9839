"""What is answered to a change: a browser goes on to a page, a program is told how things are now."""

from fastapi.responses import RedirectResponse
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.rendering import wants_page

GOES_ON: dict[int | str, dict[str, str]] = {303: {"description": "For a browser: on to the page that shows it."}}
"""The `responses` of a route that answers so."""


def done(request: Request, url: str, body: BaseModel, status: int = 200) -> Response:
    """On to `url`, or the body as JSON; with a 201 the url is where the new thing is."""
    if wants_page(request):
        return RedirectResponse(url, 303)
    headers = {"Location": url} if status == 201 else {}
    return JSONResponse(body.model_dump(mode="json"), status, {"Vary": "Accept", **headers})
