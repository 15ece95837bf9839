"""The parts of a definition's `course` section that say what counts and what it is worth."""

from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from app.competitions.exact import Exact, exact
from app.competitions.moments import Moment
from grader.errors import DefinitionError
from grader.formula import Formula, parse
from grader.scoring import METRICS
from grader.strict import Strict


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("it holds a character that cannot be printed")
    return text


Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_printable)
]
ModuleName = Annotated[str, StringConstraints(pattern=r"^[^\W\d]\w*(\.[^\W\d]\w*)*$", max_length=200)]
Limit = Annotated[int, Field(gt=0)] | None
POINT_NAMES = METRICS | {
    "score",
    "public_score",
    "private_score",
    "rank",
    "late_days",
    "public_baselines",
    "private_baselines",
}
"""Names that a formula of points may use; the metrics are those of the submission that counts in the end."""


class SubmissionRule(Strict):
    """How often an entrant may submit. Days are those of the course's time zone."""

    per_day: Limit = Field(
        default=None, description="Submissions a day; refused files and faults of ours are not charged. null: no limit."
    )
    total: Limit = Field(default=None, description="Submissions in all; null: no limit.")
    refused_per_day: Limit = Field(default=None, description="Refused files a day, counted apart; null: no limit.")


class Scores(StrEnum):
    """What students see of their scores while the competition runs."""

    SHOWN = "shown"
    STAFF = "staff"


class BoardRule(Strict):
    """Which submission counts and how the board looks."""

    select: Literal["last", "best", "chosen"] = Field(
        default="last",
        description="What ranks: the last scored one, the best of those that meet `rank_if`, or of those chosen.",
    )
    choose: int | None = Field(
        default=None,
        gt=0,
        le=20,
        description="Of `chosen`: how many may be chosen; none chosen: so many best public ones.",
    )
    scores: Scores = Field(default=Scores.SHOWN, description="Whether students see scores and the board.")
    private_from: Moment | None = Field(
        default=None, description="First moment of the private board; default: when the last phase has closed."
    )
    top: int = Field(default=0, ge=0, le=100, description="How many leading places are marked.")

    @model_validator(mode="after")
    def _chooses_so_many(self) -> Self:
        if (self.select == "chosen") != (self.choose is not None):
            raise ValueError("`select: chosen` and `choose` belong together; the one needs the other")
        return self


class TeamRule(Strict):
    """Students who compete together as one entrant."""

    size: int = Field(ge=2, le=50, description="The most members of a team.")
    frozen: Moment | None = Field(
        default=None, description="The last moment at which students change teams; default: when the last phase closes."
    )
    formed_by: Literal["students", "staff"] = Field(
        default="students", description="Whether students form teams by invitation, or only the staff do."
    )


class FinalistRule(Strict):
    """The leaders of the board that decides, whose code is asked for and looked at."""

    top: int = Field(gt=0, le=100, description="Everybody ranked at most so high is asked, and whoever moves up.")
    until: Moment | None = Field(
        default=None, description="By when the code is asked for; what comes later is taken, and marked as late."
    )
    forbidden: tuple[ModuleName, ...] = Field(
        default=(), max_length=100, description="Modules that the code must not name, such as torch.nn.utils.prune."
    )
    checks: tuple[Line, ...] = Field(default=(), max_length=40, description="What the staff tick off for each.")

    @field_validator("checks")
    @classmethod
    def _checks_differ(cls, checks: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(checks)) < len(checks):
            raise ValueError("two checks are the same")
        return checks


class LateRule(Strict):
    """Submissions after the last phase has closed."""

    until: Moment = Field(description="The last moment at which late submissions are taken.")
    per_day: Exact = Field(default="0", description="Share of the points by formula that each day costs, from 0 to 1.")
    grace_minutes: int = Field(default=0, ge=0, le=1440, description="Minutes after the close that cost nothing.")

    @field_validator("per_day")
    @classmethod
    def _is_a_share(cls, text: str) -> str:
        if not 0 <= exact(text) <= 1:
            raise ValueError(f"a share from 0 to 1 is needed, got {text}")
        return text


class BaselineRule(Strict):
    """A score that stands on the board without a rank. It is passed by what is strictly better."""

    name: Line
    score: Exact | None = Field(default=None, description="Where the test set has one part.")
    public: Exact | None = Field(default=None, description="Where it has two parts.")
    private: Exact | None = Field(default=None, description="Where it has two parts.")

    def written(self, part: str) -> str | None:
        """The score on a part of the test set as it was written, None where there is none."""
        return self.score or (self.private if part == "private" else self.public)

    def value(self, part: str) -> Fraction | None:
        """The exact score on a part of the test set, None where there is none."""
        text = self.written(part)
        return None if text is None else exact(text)


class PartRule(Strict):
    """A part of the grade: by a formula, or by hand."""

    name: Line
    formula: str | None = Field(default=None, description="Points, computed for each entrant.")
    by_hand: Exact | None = Field(default=None, description="The most points that staff can give.")

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.formula is None) == (self.by_hand is None):
            raise ValueError("a part has either a `formula` or points `by_hand`")
        if self.by_hand is not None and exact(self.by_hand) <= 0:
            raise ValueError(f"points by hand are above 0, got {self.by_hand}")
        return self

    @field_validator("formula")
    @classmethod
    def _is_a_formula(cls, text: str | None) -> str | None:
        if text is not None:
            _parse(text)
        return text

    @property
    def parsed(self) -> Formula | None:
        """The formula, ready to use; None for a part by hand."""
        return None if self.formula is None else _parse(self.formula)


class BonusRule(Strict):
    """Points for the leading places of the final board, once staff have confirmed each."""

    name: Line = "bonus"
    top: int = Field(gt=0, le=100, description="Ranks that may earn it.")
    points: Exact


class PointsRule(Strict):
    """What the grade is made of."""

    parts: tuple[PartRule, ...] = Field(min_length=1, max_length=40)
    maximum: Exact | None = Field(default=None, description="The most that the parts give together, the bonus apart.")
    bonus: BonusRule | None = None
    shown: bool = Field(
        default=False, description="Whether students see their own points, once the final board is shown."
    )

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [part.name for part in self.parts] + ([self.bonus.name] if self.bonus else [])
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"{name!r} is the name of two parts")
        return self


def _parse(text: str) -> Formula:
    try:
        return parse(text, POINT_NAMES)
    except DefinitionError as error:
        raise ValueError(str(error)) from None
