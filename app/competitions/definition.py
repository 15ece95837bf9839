"""A whole competition as its YAML tells it: the grading half, which the grader validates, and the course's half."""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Self, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator

from app.competitions.course_rules import (
    BaselineRule,
    BoardRule,
    FinalistRule,
    LateRule,
    Line,
    PointsRule,
    Scores,
    SubmissionRule,
    TeamRule,
)
from app.competitions.examples import ScoreExample
from app.competitions.moments import Moment
from grader import competition, yaml_source
from grader.competition import Definition, Grading, Slug
from grader.errors import DefinitionError
from grader.references import Lookup, in_folder
from grader.strict import Strict
from grader.yaml_source import YamlSource

__all__ = ["CompetitionDefinition", "CourseRules", "Phase", "Scores", "from_json", "from_yaml", "load", "zone_of"]

Read = TypeVar("Read")

_YAML_KEYS = frozenset({"slug", "title", "summary", "grading", "course"})


class Phase(Strict):
    """A span of time in which submissions are taken. Both moments are in the course's time zone; the end is inclusive."""

    name: Line
    opens: Moment = Field(description="First moment, such as 2026-09-01 00:00.")
    closes: Moment | None = Field(default=None, description="Last moment; none: it stays open.")

    @model_validator(mode="after")
    def _closes_after_it_opens(self) -> Self:
        if self.closes is not None and self.closes <= self.opens:
            raise ValueError(f"closes at {self.closes}, which is not after it opens at {self.opens}")
        return self


class CourseRules(Strict):
    """The `course` section: when, how often, how it is shown, and the rules in the course's own words."""

    time_zone: str | None = Field(
        default=None, description="IANA name, such as America/New_York; default: the course's."
    )
    phases: tuple[Phase, ...] = Field(min_length=1, description="In order of time, not overlapping.")
    late: LateRule | None = Field(default=None, description="What late submissions cost; none: none are taken.")
    submissions: SubmissionRule = SubmissionRule()
    board: BoardRule = BoardRule()
    teams: TeamRule | None = Field(default=None, description="None: everybody competes alone.")
    finalists: FinalistRule | None = Field(default=None, description="None: nobody is asked for code.")
    baselines: tuple[BaselineRule, ...] = Field(default=(), max_length=20)
    examples: tuple[ScoreExample, ...] = Field(
        default=(), max_length=20, description="What the score has to come to; asked before the competition opens."
    )
    points: PointsRule | None = Field(default=None, description="What the grade is made of.")
    description: str = Field(default="", max_length=20_000, description="The rules in Markdown.")

    @field_validator("time_zone")
    @classmethod
    def _is_a_time_zone(cls, name: str | None) -> str | None:
        if name is not None and name not in _time_zones():
            raise ValueError(f"{name!r} is not a time zone of the IANA database, such as Asia/Taipei")
        return name

    @field_validator("phases")
    @classmethod
    def _follow_each_other(cls, phases: tuple[Phase, ...]) -> tuple[Phase, ...]:
        for earlier, later in pairwise(phases):
            if earlier.closes is None or later.opens < earlier.closes:
                raise ValueError(f"the phase {later.name!r} opens before {earlier.name!r} has closed")
        return phases

    @field_validator("late")
    @classmethod
    def _is_after_the_close(cls, late: LateRule | None, info: ValidationInfo) -> LateRule | None:
        if late is not None and "phases" in info.data:
            closes = info.data["phases"][-1].closes
            if closes is None or late.until <= closes:
                raise ValueError(f"`until` is {late.until}; it has to be after the last phase closes, at {closes}")
        return late

    @field_validator("board")
    @classmethod
    def _is_private_until_the_end(cls, board: BoardRule, info: ValidationInfo) -> BoardRule:
        if board.private_from is not None and info.data.keys() >= {"phases", "late"}:
            late, closes = info.data["late"], info.data["phases"][-1].closes
            last = late.until if late else closes
            if last is None or board.private_from <= last:
                raise ValueError(
                    f"`private_from` is {board.private_from}, before the last submission is taken, at {last}"
                )
        return board


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
    return from_source(yaml_source.parse(text, name), in_folder(folder))


def load(path: Path) -> CompetitionDefinition:
    """The definition in a YAML file. Raises DefinitionError with file and line."""
    return from_source(competition.read_source(path), in_folder(path.parent))


def from_source(source: YamlSource, lookup: Lookup) -> CompetitionDefinition:
    """The definition in parsed YAML; `lookup` reads the files that it names. Raises DefinitionError with all findings."""
    head, wrong = _caught(lambda: _head(source))
    grading, also_wrong = None, None
    if isinstance(source.data.get("grading"), dict) and "slug" in source.data:
        grading, also_wrong = _caught(lambda: competition.from_source(source, lookup))
    findings = [finding for error in (wrong, also_wrong) if error for finding in error.findings]
    if head is None or grading is None or findings:
        raise DefinitionError.of(findings, source.name)
    at_odds = [
        source.finding(f"{'.'.join(map(str, place))}: {told}", place)
        for place, told in _at_odds(head.course, grading.grading)
    ]
    if at_odds:
        raise DefinitionError.of(at_odds, source.name)
    return CompetitionDefinition(head.title, head.summary, grading, head.course)


def _caught(read: Callable[[], Read]) -> tuple[Read | None, DefinitionError | None]:
    try:
        return read(), None
    except DefinitionError as error:
        return None, error


def _at_odds(course: CourseRules, grading: Grading) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What of the course's half does not go with the grading half: its place, and why."""
    if course.board.select == "chosen" and grading.splits is None:
        yield ("course", "board", "select"), "choosing needs a private part of the test set; declare `grading.splits`"
    if course.board.private_from is not None and grading.splits is None:
        yield ("course", "board", "private_from"), "there is no private part of the test set; declare `grading.splits`"
    wanted = ["score"] if grading.splits is None else ["public", "private"]
    for number, baseline in enumerate(course.baselines):
        given = [key for key in ("score", "public", "private") if getattr(baseline, key) is not None]
        if given != wanted:
            told = f"the baseline {baseline.name!r} needs {' and '.join(wanted)}, got {', '.join(given) or 'none'}"
            yield ("course", "baselines", number), told


def _head(source: YamlSource) -> _Head:
    findings = [
        source.finding(f"the key {key!r} is not known; known are {', '.join(sorted(_YAML_KEYS))}", (key,))
        for key in source.data.keys() - _YAML_KEYS
    ]
    try:
        head = _Head.model_validate({key: value for key, value in source.data.items() if key in _YAML_KEYS})
    except ValidationError as error:
        raise DefinitionError.of([*findings, *source.validation_error(error).findings], source.name) from None
    if findings:
        raise DefinitionError.of(findings, source.name)
    return head


@cache
def _time_zones() -> frozenset[str]:
    """All names of the IANA database, for which the folders of the machine are searched."""
    return frozenset(available_timezones())


def zone_of(rules: CourseRules, course_zone: str) -> ZoneInfo:
    """The time zone in which a competition's moments and days are meant."""
    return ZoneInfo(rules.time_zone or course_zone)
