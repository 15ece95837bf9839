"""The people of a course as the API tells them."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.people.importing import Shown
from app.people.matching import Plan
from app.people.roster import Line
from models.courses import Membership, Role
from models.joining import JoinCode

_PERSON: dict[str, Any] = {
    "user_id": 7,
    "name": "Ada",
    "email": "ada@example.org",
    "role": "student",
    "sid": "s123456",
    "login": "ada",
    "section": "A",
    "has_password": True,
    "is_disabled": False,
    "is_unproven": False,
    "joined_at": "2026-09-01T09:00:00Z",
}


class PersonBody(BaseModel):
    """A member of a course."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PERSON]})

    user_id: int
    name: str
    email: str
    role: Role
    sid: str | None = Field(description="What the university's register calls the person.")
    login: str | None = Field(description="Canvas' SIS Login ID.")
    section: str
    has_password: bool
    is_disabled: bool
    is_unproven: bool = Field(description="Made with a join code, and nobody has checked the e-mail address.")
    joined_at: datetime


class PersonList(BaseModel):
    """Members of a course by name."""

    items: list[PersonBody]
    next: str | None = Field(description="The address of the next part; null at the end.")


class LinkBody(BaseModel):
    """A link with which a person sets a password, once. It is shown this once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "email": "ada@example.org",
                    "kind": "invitation",
                    "url": "https://prune.example/links/...",
                    "expires_at": "2026-09-15T09:00:00Z",
                }
            ]
        }
    )

    email: str
    kind: str = Field(description="`invitation` for somebody without a password, else `reset`.")
    url: str
    expires_at: datetime


class JoinCodeBody(BaseModel):
    """The code with which students join; null where it is switched off."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"code": "K7PQ2MNX", "uses": 12, "max_uses": 200, "expires_at": None}]}
    )

    code: str | None
    uses: int = 0
    max_uses: int | None = Field(default=None, description="Null: no limit.")
    expires_at: datetime | None = Field(default=None, description="Null: it holds until it is switched off.")


class RosterPersonBody(BaseModel):
    """One line of a roster and what becomes of it."""

    line: int | None = Field(description="In the file; null for somebody who is not in it.")
    name: str
    email: str
    detail: str = Field(description="What changes, or why nothing is done.")


class RosterBody(BaseModel):
    """What a roster would do to the course, or what it has done."""

    id: int
    file_name: str
    columns: dict[str, str] = Field(description="The headers of the columns, by what they are taken for.")
    headers: list[str]
    drop_missing: bool
    email_domain: str
    why: str = Field(description="What is missing before anything can be shown; else empty.")
    added: list[RosterPersonBody]
    changed: list[RosterPersonBody]
    missing: list[RosterPersonBody] = Field(
        description="Students who are not in the file; they leave with `drop_missing`."
    )
    ambiguous: list[RosterPersonBody] = Field(description="Lines that nothing is done with.")
    unchanged: int
    digest: str = Field(description="Send it to confirm exactly this.")
    applied_at: datetime | None


def person_body(found: Membership) -> PersonBody:
    """A member."""
    person = found.user
    return PersonBody(
        user_id=person.id,
        name=person.name,
        email=person.email,
        role=found.role,
        sid=found.sid,
        login=found.login,
        section=found.section,
        has_password=person.password_hash is not None,
        is_disabled=person.disabled_at is not None,
        is_unproven=person.is_unproven,
        joined_at=found.created_at,
    )


def join_code_body(found: JoinCode | None) -> JoinCodeBody:
    """The course's code."""
    if found is None:
        return JoinCodeBody(code=None)
    return JoinCodeBody(code=found.code, uses=found.uses, max_uses=found.max_uses, expires_at=found.expires_at)


def roster_body(shown: Shown) -> RosterBody:
    """A roster and what it would do."""
    planned = shown.plan or Plan([], [], 0, [], False, [])
    header = shown.table.header
    return RosterBody(
        id=shown.stored.id,
        file_name=shown.stored.file_name,
        columns={what: header[column] for what, column in shown.choice.columns.items() if column < len(header)},
        headers=list(header),
        drop_missing=shown.choice.drop_missing,
        email_domain=shown.choice.email_domain,
        why=shown.why,
        added=[_of_line(each.line, f"as {each.role.value}") for each in planned.added],
        changed=[_of_line(each.line, news(each.values), each.member.email) for each in planned.changed],
        missing=[RosterPersonBody(line=None, name=each.name, email=each.email, detail="") for each in planned.missing],
        ambiguous=[_of_line(each.line, each.reason) for each in planned.doubts],
        unchanged=planned.unchanged,
        digest=shown.digest,
        applied_at=shown.stored.applied_at,
    )


def news(values: Any) -> str:
    """What changes of a member, in words."""
    return "; ".join(f"{what}: {before or 'none'} to {after}" for what, (before, after) in values.items())


def _of_line(line: Line, detail: str, email: str = "") -> RosterPersonBody:
    return RosterPersonBody(line=line.number, name=line.name, email=email or line.email, detail=detail)
