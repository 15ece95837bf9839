"""A plot's points as the API and a spreadsheet get them."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.competitions.access import Entry
from app.leaderboard import values
from app.leaderboard.columns import Better, Column
from app.leaderboard.plots import Of, Plot, Point

_EXAMPLE: dict[str, Any] = {
    "competition": "cs6886",
    "of": "counting",
    "x": {"name": "flops_effective", "label": "FLOPs, effective", "better": "low", "is_declared": False},
    "y": {"name": "accuracy", "label": "Accuracy", "better": "high", "is_declared": False},
    "points": [
        {
            "alias": "Quiet Otter 17",
            "rank": 1,
            "x": 1_204_992,
            "y": 0.8712,
            "x_exact": "1204992",
            "y_exact": "1089/1250",
            "on_frontier": True,
            "received_at": "2026-11-21T14:40:00Z",
            "submission_id": 42,
            "is_own": True,
        }
    ],
    "left_out": 0,
    "columns": ["score", "accuracy", "flops_effective"],
}


class ColumnBody(BaseModel):
    """An axis."""

    name: str
    label: str
    better: Better = Field(description="Which end is the good one.")
    is_declared: bool = Field(description="True: students say it themselves, and nobody has checked it.")


class PointBody(BaseModel):
    """One submission."""

    alias: str = Field(description="The entrant's name on the board.")
    rank: int | None = Field(default=None, description="Its rank on the board; null where it has none.")
    x: int | float | datetime
    y: int | float | datetime
    x_exact: str = Field(description="The value as a fraction; moments in microseconds since 1970.")
    y_exact: str
    on_frontier: bool = Field(description="No other point is at least as good in both columns and better in one.")
    received_at: datetime
    submission_id: int | None = Field(default=None, description="Given for your own points, and to staff for all.")
    is_own: bool


class ParetoBody(BaseModel):
    """Points in the order of x, the best first."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    competition: str
    of: Of
    x: ColumnBody
    y: ColumnBody
    points: list[PointBody]
    left_out: int = Field(description="Submissions that lack one of the two numbers.")
    columns: list[str] = Field(description="All columns that may be asked for.")


def pareto_csv(entry: Entry, found: Plot) -> str:
    """The points as CSV, a row each."""
    head = ("rank", "name", "you", found.x.name, found.y.name, "on_frontier", "received_at", "submission")
    rows = (
        (
            point.rank,
            point.alias,
            "yes" if point.is_own else "no",
            values.plain(found.x, point.x, found.zone),
            values.plain(found.y, point.y, found.zone),
            "yes" if point.on_frontier else "no",
            point.received_at.isoformat(),
            _number_of(entry, point),
        )
        for point in found.points
    )
    return values.csv_text(head, rows)


def pareto_body(entry: Entry, found: Plot) -> ParetoBody:
    """The plot as JSON; numbers of submissions only where the reader may open them."""
    return ParetoBody(
        competition=entry.competition.slug,
        of=found.of,
        x=_column(found.x),
        y=_column(found.y),
        points=[_point(entry, found, point) for point in found.points],
        left_out=found.left_out,
        columns=list(found.known),
    )


def _column(column: Column) -> ColumnBody:
    return ColumnBody(name=column.name, label=column.label, better=column.better, is_declared=column.is_declared)


def _point(entry: Entry, found: Plot, point: Point) -> PointBody:
    return PointBody.model_validate(
        {
            "alias": point.alias,
            "rank": point.rank,
            "x": values.plain(found.x, point.x, found.zone),
            "y": values.plain(found.y, point.y, found.zone),
            "x_exact": str(point.x),
            "y_exact": str(point.y),
            "on_frontier": point.on_frontier,
            "received_at": point.received_at,
            "submission_id": _number_of(entry, point),
            "is_own": point.is_own,
        }
    )


def _number_of(entry: Entry, point: Point) -> int | None:
    return point.submission_id if point.is_own or entry.is_staff else None
