"""Which column of a roster holds what: guessed from its headers, and chosen by the staff where the guess is wrong."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from app.errors import Unprocessable


class Field(StrEnum):
    """What a roster can say of a person."""

    NAME = "name"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    EMAIL = "email"
    SID = "sid"
    LOGIN = "login"
    SECTION = "section"
    ROLE = "role"
    STATUS = "status"


WORDS: Mapping[Field, tuple[str, ...]] = {
    Field.NAME: ("name", "fullname", "student", "studentname", "displayname", "sortablename"),
    Field.FIRST_NAME: ("firstname", "givenname", "forename", "preferredname"),
    Field.LAST_NAME: ("lastname", "surname", "familyname"),
    Field.EMAIL: ("email", "emailaddress", "mail", "useremail", "studentemail", "universityemail"),
    Field.SID: (
        "sid",
        "studentid",
        "sisuserid",
        "userid",
        "idnumber",
        "useridnumber",
        "studentnumber",
        "matriculationnumber",
    ),
    Field.LOGIN: ("sisloginid", "loginid", "login", "username", "netid", "andrewid", "kerberos"),
    Field.SECTION: ("section", "sections", "sectionname", "group"),
    Field.ROLE: ("role",),
    Field.STATUS: ("status",),
}
"""How headers call it, in letters and digits alone, the best word first. Gradescope, Canvas, its SIS files, Moodle."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Columns by what they hold, counted from 0; and what the file does not say by itself."""

    columns: Mapping[str, int]
    email_domain: str = ""
    """Makes an e-mail address of a login, where the file has none."""
    drop_missing: bool = False
    """Whether students who are not in the file leave the course."""

    def column(self, field: Field) -> int | None:
        """The column that holds this."""
        return self.columns.get(field.value)

    def as_json(self) -> dict[str, Any]:
        """For the database."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """As it was stored."""
        return cls(dict(stored["columns"]), stored["email_domain"], stored["drop_missing"])


def guess(header: Sequence[str]) -> dict[str, int]:
    """Columns by what their headers say they hold."""
    plain = [re.sub(r"[^a-z0-9]", "", name.casefold()) for name in header]
    found = {}
    for field, words in WORDS.items():
        column = next((plain.index(word) for word in words if word in plain), None)
        if column is not None:
            found[field.value] = column
    if Field.FIRST_NAME.value in found and Field.LAST_NAME.value in found:
        found.pop(Field.NAME.value, None)
    if not _is_sis(plain):
        found.pop(Field.STATUS.value, None)  # a gradebook's status is that of a submission
    return found


def check(columns: Mapping[str, int], width: int, email_domain: str) -> None:
    """Raises AppError 422 unless the columns are enough to know people by, and there are such columns."""
    for field, column in columns.items():
        if not 0 <= column < width:
            raise Unprocessable("roster-mapping", f"`{field}` is to be column {column + 1}; the file has {width}.")
    if len(set(columns.values())) < len(columns):
        raise Unprocessable("roster-mapping", "One column was chosen for two things. Choose each column once.")
    known = {Field.SID, Field.EMAIL, Field.LOGIN} & {Field(name) for name in columns}
    if not known:
        raise Unprocessable("roster-mapping", "Choose the column of the e-mail address, of the SID or of the login.")
    if email_domain and not re.fullmatch(r"[^\s@]+\.[^\s@]+", email_domain):
        detail = f"{email_domain!r} is not the end of an e-mail address; it needs a form such as example.edu."
        raise Unprocessable("roster-mapping", detail)


def _is_sis(plain: Sequence[str]) -> bool:
    """Whether it is a `users.csv` as Canvas imports it."""
    return "userid" in plain and "loginid" in plain
