"""Canvas' gradebook: the file that it exports, with our column filled and every other byte as it was.

Its first five columns are Student, ID, SIS User ID, SIS Login ID and Section; then a column for each assignment, called
`Title (its number)`. Above the students stands a row that begins with `    Points Possible`, and perhaps others without
a student; `Student, Test` is nobody.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from app.errors import Unprocessable
from app.gradebooks import sheets
from app.gradebooks.numbers import decimal, is_same
from app.gradebooks.sheets import Sheet

STUDENT, USER, LOGIN = "Student", "SIS User ID", "SIS Login ID"
POINTS, TEST, READ_ONLY = "Points Possible", "Student, Test", "(read only)"
_NUMBER = re.compile(r"\s*\(\d+\)\s*$")


@dataclass(frozen=True, slots=True)
class Known:
    """A student here, and the points that Canvas shall have; None: not all of them are given yet."""

    email: str
    sid: str | None
    login: str | None
    points: Fraction | None


@dataclass(frozen=True, slots=True)
class Filled:
    """The file, what became of it, and the rows of students whom nobody here answers to."""

    data: bytes
    column: str
    is_new: bool
    filled: int
    unchanged: int
    incomplete: Sequence[str]
    unmatched: Sequence[str]
    missing: Sequence[str]
    """Students here who are not in the file."""


def fill(data: bytes, title: str, most: Fraction | None, students: Sequence[Known], column: str = "") -> Filled:
    """The same file with the points of our students in one column.

    It is the one called `column`, else the one with the competition's title; where there is none, a new one is added at
    the end, which makes a new assignment of Canvas. Raises Unprocessable.
    """
    sheet = sheets.parse(data)
    heads = [sheet.text(0, at) for at in range(len(sheet.rows[0].cells))] if sheet.rows else []
    _check_heads(heads)
    target = _target(heads, column.strip() or title, is_named=bool(column.strip()))
    if target is not None:
        _check_may_write(sheet, target, heads[target])
    found = _matched(sheet, heads, students)
    texts, unchanged = {}, 0
    for row, student in found.items():
        if student is None or student.points is None:
            continue
        if target is not None and is_same(sheet.text(row, target), student.points):
            unchanged += 1
        else:
            texts[row] = decimal(student.points)
    filled = len(texts)
    if target is None:
        written = sheet.with_column({**texts, 0: title, **_points_possible(sheet, most)})
    else:
        written = sheet.with_cells({(row, target): text for row, text in texts.items()})
    answered = [each for each in found.values() if each is not None]
    return Filled(
        data=written,
        column=title if target is None else heads[target],
        is_new=target is None,
        filled=filled,
        unchanged=unchanged,
        incomplete=[each.email for each in answered if each.points is None],
        unmatched=[sheet.text(row, 0) for row, student in found.items() if student is None],
        missing=[each.email for each in students if each not in answered],
    )


def columns_of(data: bytes) -> Sequence[str]:
    """The assignments that a file has."""
    sheet = sheets.parse(data)
    heads = [sheet.text(0, at) for at in range(len(sheet.rows[0].cells))] if sheet.rows else []
    return [head for head in heads if _NUMBER.search(head)]


def _check_heads(heads: Sequence[str]) -> None:
    if not heads or heads[0] != STUDENT or not {USER, LOGIN} & set(heads):
        got = ", ".join(heads[:6])[:200] or "nothing"
        raise Unprocessable(
            "canvas-file",
            f"A file that Canvas exports begins with {STUDENT}, ID, {USER}, {LOGIN}, Section; got {got}. "
            "In Canvas: Grades, Export, Export Entire Gradebook.",
        )


def _target(heads: Sequence[str], title: str, *, is_named: bool) -> int | None:
    """The column to fill; None: it is not there."""
    at = [place for place, head in enumerate(heads) if head == title]
    at = at or [place for place, head in enumerate(heads) if _NUMBER.search(head) and _NUMBER.sub("", head) == title]
    if len(at) > 1:
        raise Unprocessable("canvas-column", f"{len(at)} columns are called {title!r}; write the name with its number.")
    if not at and is_named:
        known = ", ".join(head for head in heads if _NUMBER.search(head)) or "none"
        raise Unprocessable("canvas-column", f"There is no column {title!r}; its assignments are {known}.")
    return at[0] if at else None


def _check_may_write(sheet: Sheet, target: int, head: str) -> None:
    above = [row for row in range(len(sheet.rows)) if _is_points(sheet, row)]
    if any(READ_ONLY in sheet.text(row, target) for row in above):
        raise Unprocessable("canvas-column", f"Canvas computes the column {head!r} itself and ignores what is in it.")
    if target < 5:
        raise Unprocessable("canvas-column", f"The column {head!r} says who the students are.")


def _matched(sheet: Sheet, heads: Sequence[str], students: Sequence[Known]) -> Mapping[int, Known | None]:
    """For each row of a student, who that is here: by SIS User ID, else by login."""
    by_sid = _unique((each.sid, each) for each in students)
    by_login = _unique((name, each) for each in students for name in {each.login, each.email})
    by_mailbox = _unique((each.email.partition("@")[0], each) for each in students)
    found: dict[int, Known | None] = {}
    for row in range(1, len(sheet.rows)):
        if not _is_student(sheet, row):
            continue
        sid, login = (_folded(_cell(sheet, heads, row, head)) for head in (USER, LOGIN))
        found[row] = by_sid.get(sid) or by_login.get(login) or by_mailbox.get(login)
    twice = [each for each in found.values() if each is not None]
    return {row: None if each is not None and twice.count(each) > 1 else each for row, each in found.items()}


def _unique(pairs: Iterable[tuple[str | None, Known]]) -> Mapping[str, Known]:
    """By name, those of whom only one has it."""
    found: dict[str, Known | None] = {}
    for name, student in pairs:
        if name and _folded(name):
            found[_folded(name)] = None if _folded(name) in found else student
    return {name: student for name, student in found.items() if student is not None}


def _cell(sheet: Sheet, heads: Sequence[str], row: int, head: str) -> str:
    return sheet.text(row, heads.index(head)) if head in heads else ""


def _folded(text: str) -> str:
    return text.strip().casefold()


def _is_student(sheet: Sheet, row: int) -> bool:
    return bool(sheet.text(row, 0).strip()) and not _is_points(sheet, row) and sheet.text(row, 0).strip() != TEST


def _is_points(sheet: Sheet, row: int) -> bool:
    return sheet.text(row, 0).strip() == POINTS


def _points_possible(sheet: Sheet, most: Fraction | None) -> Mapping[int, str]:
    """What a new column says in the row of the most points."""
    if most is None:
        return {}
    return {row: decimal(most) for row in range(1, len(sheet.rows)) if _is_points(sheet, row)}
