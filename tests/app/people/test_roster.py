"""Rosters as Gradescope, Canvas and spreadsheets write them."""

import pytest

from app.errors import AppError
from app.people import columns, roster, tables
from app.people.columns import Choice
from app.people.roster import Line
from models.courses import Role

GRADESCOPE = """\
First Name,Last Name,SID,Email,Sections,Role
Ada,Lovelace,s1,Ada@Example.org,A,Student
Grace,Hopper,,grace@example.org,,TA
"""
CANVAS = """\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Homework 1 (30599),Final Score
    Points Possible,,,,,10,(read only)
"Lovelace, Ada",101,s1,ada@example.org,10605-A,9.5,95
"Hopper, Grace",102,s2,grace,10605-A,,
"Student, Test",103,,a5b6c7,10605-A,,
"""
SIS = """\
user_id,login_id,first_name,last_name,email,status
s1,ada,Ada,Lovelace,ada@example.org,active
s2,grace,Grace,Hopper,grace@example.org,deleted
"""
MOODLE = """\
First name;Last name;ID number;Institution;Department;Email address
Ada;Lovelace;s1;;;ada@example.org
"""


def lines_of(text: str, email_domain: str = "") -> list[Line]:
    table = tables.read(tables.decode(text.encode()))
    guessed = columns.guess(table.header)
    columns.check(guessed, len(table.header), "")
    return list(roster.lines(table, Choice(guessed, email_domain)))


def test_gradescopes_roster_is_understood_by_itself() -> None:
    ada, grace = lines_of(GRADESCOPE)

    assert (ada.name, ada.email, ada.sid, ada.section, ada.role) == (
        "Ada Lovelace", "ada@example.org", "s1", "A", Role.STUDENT,
    )  # fmt: skip
    assert (grace.name, grace.sid, grace.role, grace.number) == ("Grace Hopper", "", Role.TA, 3)


def test_canvas_gradebook_is_understood_without_what_is_no_student() -> None:
    ada, grace = lines_of(CANVAS, email_domain="example.org")

    assert (ada.name, ada.sid, ada.login, ada.email) == ("Ada Lovelace", "s1", "ada@example.org", "ada@example.org")
    assert (grace.name, grace.email, grace.section) == ("Grace Hopper", "grace@example.org", "10605-A")


def test_without_a_domain_a_login_is_no_address() -> None:
    assert [each.email for each in lines_of(CANVAS)] == ["ada@example.org", ""]


def test_canvas_sis_users_are_understood_without_those_who_are_gone() -> None:
    [ada] = lines_of(SIS)

    assert (ada.sid, ada.login, ada.email) == ("s1", "ada", "ada@example.org")


def test_moodles_grades_with_semicolons_are_understood() -> None:
    [ada] = lines_of(MOODLE)

    assert (ada.name, ada.sid, ada.email) == ("Ada Lovelace", "s1", "ada@example.org")


def test_other_headers_are_chosen_by_hand() -> None:
    table = tables.read("Wer,Wo\nAda,ada@example.org\n")
    assert columns.guess(table.header) == {}

    [ada] = roster.lines(table, Choice({"name": 0, "email": 1}))

    assert (ada.name, ada.email) == ("Ada", "ada@example.org")


def test_a_role_that_nobody_knows_is_told() -> None:
    [ada] = lines_of("Email,Role\nada@example.org,Auditor\n")

    assert (ada.role, ada.unknown_role) == (None, "Auditor")


def test_a_spreadsheets_unicode_text_is_read() -> None:
    assert tables.read(tables.decode("Name\tEmail\nÁda\ta@b.c\n".encode("utf-16"))).rows[0][1] == ("Áda", "a@b.c")


def test_lines_are_as_wide_as_the_headers_and_empty_ones_are_passed_over() -> None:
    table = tables.read("a,b\n\n1\n,,\n1,2,3\n")

    assert table.rows == ((3, ("1", "")), (5, ("1", "2")))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"Name,Email\nJos\xe9,j@example.org\n", "roster-encoding"),
        (b"Name\x00,Email\n", "roster-encoding"),
        (b"", "roster-form"),
        (b"\n\n  ,\n", "roster-form"),
        (b"a\n" * 5_002, "roster-form"),
        (b"," * 500, "roster-form"),
        (b'a,b\n"' + b"x" * 200_000 + b'"\n', "roster-form"),
    ],
)
def test_what_is_no_roster_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(AppError) as caught:
        tables.read(tables.decode(content))

    assert (caught.value.status, caught.value.code) == (422, code)


@pytest.mark.parametrize(
    ("chosen", "domain", "why"),
    [
        ({"name": 0}, "", "Choose the column of the e-mail address"),
        ({"email": 7}, "", "the file has 3"),
        ({"email": 1, "sid": 1}, "", "for two things"),
        ({"login": 1}, "no domain", "is not the end of an e-mail address"),
    ],
)
def test_columns_that_tell_nobody_apart_are_refused(chosen: dict[str, int], domain: str, why: str) -> None:
    with pytest.raises(AppError, match=why):
        columns.check(chosen, 3, domain)
