"""What a browser carries: its session, and the mark by which it is known."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from app.accounts import known_browsers, service
from app.services import Services
from app.settings import Settings
from models.accounts import User


def address_of(request: Request) -> str:
    """The network address that a request came from."""
    return request.client.host if request.client else "unknown"


def begin_session(request: Request, response: Response, services: Services, person: User) -> None:
    """Opens a session for the person and sends it with the response; the browser's old session ends."""
    settings = services.settings
    with services.database.write_for_page() as session:
        token = service.open_session(
            session,
            person.id,
            lifetime=timedelta(hours=settings.session_hours),
            user_agent=request.headers.get("user-agent", ""),
            replaces=request.cookies.get(settings.session_cookie_name),
        )
    set_cookie(response, settings, settings.session_cookie_name, token, settings.session_hours * 3600)


def remember_browser(response: Response, services: Services, person: User) -> None:
    """Marks the browser as one in which the person has signed in with a password."""
    seconds = known_browsers.MARK_DAYS * 24 * 3600
    name = services.settings.known_cookie_name
    set_cookie(response, services.settings, name, known_browsers.mark(person), seconds)


def end_session(request: Request, response: Response, services: Services) -> None:
    """Ends the session of this browser, if it has one."""
    settings = services.settings
    token = request.cookies.get(settings.session_cookie_name)
    if token:
        with services.database.write_for_page() as session:
            service.close_session(session, token)
    response.delete_cookie(settings.session_cookie_name, path="/", secure=settings.cookie_secure, httponly=True)


def set_cookie(response: Response, settings: Settings, name: str, value: str, seconds: int) -> None:
    """A cookie that no script reads and no other site sends along with a form."""
    response.set_cookie(
        name, value, max_age=seconds, path="/", secure=settings.cookie_secure, httponly=True, samesite="lax"
    )
