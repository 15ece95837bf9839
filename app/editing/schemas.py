"""Definitions, their versions and what they need before they open, as the API tells them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.editing.changes import Change, Way
from app.editing.checklist import Check
from app.editing.examining import Examined
from app.editing.starting import Start
from app.rejudges.schemas import ComparisonBody
from grader.errors import Misplaced
from models.competitions import Competition, CompetitionVersion

_CHECK: dict[str, Any] = {
    "name": "examples",
    "title": "The formula gives the stated example",
    "is_green": True,
    "told": "accuracy 0.65, sparsity 0.5 gives 0.575",
    "submission_id": None,
}


class FindingBody(BaseModel):
    """One thing to change; line and column count from 1, null where there is no place to name."""

    line: int | None
    column: int | None
    message: str


class ExaminedBody(BaseModel):
    """What is wrong with a definition, and what to look at again before it opens."""

    is_valid: bool
    findings: list[FindingBody]
    remarks: list[FindingBody]


class StartBody(BaseModel):
    """A built-in definition that a competition may begin with."""

    name: str
    title: str
    summary: str


class StartList(BaseModel):
    """Where a new competition may begin, and the text of the one that was asked for."""

    items: list[StartBody]
    source: str = Field(description="The text of the start that was asked for; empty where none was.")


class DefinitionBody(BaseModel):
    """A definition as it holds. The answer's ETag is its version, for `If-Match`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"slug": "cmu-10605", "version": 3, "dataset": "hidden-2026", "source": "slug: cmu-10605\n"}]
        }
    )

    slug: str
    version: int
    dataset: str | None = Field(description="The name of the hidden test set; null: a draft has none yet.")
    source: str = Field(description="The YAML as it was written.")


class OutlookBody(BaseModel):
    """What a change would mean for the submissions that are there."""

    change: Change
    ways: list[Way] = Field(description="What may become of them.")
    outlooks: dict[Way, ComparisonBody] = Field(description="Who gains and who loses, where that can be told.")
    lines: list[str] = Field(description="What changed, as `diff -u` tells it.")


class VersionBody(BaseModel):
    """A version of a definition: who saved it and when."""

    number: int
    created_at: datetime
    created_by: str | None = Field(description="Null: the command line.")
    dataset: str | None
    definition: str = Field(description="SHA-256 of the grading rules.")


class VersionList(BaseModel):
    """The versions of a competition, the newest first."""

    items: list[VersionBody]


class DifferenceBody(BaseModel):
    """A version beside an earlier one."""

    number: int
    against: int = Field(description="0: there is no earlier one.")
    lines: list[str] = Field(description="As `diff -u` tells them; empty where the texts are equal.")
    source: str


class CheckBody(BaseModel):
    """One point of the check list."""

    name: str
    title: str
    is_green: bool
    told: str = Field(description="What holds, or what to do.")
    submission_id: int | None = Field(description="The staff's test that shows it.")


class SetupBody(BaseModel):
    """A competition's state and its check list."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "slug": "cmu-10605",
                    "version": 1,
                    "state": "draft",
                    "opened_at": None,
                    "closed_at": None,
                    "checks": [_CHECK],
                }
            ]
        }
    )

    slug: str
    version: int
    state: str = Field(description="draft, open or closed; open ones take files while a phase is.")
    opened_at: datetime | None
    closed_at: datetime | None
    checks: list[CheckBody]


def examined_body(examined: Examined) -> ExaminedBody:
    """The findings about a text."""
    return ExaminedBody(
        is_valid=examined.definition is not None,
        findings=_findings(examined.findings),
        remarks=_findings(examined.remarks),
    )


def _findings(found: Sequence[Misplaced]) -> list[FindingBody]:
    return [FindingBody(line=each.line, column=each.column, message=each.message) for each in found]


def start_list(starts: Sequence[Start], source: str) -> StartList:
    """The built-in definitions."""
    return StartList(items=[StartBody(**start._asdict()) for start in starts], source=source)


def definition_body(slug: str, version: CompetitionVersion) -> DefinitionBody:
    """A version's text."""
    dataset = version.dataset.name if version.dataset else None
    return DefinitionBody(slug=slug, version=version.number, dataset=dataset, source=version.source)


def version_body(version: CompetitionVersion) -> VersionBody:
    """A version without its text."""
    return VersionBody(
        number=version.number,
        created_at=version.created_at,
        created_by=version.created_by.name if version.created_by else None,
        dataset=version.dataset.name if version.dataset else None,
        definition=version.definition_digest,
    )


def setup_body(competition: Competition, version: int, checks: Sequence[Check]) -> SetupBody:
    """A competition's state and its check list."""
    items: list[dict[str, Any]] = [{name: getattr(check, name) for name in CheckBody.model_fields} for check in checks]
    return SetupBody(
        slug=competition.slug,
        version=version,
        state=state_of(competition),
        opened_at=competition.opened_at,
        closed_at=competition.closed_at,
        checks=[CheckBody(**item) for item in items],
    )


def state_of(competition: Competition) -> str:
    """Whether it is a draft, open or closed."""
    return "draft" if competition.opened_at is None else "open" if competition.closed_at is None else "closed"
