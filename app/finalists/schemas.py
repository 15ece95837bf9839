"""Finalists as the API tells them."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.competitions.access import Entry
from app.finalists.findings import Found
from app.finalists.service import Finalist
from models.finalists import CodeUpload

_CODE: dict[str, Any] = {
    "id": 3,
    "name": "code.zip",
    "bytes": 48213,
    "sha256": "9f" * 32,
    "received_at": "2026-12-20T14:40:00Z",
    "by": "Ada",
    "url": "/competitions/cmu-10605/code/3",
}
_FOUND: dict[str, Any] = {
    "file": "train.ipynb",
    "cell": 3,
    "line": 2,
    "name": "torch.nn.utils.prune",
    "text": "from torch.nn.utils import prune",
    "forbidden": "torch.nn.utils.prune",
}
_FINALIST: dict[str, Any] = {
    "entrant_id": 7,
    "alias": "Quiet Otter 17",
    "members": ["Ada"],
    "rank": 1,
    "submission_id": 42,
    "is_asked": True,
    "code": _CODE,
    "is_late": False,
    "scan_failure": "",
    "named": [_FOUND],
    "computed": [],
    "unread": [{"file": "old.zip", "why": "an archive within the archive is not opened"}],
    "checks": ["only the given data"],
    "verdict": "open",
    "note": "",
    "reason": None,
}


class CodeBody(BaseModel):
    """Code that was uploaded."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CODE]})

    id: int
    name: str
    bytes: int
    sha256: str
    received_at: datetime
    by: str
    url: str


class OwnCode(BaseModel):
    """Whether you are asked for code, and what you have uploaded, the newest first."""

    competition: str
    is_asked: bool
    until: datetime | None = Field(description="What comes later is taken, and marked as late.")
    items: list[CodeBody]


class FoundBody(BaseModel):
    """A place in the code."""

    file: str
    cell: int = Field(description="0 outside of notebooks.")
    line: int
    name: str = Field(description="As the code names it.")
    text: str
    forbidden: str = Field(description="The forbidden module; empty where the code computes the name.")


class UnreadBody(BaseModel):
    """A file that was not read in whole."""

    file: str
    why: str


class FinalistBody(BaseModel):
    """An entrant that leads or has led, with its code and what the staff found."""

    model_config = ConfigDict(json_schema_extra={"examples": [_FINALIST]})

    entrant_id: int
    alias: str
    members: list[str]
    rank: int | None = Field(description="On the board that decides, as it is now.")
    submission_id: int | None
    is_asked: bool
    code: CodeBody | None = Field(description="The newest upload.")
    is_late: bool
    scan_failure: str = Field(description="Why the code could not be looked at; empty where it was.")
    named: list[FoundBody] = Field(description="Places that name a forbidden module.")
    computed: list[FoundBody] = Field(description="Imports of which the text does not tell what they import.")
    unread: list[UnreadBody]
    checks: list[str] = Field(description="Those that are done.")
    verdict: str = Field(description="`open`, `confirmed` or `disqualified`.")
    note: str
    reason: str | None = Field(description="Why it is disqualified.")


class FinalistList(BaseModel):
    """The leaders by rank, then those with code or a verdict who lead no longer."""

    competition: str
    top: int
    forbidden: list[str]
    items: list[FinalistBody]


def code_body(entry: Entry, code: CodeUpload) -> CodeBody:
    """An upload of code."""
    url = f"/competitions/{entry.competition.slug}/code/{code.id}"
    return CodeBody(
        id=code.id,
        name=code.name,
        bytes=code.bytes,
        sha256=code.sha256,
        received_at=code.received_at,
        by=code.user.name,
        url=url,
    )


def finalist_body(entry: Entry, found: Finalist) -> FinalistBody:
    """A finalist."""
    return FinalistBody(
        entrant_id=found.entrant.id,
        alias=found.entrant.alias,
        members=[each.name for each in found.members],
        rank=found.rank,
        submission_id=found.submission_id,
        is_asked=found.is_asked,
        code=found.code and code_body(entry, found.code),
        is_late=found.is_late,
        scan_failure=found.code.scan_failure if found.code else "",
        named=[_found(each) for each in found.named],
        computed=[_found(each) for each in found.computed],
        unread=[UnreadBody(file=file, why=why) for file, why in found.unread],
        checks=found.review.checks if found.review else [],
        verdict=found.verdict,
        note=found.review.note if found.review else "",
        reason=found.disqualification and found.disqualification.reason,
    )


def _found(each: Found) -> FoundBody:
    return FoundBody(
        file=each.file, cell=each.cell, line=each.line, name=each.name, text=each.text, forbidden=each.forbidden
    )
