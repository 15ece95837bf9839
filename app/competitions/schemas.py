"""Competitions as the API tells them."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.competitions.access import Entry
from app.competitions.calendar import Window
from app.competitions.course_rules import BaselineRule
from app.competitions.reveal import Reveal
from app.submissions.quota import Quota

_EXAMPLE: dict[str, Any] = {
    "slug": "cmu-10605",
    "title": "Prune a network",
    "summary": "Remove as many weights as you can and stay accurate.",
    "course": "ml",
    "version": 1,
    "phase": "main",
    "is_open": True,
    "opens": "2026-11-01T05:00:00Z",
    "closes": "2026-12-01T04:59:59Z",
    "late_until": "2026-12-04T04:59:59Z",
    "file_names": ["my_model_weights*.h5"],
    "max_bytes": 16777216,
    "parameters": 592933,
    "score": "(accuracy + sparsity) / 2 if accuracy > 0.6 and sparsity > 0 else 0",
    "full_credit": "accuracy > 0.6 and score > 0.36",
    "per_day": 5,
    "tries": {
        "left": 0,
        "left_in_all": 20,
        "refused_left": 3,
        "extra": 0,
        "next_at": "2026-11-22T05:00:00Z",
        "resets_at": "2026-11-22T05:00:00Z",
    },
    "choose": 2,
    "private_from": "2026-12-04T05:00:00Z",
    "baselines": [{"name": "simple", "public": "0.44364", "private": "0.44364"}],
    "definition": "9f" * 32,
}


class TriesBody(BaseModel):
    """What your entrant has left. Null: no limit."""

    left: int | None = Field(description="Submissions until `resets_at`.")
    left_in_all: int | None
    refused_left: int | None = Field(description="Files that may still be refused today.")
    extra: int = Field(description="Tries that the staff gave you beyond those of a day, as far as they are left.")
    next_at: datetime | None = Field(description="When you may hand in again; null: now, or never.")
    resets_at: datetime = Field(description="When the next day begins.")


class CompetitionBody(BaseModel):
    """A competition and what it asks for."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    slug: str
    title: str
    summary: str
    course: str = Field(description="The course's slug.")
    version: int
    phase: str
    is_open: bool
    opens: datetime
    closes: datetime | None = Field(description="The last moment on time, with what the staff granted you.")
    late_until: datetime | None = Field(description="The last moment for late submissions; null: none are taken.")
    file_names: list[str]
    max_bytes: int
    parameters: int | None = Field(description="Of the one network that is asked for; null: of a family, any.")
    score: str = Field(description="The formula.")
    full_credit: str | None
    per_day: int | None = Field(description="Submissions a day; null: no limit.")
    tries: TriesBody | None = Field(description="Null in lists.")
    choose: int | None = Field(description="How many submissions you may choose; null: nothing is chosen.")
    private_from: datetime | None = Field(description="When you may see the private board; null in lists.")
    baselines: list[BaselineRule] = Field(description="Scores to beat, as the definition writes them.")
    definition: str = Field(description="SHA-256 of the grading rules.")


class CompetitionList(BaseModel):
    """The competitions that you may enter."""

    items: list[CompetitionBody]


class RulesBody(BaseModel):
    """What decides whether a file is accepted, complete in itself."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"competition": "demo", "definition": "9f" * 32, "grading": {}}]}
    )

    competition: str
    definition: str = Field(description="SHA-256 of the grading rules.")
    grading: dict[str, Any] = Field(
        description="The section `grading` of the definition with all that it names, without the parts of the test set."
    )


def rules_body(entry: Entry) -> RulesBody:
    """The rules for files. Which image is in which part of the test set is nobody's business."""
    rules = entry.definition.grading.grading.model_dump(mode="json", exclude={"splits"})
    return RulesBody(competition=entry.competition.slug, definition=entry.version.definition_digest, grading=rules)


def competition_body(
    entry: Entry, window: Window, quota: Quota | None = None, reveal: Reveal | None = None
) -> CompetitionBody:
    """A competition as a person may know it; in lists without tries."""
    rules, course, exact = entry.definition.grading.grading, entry.definition.course, entry.definition.grading.exact
    return CompetitionBody(
        slug=entry.competition.slug,
        title=entry.definition.title,
        summary=entry.definition.summary,
        course=entry.competition.course.slug,
        version=entry.version.number,
        phase=window.phase,
        is_open=window.is_open,
        opens=window.opens,
        closes=window.closes,
        late_until=window.late_until,
        file_names=list(rules.file.names),
        max_bytes=rules.file.max_bytes,
        parameters=exact.parameters if exact else None,
        score=rules.score,
        full_credit=rules.full_credit,
        per_day=course.submissions.per_day,
        tries=quota and _tries(quota),
        choose=course.board.choose,
        private_from=reveal and reveal.at,
        baselines=list(course.baselines) if entry.shows_scores else [],
        definition=entry.version.definition_digest,
    )


def _tries(quota: Quota) -> TriesBody:
    return TriesBody(
        left=quota.left,
        left_in_all=quota.left_in_all,
        refused_left=quota.refused_left,
        extra=quota.extra,
        next_at=quota.next_at,
        resets_at=quota.resets_at,
    )
