"""Signing in and out, and the page of one's own account."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts import known_browsers, queries, service
from app.accounts.cookies import address_of, begin_session, end_session, remember_browser
from app.accounts.throttle import Attempt, confirming, signing_in
from app.clock import read_clock
from app.dependencies import AppServices, Caller, Reading, Signed, Visitor, Writing
from app.errors import AppError
from app.parameters import Printable, RowNumber
from app.services import Services
from models.accounts import Scope, User

router = APIRouter(tags=["account"])

WRONG = "E-mail address and password do not belong together. After ten tries in a quarter of an hour you have to wait."


@router.get("/login", operation_id="showLogin", include_in_schema=False)
def show_login(request: Request, services: AppServices, visitor: Visitor, next: str = "/") -> Response:  # noqa: A002 - the parameter's name in the address
    """The sign-in page."""
    if visitor is not None:
        return RedirectResponse(safe_path(next), 303)
    return services.renderer.page(request, "accounts/login.html", {"next": safe_path(next), "email": "", "error": ""})


@router.post("/login", operation_id="login", include_in_schema=False)
def login(
    request: Request,
    services: AppServices,
    email: Annotated[Printable, Form(max_length=300)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    next: Annotated[str, Form(max_length=2000)] = "/",  # noqa: A002 - the field's name in the form
) -> Response:
    """Opens a session and goes to the page that was asked for."""
    attempt = _attempt(request, services, email)
    services.throttle.begin(attempt)
    with services.database.read() as session:
        person = service.authenticate(session, services.passwords, email, password)
    if person is None:
        context = {"next": safe_path(next), "email": email, "error": WRONG}
        return services.renderer.page(request, "accounts/login.html", context, status=422)
    services.throttle.succeed(attempt)
    response = RedirectResponse(safe_path(next), 303)
    begin_session(request, response, services, person)
    remember_browser(response, services, person)
    return response


def _attempt(request: Request, services: Services, email: str) -> Attempt:
    """What a sign-in counts for: a browser in which this account has signed in before counts by itself."""
    mark = request.cookies.get(services.settings.known_cookie_name)
    with services.database.read() as session:
        person = queries.user_by_email(session, email)
    return signing_in(email, address_of(request), mark if known_browsers.is_known(person, mark) else None)


@router.post("/logout", operation_id="logout", include_in_schema=False)
def logout(request: Request, services: AppServices) -> Response:
    """Ends the session of this browser."""
    response = RedirectResponse("/", 303)
    end_session(request, response, services)
    return response


@router.get("/account", operation_id="showAccount", include_in_schema=False)
def show_account(request: Request, services: AppServices, signed: Signed, session: Reading) -> Response:
    """One's own account: API tokens, sessions, password."""
    return _account_page(request, services, signed, session)


@router.post("/account/tokens", operation_id="createToken", include_in_schema=False)
def create_token(
    request: Request,
    services: AppServices,
    signed: Signed,
    name: Annotated[Printable, Form(max_length=500)],
    days: Annotated[int, Form(ge=0, le=3650)] = 180,
    scope: Annotated[Scope, Form()] = Scope.SUBMIT,
) -> Response:
    """Makes an API token and shows it, this once."""
    with services.database.write_for_page() as session:
        lifetime = timedelta(days=days) if days else None
        issued = service.create_token(session, signed.user.id, name, lifetime, scope)
    with services.database.read() as session:
        return _account_page(request, services, signed, session, shown_once=issued.text)


@router.post("/account/tokens/{token_id}/revoke", operation_id="revokeToken", include_in_schema=False)
def revoke_token(signed: Signed, session: Writing, token_id: RowNumber) -> Response:
    """Ends one of one's own API tokens."""
    service.revoke_token(session, signed.user.id, token_id)
    return RedirectResponse("/account", 303)


@router.post("/account/sessions/{session_id}/revoke", operation_id="revokeSession", include_in_schema=False)
def revoke_session(signed: Signed, session: Writing, session_id: RowNumber) -> Response:
    """Signs another browser of one's own out."""
    service.revoke_session(session, signed.user.id, session_id)
    return RedirectResponse("/account", 303)


@router.post("/account/password", operation_id="changePassword", include_in_schema=False)
def change_password(
    request: Request,
    services: AppServices,
    signed: Signed,
    old: Annotated[str, Form(max_length=1000)],
    new: Annotated[str, Form(max_length=1000)],
) -> Response:
    """Sets a new password and signs all browsers out."""
    attempt = confirming(signed.session_id or 0)
    services.throttle.begin(attempt)
    try:
        _change_password(services, signed.user, old, new)
    except AppError as error:
        with services.database.read() as session:
            return _account_page(request, services, signed, session, password_error=error.detail)
    services.throttle.succeed(attempt)
    return RedirectResponse("/login", 303)


def _change_password(services: Services, user: User, old: str, new: str) -> None:
    with services.database.read() as session:
        if service.authenticate(session, services.passwords, user.email, old) is None:
            raise AppError(422, "password-wrong", "The present password is another one. Nothing was changed.")
    password_hash = services.passwords.hash(new)
    with services.database.write_for_page() as session:
        service.set_password(session, user.id, password_hash)


def _account_page(
    request: Request,
    services: Services,
    signed: Caller,
    session: Session,
    *,
    shown_once: str = "",
    password_error: str = "",
) -> Response:
    context = {
        "tokens": queries.tokens_of(session, signed.user.id),
        "sessions": queries.sessions_of(session, signed.user.id),
        "identities": queries.identities_of(session, signed.user.id),
        "session_id": signed.session_id,
        "now": read_clock(session),
        "shown_once": shown_once,
        "password_error": password_error,
    }
    status = 422 if password_error else 200
    return services.renderer.page(request, "accounts/account.html", context, status=status)


def safe_path(address: str) -> str:
    """The path to go on to: one of ours, never another site's."""
    is_ours = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if is_ours else "/"
