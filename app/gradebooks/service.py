"""Grades as a gradebook of another system takes them."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from sqlalchemy.orm import Session

from app.competitions import calendar
from app.competitions.access import Entry
from app.competitions.exact import exact
from app.gradebooks import canvas, queries
from app.gradebooks.canvas import Filled, Known
from app.gradebooks.numbers import decimal, plain
from app.gradebooks.queries import Enrolled
from app.grades.service import GradeRow, grade_table, most_points, points_of
from app.leaderboard.values import Cell, csv_text

NOBODY = Enrolled(None, None, "")
GRADED, UNGRADED, MISSING = "Graded", "Ungraded", "Missing"


def for_canvas(session: Session, entry: Entry, data: bytes, column: str) -> Filled:
    """Canvas' own file with our column filled. Raises Unprocessable."""
    register = queries.enrolled(session, entry.competition.course_id)
    students = []
    for row in grade_table(session, entry):
        who = register.get(row.student.user_id, NOBODY)
        points = row.grade.total if row.grade.is_complete else None
        students.append(Known(row.student.email, who.sid, who.login, points))
    return canvas.fill(data, entry.definition.title, most_points(entry), students, column)


def for_moodle(session: Session, entry: Entry) -> str:
    """CSV whose columns Moodle's import maps to its own: by e-mail address or ID number."""
    register = queries.enrolled(session, entry.competition.course_id)
    head = ("Email address", "ID number", entry.definition.title, "Feedback comments")
    rows = [
        (
            row.student.email,
            register.get(row.student.user_id, NOBODY).sid,
            plain(row.grade.total) if row.grade.is_complete else None,
            _feedback(row),
        )
        for row in grade_table(session, entry)
    ]
    return csv_text(head, rows)


def for_gradescope(session: Session, entry: Entry) -> str:
    """CSV in the columns that Gradescope's own export of grades has, its line ends and no mark."""
    table = grade_table(session, entry)
    parts = [part.name for part in points_of(entry).parts]
    head = [
        "First Name",
        "Last Name",
        "SID",
        "Email",
        "Sections",
        "section_name",
        "Total Score",
        "Max Points",
        "Status",
    ]
    head += ["Submission ID", "Submission Time", "Lateness (H:M:S)", "View Count", "Submission Count"]
    worth = [None if part.by_hand is None else exact(part.by_hand) for part in points_of(entry).parts]
    head += [
        f"{number}: {name}" + (f" ({_one_decimal(most)} pts)" if most is not None else "")
        for number, (name, most) in enumerate(zip(parts, worth, strict=True), start=1)
    ]
    return csv_text(head, _gradescope_rows(session, entry, table), mark="", end="\n")


def _gradescope_rows(session: Session, entry: Entry, table: Sequence[GradeRow]) -> Iterator[Sequence[Cell]]:
    register = queries.enrolled(session, entry.competition.course_id)
    counts = queries.handed_in(session, entry.competition.id)
    moments = queries.moments(session, entry.competition.id, [row.final_id for row in table if row.final_id])
    most = most_points(entry)
    most_told = None if most is None else plain(most)
    for row in table:
        who = register.get(row.student.user_id, NOBODY)
        first, _, last = row.student.name.rpartition(" ")
        names = (first, last) if first else (last, "")
        count = counts.get(row.student.entrant_id or 0, 0)
        if row.final_id is None and not any(part.points for part in row.grade.parts):
            rest: list[Cell] = [None, most_told, MISSING, *[None] * (5 + len(row.grade.parts))]
        else:
            received = moments.get(row.final_id or 0)
            status = GRADED if row.grade.is_complete else UNGRADED
            rest = [plain(row.grade.total), most_told, status, row.final_id]
            rest += [_moment(received, entry), _lateness(row, entry, received), None, count]
            rest += [None if part.points is None else plain(part.points) for part in row.grade.parts]
        yield [*names, who.sid, row.student.email, who.section, who.section, *rest]


def _moment(received: datetime | None, entry: Entry) -> str | None:
    return f"{received.astimezone(entry.zone):%Y-%m-%d %H:%M:%S %z}" if received else None


def _lateness(row: GradeRow, entry: Entry, received: datetime | None) -> str | None:
    """How long after the close it came in, as hours, minutes and seconds."""
    if received is None:
        return None
    closes = calendar.on_time_until(entry.definition.course, entry.zone, row.extension.until if row.extension else None)
    over = max(timedelta(), received - closes) if closes else timedelta()
    minutes, seconds = divmod(int(over.total_seconds()), 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"


def _one_decimal(value: Fraction) -> str:
    text = decimal(value)
    return text if "." in text else f"{text}.0"


def _feedback(row: GradeRow) -> str:
    """The parts with their points, and the reasons of adjustments, in a line."""
    told = [f"{part.name}: {decimal(part.points)}" for part in row.grade.parts if part.points is not None]
    told += [f"{each.kind.value} {each.value}: {each.reason}" for each in row.adjustments]
    return "; ".join(told)
