"""The page behind a one-time link: a person sets a password and is signed in."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from app.accounts import links
from app.accounts.cookies import begin_session, remember_browser
from app.dependencies import AppServices, Reading
from app.errors import AppError
from app.parameters import Printable

router = APIRouter(tags=["account"], include_in_schema=False)


@router.get("/links/{token}", operation_id="showLink")
def show_link(request: Request, services: AppServices, session: Reading, token: Printable) -> Response:
    """The form. Looking at it uses nothing up: programs that scan mail look too."""
    return services.renderer.page(request, "accounts/link.html", {"link": links.find(session, token), "error": ""})


@router.post("/links/{token}", operation_id="useLink")
def use_link(
    request: Request,
    services: AppServices,
    token: Printable,
    password: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Sets the password and signs in. A password that will not do leaves the link as it is."""
    with services.database.read() as session:
        found = links.find(session, token)
    try:
        password_hash = services.passwords.hash(password)
    except AppError as error:
        context = {"link": found, "error": error.detail}
        return services.renderer.page(request, "accounts/link.html", context, status=error.status)
    with services.database.write_for_page() as session:
        person = links.use(session, token, password_hash)
        session.flush()
        session.refresh(person)
    response = RedirectResponse("/", 303)
    begin_session(request, response, services, person)
    remember_browser(response, services, person)
    return response
