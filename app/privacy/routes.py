"""One's own data as an archive; for administrators anybody's, and its erasure."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, StreamingResponse
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.dependencies import AppServices, Reading, Signed
from app.errors import Forbidden, NotFound, Unprocessable
from app.housekeeping import blobs
from app.parameters import RowNumber
from app.privacy import erasing, exporting, queries
from app.services import Services
from app.submissions.file_routes import disposition
from models.accounts import User

router = APIRouter(tags=["people"])


@router.get("/account/data", operation_id="getOwnData", include_in_schema=False)
def own_data(services: AppServices, signed: Signed, session: Reading) -> Response:
    """Everything that the service holds of oneself."""
    return _sent(services, session, signed.user, in_full=False)


@router.get("/people/{user_id}/data", operation_id="getData", include_in_schema=False)
def data(services: AppServices, signed: Signed, session: Reading, user_id: RowNumber) -> Response:
    """Everything that the service holds of somebody, for administrators."""
    _check_admin(signed.user)
    return _sent(services, session, _person(session, user_id), in_full=True)


@router.get("/people/{user_id}/erasure", operation_id="showErasure", include_in_schema=False)
def show_erasure(
    request: Request, services: AppServices, signed: Signed, session: Reading, user_id: RowNumber
) -> Response:
    """What erasing somebody means, and the form."""
    _check_admin(signed.user)
    person = _person(session, user_id)
    context = {"person": person, "submissions": len(queries.submissions(session, user_id))}
    return services.renderer.page(request, "privacy/erasure.html", context)


@router.post("/people/{user_id}/erasure", operation_id="erasePerson", include_in_schema=False)
def erase(
    services: AppServices, signed: Signed, user_id: RowNumber, email: Annotated[str, Form(max_length=300)] = ""
) -> Response:
    """Forgets a person whose address is typed once more; there is no way back."""
    _check_admin(signed.user)
    with services.database.write_for_page() as session:
        person = _person(session, user_id)
        if email.strip().casefold() != person.email:
            raise Unprocessable("erase-confirm", f"Type {person.email} to have this person erased. Nothing was done.")
        erased = erasing.erase(session, user_id, signed.user.id)
    blobs.give_up(services.database, services.store, erased.digests)
    return RedirectResponse(f"/people/{user_id}/erasure", 303)


def _sent(services: Services, session: Session, person: User, *, in_full: bool) -> Response:
    holding = exporting.holding_of(session, services.definitions, person, in_full=in_full)
    headers = {"Content-Disposition": disposition(f"person-{person.id}.zip"), "Cache-Control": "private, no-store"}
    content = exporting.archive(services.store, holding)
    return StreamingResponse(content, media_type="application/zip", headers=headers)


def _person(session: Session, user_id: int) -> User:
    found = session.get(User, user_id)
    if found is None:
        raise NotFound(f"There is no person {user_id}.")
    return found


def _check_admin(user: User) -> None:
    if not user.is_admin:
        raise Forbidden("This is for administrators.")
