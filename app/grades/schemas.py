"""Grades as the API and a spreadsheet get them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.competitions.access import Entry
from app.grades.service import GradeRow
from app.leaderboard.values import Cell, csv_text
from models.points import AdjustmentKind

_GRADE: dict[str, Any] = {
    "parts": [
        {"name": "baselines", "points": 3.5, "points_exact": "7/2", "most": "4", "reason": "", "note": ""},
        {"name": "report", "points": 3.5, "points_exact": "7/2", "most": "4", "reason": "", "note": "clear"},
    ],
    "late_days": 1,
    "late_factor": "9/10",
    "bonus": {"is_earned": True, "is_confirmed": False, "points": 0.0},
    "adjustments": [{"id": 3, "kind": "multiply", "value": "0.9", "reason": "code was shared"}],
    "extension": {"until": "2026-12-20T15:59:59.999999Z", "extra_tries": 2, "reason": "ill"},
    "total": 6.3,
    "total_exact": "63/10",
    "is_complete": True,
    "public_score": 0.8,
    "private_score": 0.79,
    "rank": 3,
    "submission_id": 42,
}


class PartBody(BaseModel):
    """Points of one part."""

    name: str
    points: float | None = Field(description="Null: the staff have given none yet.")
    points_exact: str | None
    most: str | None = Field(description="The most that the staff can give; null for a formula.")
    reason: str = Field(description="Why a formula gives nothing, such as `no private_score`.")
    note: str = Field(description="What the staff say about it.")


class BonusBody(BaseModel):
    """Whether the rank earns the bonus, whether staff confirmed it, and what it adds."""

    is_earned: bool
    is_confirmed: bool
    points: float


class AdjustmentBody(BaseModel):
    """A factor of the whole grade, or points added to it."""

    id: int
    kind: AdjustmentKind
    value: str
    reason: str


class ExtensionBody(BaseModel):
    """A later end, and extra tries."""

    until: datetime | None
    extra_tries: int
    reason: str


class GradeBody(BaseModel):
    """The points of one student and what they are made of."""

    model_config = ConfigDict(json_schema_extra={"examples": [_GRADE]})

    parts: list[PartBody]
    late_days: int
    late_factor: str = Field(description="What is left of the points by formula, as a fraction.")
    bonus: BonusBody | None
    adjustments: list[AdjustmentBody]
    extension: ExtensionBody | None
    total: float
    total_exact: str
    is_complete: bool = Field(description="Whether every part by hand was given.")
    public_score: float | None
    private_score: float | None
    rank: int | None = Field(description="On the board that decides.")
    submission_id: int | None = Field(description="The submission that counts in the end.")


class StudentGradeBody(GradeBody):
    """The line of a student in the grade table."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{**_GRADE, "user_id": 7, "name": "Ada", "email": "ada@example.org", "alias": "Quiet Otter 17"}]
        }
    )

    user_id: int
    name: str
    email: str
    alias: str | None = Field(description="The name on the board; null before the first submission.")


class GradeTable(BaseModel):
    """All students of the course, by name."""

    competition: str
    items: list[StudentGradeBody]


def grade_body(row: GradeRow) -> GradeBody:
    """One student's points."""
    return GradeBody.model_validate(_grade(row))


def student_grade_body(row: GradeRow) -> StudentGradeBody:
    """One line of the grade table."""
    student = row.student
    who = {"user_id": student.user_id, "name": student.name, "email": student.email, "alias": student.alias}
    return StudentGradeBody.model_validate({**_grade(row), **who})


def grade_csv(entry: Entry, rows: Sequence[GradeRow]) -> str:
    """The grade table as CSV, a line for each student; cells that a spreadsheet would run are made harmless."""
    rules = entry.definition.course.points
    names = [part.name for part in rules.parts] if rules else []
    head = ["name", "email", "alias", "submission", "public_score", "private_score", "rank", "late_days"]
    head += [*names, "late_factor", "bonus", "added", "factor", "total", "total_exact", "complete"]
    return csv_text(head, (list(_cells(row)) for row in rows))


def _cells(row: GradeRow) -> Iterator[Cell]:
    grade, numbers = row.grade, row.numbers
    yield from (row.student.name, row.student.email, row.student.alias, row.final_id)
    yield from (_plain(numbers.get(name)) for name in ("public_score", "private_score", "rank", "late_days"))
    yield from (_plain(part.points) for part in grade.parts)
    yield _plain(grade.late_factor)
    yield _plain(grade.bonus.points) if grade.bonus else None
    yield from (_plain(grade.added), _plain(grade.factor), _plain(grade.total), str(grade.total))
    yield "yes" if grade.is_complete else "no"


def _grade(row: GradeRow) -> dict[str, Any]:
    grade, numbers = row.grade, row.numbers
    bonus, extension = grade.bonus, row.extension
    return {
        "parts": [
            {
                "name": part.name,
                "points": _float(part.points),
                "points_exact": None if part.points is None else str(part.points),
                "most": None if part.most is None else str(part.most),
                "reason": part.reason,
                "note": part.note,
            }
            for part in grade.parts
        ],
        "late_days": int(numbers.get("late_days", 0)),
        "late_factor": str(grade.late_factor),
        "bonus": bonus
        and {"is_earned": bonus.is_earned, "is_confirmed": bonus.is_confirmed, "points": float(bonus.points)},
        "adjustments": [
            {"id": each.id, "kind": each.kind, "value": each.value, "reason": each.reason} for each in row.adjustments
        ],
        "extension": extension
        and {"until": extension.until, "extra_tries": extension.extra_tries, "reason": extension.reason},
        "total": float(grade.total),
        "total_exact": str(grade.total),
        "is_complete": grade.is_complete,
        "public_score": _float(numbers.get("public_score")),
        "private_score": _float(numbers.get("private_score")),
        "rank": int(numbers["rank"]) if "rank" in numbers else None,
        "submission_id": row.final_id,
    }


def _float(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def _plain(value: Fraction | None) -> Cell:
    if value is None:
        return None
    return value.numerator if value.denominator == 1 else float(value)
