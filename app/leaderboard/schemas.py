"""The board and its history as the API tells them."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.competitions.access import Entry
from app.competitions.reveal import Reveal
from app.leaderboard.past import Day
from app.leaderboard.service import Board, Row, rule_of
from grader.splits import Part
from models.boards import BoardMode

_EXAMPLE: dict[str, Any] = {
    "competition": "cmu-10605",
    "lower_is_better": False,
    "x": "sparsity",
    "y": "accuracy",
    "part": "public",
    "frozen_at": "2026-12-18T15:00:00Z",
    "private_from": "2026-12-18T16:00:00Z",
    "baselines": [{"name": "simple", "written": "0.44364", "score": 0.44364, "score_exact": "11091/25000", "above": 1}],
    "rows": [
        {
            "rank": 1,
            "alias": "Quiet Otter 17",
            "score": 0.7857,
            "score_exact": "7857/10000",
            "accuracy": 0.6514,
            "sparsity": 0.92,
            "full_credit": True,
            "on_frontier": True,
            "entries": 3,
            "received_at": "2026-11-21T14:40:00Z",
            "submission_id": 42,
            "is_own": True,
        }
    ],
}


class RowBody(BaseModel):
    """One row of the board. Equal scores share a rank; rows without a rank stand at the end."""

    rank: int | None = Field(description="Null where the submission does not meet the condition for a rank.")
    reason: str | None = Field(
        default=None,
        description="Why there is no rank, in numbers.",
        examples=["accuracy 0.8532; needs accuracy > 0.87"],
    )
    alias: str = Field(description="The entrant's name on the board.")
    score: float
    score_exact: str = Field(description="The score as a fraction in lowest terms.", examples=["7857/10000"])
    accuracy: float
    sparsity: float
    full_credit: bool | None = Field(description="Null where the competition has no such condition.")
    on_frontier: bool = Field(description="Whether it is on the Pareto frontier of `x` and `y`.")
    entries: int = Field(description="Scored submissions of this entrant.")
    received_at: datetime
    submission_id: int | None = Field(description="Given for your own row, and to staff for all.")
    is_own: bool


class BaselineBody(BaseModel):
    """A score that stands on the board without a rank."""

    name: str = Field(examples=["simple"])
    written: str = Field(description="As the definition writes it.", examples=["0.44364"])
    score: float
    score_exact: str = Field(examples=["11091/25000"])
    above: int = Field(description="How many ranked rows are strictly better: it stands below them.")


class BoardBody(BaseModel):
    """The whole board in order: the ranked ones, best first, then the others."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    competition: str
    lower_is_better: bool = Field(description="Whether a smaller score is the better one.")
    x: str = Field(description="A column of the Pareto frontier.", examples=["flops_effective"])
    y: str = Field(description="The other column of the Pareto frontier.", examples=["accuracy"])
    part: Part = Field(description="The part of the test set that scores and ranks are of.")
    frozen_at: datetime | None = Field(
        default=None, description="The moment that students are shown, where the staff froze the board."
    )
    private_from: datetime | None = Field(
        default=None, description="When you may see the private board; null where there is none for you."
    )
    baselines: list[BaselineBody] = Field(description="Scores of the definition without a rank, the best first.")
    rows: list[RowBody]


class LeaderBody(BaseModel):
    """One of the first places at the end of a day."""

    rank: int
    alias: str
    score: float
    score_exact: str


class DayBody(BaseModel):
    """A day of the course's time zone on which something was scored."""

    day: date
    entries: int = Field(description="Submissions of that day which have a score.")
    leaders: list[LeaderBody]


class LeadersBody(BaseModel):
    """Who led the public board, day by day, the newest first."""

    days: list[DayBody]


def leaders_body(days: Sequence[Day]) -> LeadersBody:
    """The days for programs."""
    return LeadersBody(
        days=[
            DayBody(
                day=each.day,
                entries=each.entries,
                leaders=[
                    LeaderBody(rank=rank, alias=alias, score=float(score), score_exact=str(score))
                    for rank, alias, score in each.leaders
                ],
            )
            for each in days
        ]
    )


def board_body(entry: Entry, content: Board, seen: Reveal) -> BoardBody:
    """The board for programs, as this person may see it."""
    return BoardBody(
        competition=entry.competition.slug,
        lower_is_better=rule_of(entry).lower_is_better,
        x=content.x.name,
        y=content.y.name,
        part=content.part,
        frozen_at=entry.board.since if entry.board and entry.board_mode is BoardMode.FROZEN else None,
        private_from=seen.at,
        baselines=[BaselineBody(**asdict(each)) for each in content.baselines],
        rows=[_row(row, is_staff=entry.is_staff) for row in content.rows],
    )


def _row(row: Row, *, is_staff: bool) -> RowBody:
    return RowBody(
        rank=row.rank,
        reason=row.reason,
        alias=row.alias,
        score=row.score,
        score_exact=row.score_exact,
        accuracy=row.accuracy,
        sparsity=row.sparsity,
        full_credit=row.full_credit,
        on_frontier=row.on_frontier,
        entries=row.entries,
        received_at=row.received_at,
        submission_id=row.submission_id if row.is_own or is_staff else None,
        is_own=row.is_own,
    )
