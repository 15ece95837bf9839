"""A whole competition as its YAML tells it: the grading half, which the grader validates, and the course's half."""

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, StringConstraints, ValidationError, ValidationInfo, field_validator, model_validator

from grader import competition, yaml_source
from grader.competition import Definition, Grading, Slug
from grader.strict import Strict
from grader.yaml_source import YamlSource

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
_YAML_KEYS = frozenset({"slug", "title", "summary", "grading", "course"})


class Phase(Strict):
    """A span of time in which submissions are taken. Both moments are in the course's time zone; the end is inclusive."""

    name: Line
    opens: datetime = Field(description="First moment, such as 2026-09-01 00:00.")
    closes: datetime | None = Field(default=None, description="Last moment; none: it stays open.")

    @field_validator("opens", "closes", mode="before")
    @classmethod
    def _has_a_time(cls, moment: object, info: ValidationInfo) -> object:
        try:
            day = date.fromisoformat(str(moment).strip())
        except ValueError:
            return moment
        # A date alone would be its first minute, and a deadline so written nearly a day early.
        raise ValueError(f"give the time too: {day} {'23:59' if info.field_name == 'closes' else '00:00'}")

    @field_validator("opens", "closes")
    @classmethod
    def _has_no_zone(cls, moment: datetime | None) -> datetime | None:
        if moment is not None and moment.tzinfo is not None:
            raise ValueError("give the local time without a zone; `time_zone` says which one it is in")
        return moment

    @model_validator(mode="after")
    def _closes_after_it_opens(self) -> Self:
        if self.closes is not None and self.closes <= self.opens:
            raise ValueError(f"closes at {self.closes}, which is not after it opens at {self.opens}")
        return self


class SubmissionRule(Strict):
    """How often an entrant may submit."""

    per_day: Annotated[int, Field(gt=0)] | None = Field(
        default=None,
        description="Submissions an entrant may make on one day of the course's time zone; null: no limit.",
    )


class Scores(StrEnum):
    """What students see of their scores while the competition runs."""

    SHOWN = "shown"
    STAFF = "staff"


class BoardRule(Strict):
    """Which submission counts and how the board looks."""

    select: Literal["last", "best"] = Field(
        default="last",
        description="The submission that ranks: the last scored one, or the best of those that meet `rank_if`.",
    )
    scores: Scores = Field(default=Scores.SHOWN, description="Whether students see scores and the board.")
    top: int = Field(default=0, ge=0, le=100, description="How many leading places are marked.")


class CourseRules(Strict):
    """The `course` section: when, how often, how it is shown, and the rules in the course's own words."""

    time_zone: str | None = Field(
        default=None, description="IANA name, such as America/New_York; default: the course's."
    )
    phases: tuple[Phase, ...] = Field(min_length=1, description="In order of time, not overlapping.")
    submissions: SubmissionRule = SubmissionRule()
    board: BoardRule = BoardRule()
    description: str = Field(default="", max_length=20_000, description="The rules in Markdown.")

    @field_validator("time_zone")
    @classmethod
    def _is_a_time_zone(cls, name: str | None) -> str | None:
        if name is not None and name not in available_timezones():
            raise ValueError(f"{name!r} is not a time zone of the IANA database, such as Asia/Taipei")
        return name

    @model_validator(mode="after")
    def _phases_follow_each_other(self) -> Self:
        for earlier, later in zip(self.phases, self.phases[1:], strict=False):
            if earlier.closes is None or later.opens < earlier.closes:
                raise ValueError(f"the phase {later.name!r} opens before {earlier.name!r} has closed")
        return self


class _Head(Strict):
    slug: Slug
    title: Line
    summary: Line
    grading: dict[str, Any]
    course: CourseRules


class CompetitionDefinition:
    """A validated definition: what the grader needs, and what the service needs beside it."""

    def __init__(self, title: str, summary: str, grading: Definition, course: CourseRules) -> None:
        self.title = title
        self.summary = summary
        self.grading = grading
        self.course = course

    @property
    def slug(self) -> str:
        """The short name that stands in addresses."""
        return self.grading.slug

    def as_json(self) -> dict[str, Any]:
        """Everything, resolved, so that no other file is needed to read it again."""
        return {
            "slug": self.slug,
            "title": self.title,
            "summary": self.summary,
            "grading": self.grading.grading.model_dump(mode="json"),
            "course": self.course.model_dump(mode="json"),
        }


def from_json(data: dict[str, Any]) -> CompetitionDefinition:
    """The definition that `as_json` wrote."""
    grading = Definition(data["slug"], Grading.model_validate(data["grading"]))
    return CompetitionDefinition(data["title"], data["summary"], grading, CourseRules.model_validate(data["course"]))


def from_yaml(text: str, name: str, folder: Path) -> CompetitionDefinition:
    """The definition in a YAML text; files that it names are in `folder`. Raises DefinitionError with the line."""
    return _from_source(yaml_source.parse(text, name), folder)


def load(path: Path) -> CompetitionDefinition:
    """The definition in a YAML file. Raises DefinitionError with file and line."""
    return _from_source(competition.read_source(path), path.parent)


def _from_source(source: YamlSource, folder: Path) -> CompetitionDefinition:
    head = _head(source)
    return CompetitionDefinition(head.title, head.summary, competition.from_source(source, folder), head.course)


def _head(source: YamlSource) -> _Head:
    for key in source.data.keys() - _YAML_KEYS:
        raise source.error(f"the key {key!r} is not known; known are {', '.join(sorted(_YAML_KEYS))}", (key,))
    try:
        return _Head.model_validate(source.data)
    except ValidationError as error:
        raise source.validation_error(error) from None


def zone_of(rules: CourseRules, course_zone: str) -> ZoneInfo:
    """The time zone in which a competition's moments and days are meant."""
    return ZoneInfo(rules.time_zone or course_zone)
