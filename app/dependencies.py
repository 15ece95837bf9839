"""What routes ask for: the services, a session of the database, and the person behind the request."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from app.accounts import service as accounts
from app.errors import NotSignedIn
from app.security import check_origin
from app.services import Services, services_of
from models.accounts import Scope, User


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request: by a browser's session, or by an API token, which has a scope."""

    user: User
    session_id: int | None = None
    scope: Scope | None = None

    @property
    def by_token(self) -> bool:
        """Whether a program asks, not a browser."""
        return self.scope is not None


async def get_services(request: Request) -> Services:
    """The services of this process. Waits for nothing, and so takes no thread."""
    return services_of(request)


AppServices = Annotated[Services, Depends(get_services)]


def identify(request: Request) -> Caller | None:
    """The person behind a request, None where there is none. Raises NotSignedIn for a token that is not valid."""
    with services_of(request).database.read() as session:
        return identify_in(session, request)


def identify_in(session: Session, request: Request) -> Caller | None:
    """The same by a session that is open; a caller that is known already is not asked for again."""
    known: Caller | None = getattr(request.state, "caller", None)
    if known is not None:
        return known
    services = services_of(request)
    if (token := bearer_token(request)) is not None:
        by_token = accounts.user_of_token(session, services.touches, token)
        if by_token is None:
            raise NotSignedIn("The API token is not known, expired or revoked. Make a new one on your account's page.")
        return _known(request, Caller(by_token.user, scope=by_token.scope))
    cookie = request.cookies.get(services.settings.session_cookie_name)
    found = accounts.user_of_session(session, services.touches, cookie) if cookie else None
    if found is None:
        return None
    return _known(request, Caller(found.user, session_id=found.session_id))


def bearer_token(request: Request) -> str | None:
    """The API token that a request is sent with, None where it is sent with none (RFC 6750, 2.1)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _known(request: Request, caller: Caller) -> Caller:
    """The caller, kept with the request: who it is is asked once, and the page's head shows it."""
    request.state.caller, request.state.user = caller, caller.user
    return caller


def require_caller(request: Request) -> Caller:
    """The person behind a request. Raises NotSignedIn."""
    with services_of(request).database.read() as session:
        return require_caller_in(session, request)


def require_caller_in(session: Session, request: Request) -> Caller:
    """The same by a session that is open."""
    caller = identify_in(session, request)
    if caller is None:
        raise NotSignedIn
    return caller


async def signed_in(request: Request) -> Caller:
    """The person behind a request, without a thread where the authorisation has found out already."""
    known: Caller | None = getattr(request.state, "caller", None)
    return known if known is not None else await run_in_threadpool(require_caller, request)


Visitor = Annotated[Caller | None, Depends(identify)]
Signed = Annotated[Caller, Depends(signed_in)]


async def check_origin_of(request: Request) -> None:
    """Refuses what another site may have made a browser send; holds for every route, and takes no thread of any."""
    cookie = services_of(request).settings.session_cookie_name
    check_origin(request.method, request.headers, cookie_name=cookie)


def read_session(request: Request) -> Iterator[Session]:
    """A session that cannot write."""
    with services_of(request).database.read() as session:
        yield session


def write_session(request: Request) -> Iterator[Session]:
    """A session that is committed before the answer is sent, and rolled back where the route raises."""
    with services_of(request).database.write_for_page() as session:
        yield session


Reading = Annotated[Session, Depends(read_session, scope="function")]
Writing = Annotated[Session, Depends(write_session, scope="function")]
