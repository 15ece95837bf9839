"""Everybody who has an account, for administrators."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.accounts import links
from app.answers import GOES_ON, done
from app.dependencies import AppServices, Reading, Signed, Writing
from app.errors import NotFound
from app.openapi import problems
from app.paging import PAGE_ROWS
from app.parameters import Printable, RowNumber
from app.people import governing, queries, service
from app.people.routes import From
from app.people.schemas import LinkBody
from models.accounts import User

router = APIRouter(tags=["people"], prefix="/people")

_ANSWERS = {**GOES_ON, **problems(401, 403, 404, 409, 422)}


class AccountBody(BaseModel):
    """Somebody who has an account."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "user_id": 7,
                    "name": "Ada",
                    "email": "ada@example.org",
                    "is_admin": False,
                    "may_create_courses": True,
                    "has_password": True,
                    "is_disabled": False,
                    "is_unproven": False,
                }
            ]
        }
    )

    user_id: int
    name: str
    email: str
    is_admin: bool
    may_create_courses: bool
    has_password: bool
    is_disabled: bool
    is_unproven: bool = Field(description="Made with a join code, and nobody has checked the e-mail address.")


class AccountList(BaseModel):
    """Accounts by name."""

    items: list[AccountBody]
    next: str | None = Field(description="The address of the next part; null at the end.")


@router.get(
    "",
    operation_id="listAccounts",
    summary="Everybody who has an account, for administrators",
    response_model=AccountList,
    responses=problems(401, 403, 422),
)
def list_accounts(
    request: Request,
    services: AppServices,
    signed: Signed,
    session: Reading,
    q: Annotated[Printable, Query(max_length=200, description="Words that name or e-mail address hold.")] = "",
    passed: From = 0,
) -> Response:
    """By name, 50 at a time."""
    found = queries.everybody(session, q, passed)
    following = None
    if len(found) > PAGE_ROWS:
        url = request.url.include_query_params(**{"from": passed + PAGE_ROWS})
        following = f"{url.path}?{url.query}"
    body = AccountList(items=[_body(each) for each in found[:PAGE_ROWS]], next=following)
    context = {"rows": found[:PAGE_ROWS], "words": q, "next_url": following, "passed": passed, "me": signed.user.id}
    return services.renderer.page_or_json(request, "people/everybody.html", context, body)


@router.post(
    "/{user_id}/rights",
    operation_id="setRights",
    summary="Say who administrates and who makes courses",
    response_model=AccountBody,
    responses=_ANSWERS,
)
def set_rights(
    request: Request,
    signed: Signed,
    session: Writing,
    user_id: RowNumber,
    is_admin: Annotated[bool, Form()] = False,
    may_create_courses: Annotated[bool, Form()] = False,
) -> Response:
    """Both at once: what is left out is taken away. Nobody takes the administration from themselves."""
    person = _person(session, user_id)
    governing.set_rights(session, signed.user, person, is_admin=is_admin, may_create_courses=may_create_courses)
    return done(request, f"/people?q={quote(person.email)}", _body(person))


@router.post(
    "/{user_id}/access",
    operation_id="setAccountAccess",
    summary="Let somebody in no more, or again",
    response_model=AccountBody,
    responses=_ANSWERS,
)
def set_account_access(
    request: Request, signed: Signed, session: Writing, user_id: RowNumber, allowed: Annotated[bool, Form()]
) -> Response:
    """Browsers are signed out, password and tokens are refused; courses and submissions stay."""
    person = _person(session, user_id)
    service.set_disabled(session, signed.user, person, wanted=not allowed)
    return done(request, f"/people?q={quote(person.email)}", _body(person))


@router.post(
    "/{user_id}/link",
    operation_id="makeAccountLink",
    summary="Make a link to set a password, for anybody",
    status_code=201,
    response_model=LinkBody,
    responses=problems(401, 403, 404, 409, 422),
)
def make_account_link(
    request: Request, services: AppServices, signed: Signed, session: Writing, user_id: RowNumber
) -> Response:
    """It works once, and the one before no more. There is no mail server: send it yourself."""
    person = _person(session, user_id)
    service.check_may_manage(session, signed.user, person)
    issued = links.make(session, person, signed.user.id)
    session.refresh(issued.link)
    url = f"{services.settings.public_url}{issued.path}"
    body = LinkBody(email=person.email, kind=issued.link.kind.value, url=url, expires_at=issued.link.expires_at)
    context = {"person": person, "link": body, "back": "/people", "back_text": "People"}
    return services.renderer.page_or_json(request, "people/link.html", context, body, status=201)


def _person(session: Session, user_id: int) -> User:
    found = session.get(User, user_id)
    if found is None:
        raise NotFound(f"There is nobody with the number {user_id}.")
    return found


def _body(person: User) -> AccountBody:
    return AccountBody(
        user_id=person.id,
        name=person.name,
        email=person.email,
        is_admin=person.is_admin,
        may_create_courses=person.may_create_courses,
        has_password=person.password_hash is not None,
        is_disabled=person.disabled_at is not None,
        is_unproven=person.is_unproven,
    )
