"""A roster's lines as people: what a gradebook adds that is no person is passed over."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.people.columns import Choice, Field
from app.people.tables import Table
from models.columns import fold_email
from models.courses import Role

ROLES = {
    "student": Role.STUDENT,
    "learner": Role.STUDENT,
    "ta": Role.TA,
    "teachingassistant": Role.TA,
    "reader": Role.TA,
    "grader": Role.TA,
    "instructor": Role.INSTRUCTOR,
    "teacher": Role.INSTRUCTOR,
}
"""Gradescope's and Canvas' words for our roles, in letters alone."""
GONE = frozenset({"deleted", "suspended", "inactive"})
"""Of Canvas' SIS files: people who are in no course any more."""
POINTS_POSSIBLE, TEST_STUDENT = "points possible", "student, test"


@dataclass(frozen=True, slots=True)
class Line:
    """One person as a roster has them. An empty text: the roster does not say."""

    number: int
    name: str
    email: str
    sid: str
    login: str
    section: str
    role: Role | None
    """None: the roster does not say."""
    unknown_role: str = ""
    """What the roster calls a role that we have no word for."""


def lines(table: Table, choice: Choice) -> Iterator[Line]:
    """The people of a roster, in its order."""
    for number, cells in table.rows:
        said = {field: _cell(cells, choice.column(field)) for field in Field}
        if _is_nobody(said[Field.NAME]) or said[Field.STATUS].casefold() in GONE:
            continue
        if not any(said[field] for field in (Field.EMAIL, Field.SID, Field.LOGIN)):
            continue
        yield _line(number, said, choice.email_domain)


def _line(number: int, said: dict[Field, str], email_domain: str) -> Line:
    login = said[Field.LOGIN]
    email = said[Field.EMAIL] or (
        login if "@" in login else f"{login}@{email_domain}" if login and email_domain else ""
    )
    word = "".join(each for each in said[Field.ROLE].casefold() if each.isalpha())
    return Line(
        number=number,
        name=_name(said),
        email=fold_email(email),
        sid=said[Field.SID],
        login=login,
        section=said[Field.SECTION],
        role=ROLES.get(word),
        unknown_role=said[Field.ROLE] if word and word not in ROLES else "",
    )


def _cell(cells: tuple[str, ...], column: int | None) -> str:
    return "" if column is None else cells[column]


def _name(said: dict[Field, str]) -> str:
    """The name as it is said; "Last, First", as gradebooks write it, becomes "First Last"."""
    if said[Field.FIRST_NAME] or said[Field.LAST_NAME]:
        return f"{said[Field.FIRST_NAME]} {said[Field.LAST_NAME]}".strip()
    last, comma, first = said[Field.NAME].partition(",")
    return f"{first.strip()} {last.strip()}".strip() if comma else said[Field.NAME]


def _is_nobody(name: str) -> bool:
    return name.casefold().startswith(POINTS_POSSIBLE) or name.casefold() == TEST_STUDENT
