"""Signing in through an OpenID Connect provider: to it, and back from it."""

import base64
import json
import logging
from dataclasses import asdict, dataclass
from hmac import compare_digest
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from app.accounts import identities
from app.accounts.claims import Claims, NotBelieved, ProviderAway
from app.accounts.cookies import begin_session, set_cookie
from app.accounts.routes import safe_path
from app.dependencies import AppServices, Signed, Writing
from app.errors import AppError, NotFound
from app.parameters import RowNumber
from app.services import Services

if TYPE_CHECKING:
    from app.accounts.oidc import Provider

log = logging.getLogger(__name__)
router = APIRouter(tags=["account"], include_in_schema=False)

ON_ITS_WAY_SECONDS = 600
"""How long a sign-in may take at the provider."""
Text = Annotated[str, Query(max_length=4000)]


@dataclass(frozen=True, slots=True)
class Kept:
    """What the browser keeps meanwhile: nobody else can end the sign-in that it began."""

    state: str
    nonce: str
    verifier: str
    onward: str


@router.get("/oidc/start", operation_id="startOidc")
def start(services: AppServices, next: str = "/") -> Response:  # noqa: A002 - the parameter's name in the address
    """On to the provider. A link and no form: browsers hold `form-action` against where a form leads on to."""
    provider = _provider(services)
    try:
        begun = provider.begin()
    except ProviderAway as error:
        raise _away(error) from error
    kept = Kept(begun.state, begun.nonce, begun.verifier, safe_path(next))
    response = RedirectResponse(begun.url, 303)
    set_cookie(response, services.settings, services.settings.oidc_cookie_name, _packed(kept), ON_ITS_WAY_SECONDS)
    return response


@router.get("/oidc/callback", operation_id="finishOidc")
def finish(
    request: Request,
    services: AppServices,
    code: Text = "",
    state: Text = "",
    error: Text = "",
    iss: Annotated[str | None, Query(max_length=4000)] = None,
) -> Response:
    """Back from the provider: opens a session for the person whom it vouches for."""
    provider = _provider(services)
    kept = _unpacked(request.cookies.get(services.settings.oidc_cookie_name, ""))
    if kept is None or not compare_digest(state.encode(), kept.state.encode()):
        raise _not_believed("This browser has begun no such sign-in, or it took longer than ten minutes.")
    if error or not code:
        log.info("oidc.refused error=%s", error[:100])
        raise _not_believed("The provider did not sign you in.")
    claims = _claims(provider, code, kept, iss)
    with services.database.write_for_page() as session:
        person = identities.person_of(session, claims, new_accounts=services.settings.oidc_new_accounts)
    response = RedirectResponse(kept.onward, 303)
    begin_session(request, response, services, person)
    response.delete_cookie(
        services.settings.oidc_cookie_name, path="/", secure=services.settings.cookie_secure, httponly=True
    )
    return response


@router.post("/account/identities/{identity_id}/removal", operation_id="disconnect")
def disconnect(signed: Signed, session: Writing, identity_id: RowNumber) -> Response:
    """One's own account is no longer connected to the provider."""
    identities.disconnect(session, signed.user, identity_id)
    return RedirectResponse("/account", 303)


def _claims(provider: "Provider", code: str, kept: Kept, issuer: str | None) -> Claims:
    try:
        return provider.finish(code, kept.nonce, kept.verifier, issuer)
    except ProviderAway as error:
        raise _away(error) from error
    except NotBelieved as error:
        log.warning("oidc.not_believed why=%s", error)
        raise _not_believed("What the provider sent does not prove who you are.") from error


def _provider(services: Services) -> "Provider":
    if services.oidc is None:
        raise NotFound("This service has no other provider to sign in with.")
    return services.oidc


def _away(error: Exception) -> AppError:
    log.error("oidc.provider_away why=%s", error)
    return AppError(503, "provider-away", "The provider that you sign in with does not answer. Try again later.")


def _not_believed(detail: str) -> AppError:
    return AppError(403, "provider-not-believed", f"{detail} Begin again on the sign-in page.")


def _packed(kept: Kept) -> str:
    return base64.urlsafe_b64encode(json.dumps(asdict(kept)).encode()).decode()


def _unpacked(text: str) -> Kept | None:
    try:
        found = json.loads(base64.urlsafe_b64decode(text.encode()))
        state, nonce, verifier, onward = (str(found[name]) for name in ("state", "nonce", "verifier", "onward"))
    except (ValueError, KeyError, TypeError):
        return None
    return Kept(state, nonce, verifier, safe_path(onward))
