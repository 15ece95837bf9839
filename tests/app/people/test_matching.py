"""What a roster would do to a course: who is whom, and what nobody can tell."""

from dataclasses import replace

import pytest

from app.people.matching import Member, Plan, plan
from app.people.roster import Line
from models.courses import Role

ADA = Member(1, "Ada", "ada@example.org", Role.STUDENT, "s1", "ada", "A")
GRACE = Member(2, "grace@example.org", "grace@example.org", Role.STUDENT, "", "", "")
TEACHER = Member(3, "Barbara", "barbara@example.org", Role.INSTRUCTOR, "", "", "")


def line(number: int = 2, **said: str) -> Line:
    texts = {"name": "", "email": "", "sid": "", "login": "", "section": "", **said}
    return Line(number=number, role=None, **texts)


def planned(*lines: Line, members: tuple[Member, ...] = (ADA, GRACE, TEACHER), drops: bool = False) -> Plan:
    return plan(list(lines), list(members), {"known@example.org": 9}, drops=drops)


def test_somebody_new_is_added_as_a_student() -> None:
    [added] = planned(line(email="new@example.org", name="New")).added

    assert (added.line.email, added.role, added.user_id) == ("new@example.org", Role.STUDENT, None)


def test_somebody_who_has_an_account_keeps_it() -> None:
    [added] = planned(line(email="known@example.org")).added

    assert added.user_id == 9


@pytest.mark.parametrize(
    "said",
    [
        {"sid": "s1", "email": "another@example.org"},
        {"email": "ada@example.org"},
        {"login": "ADA"},
    ],
)
def test_a_member_is_known_by_sid_else_by_email_else_by_login(said: dict[str, str]) -> None:
    done = planned(line(2, section="B", **said))

    [change] = done.changed
    assert (change.member, change.values) == (
        ADA,
        {"section": ("A", "B")} | ({"login": ("ada", "ADA")} if "login" in said else {}),
    )
    assert not done.added


def test_what_the_roster_leaves_out_stays() -> None:
    done = planned(line(sid="s1"))

    assert (done.unchanged, done.changed) == (1, [])


def test_a_name_is_taken_where_there_was_none_and_no_other_is_touched() -> None:
    done = planned(line(email=GRACE.email, name="Grace Hopper"), line(3, sid="s1", name="Augusta"))

    [change] = done.changed
    assert change.values == {"name": ("grace@example.org", "Grace Hopper")}
    assert done.unchanged == 1


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([line(sid="s1", email=GRACE.email)], "mean different people"),
        ([line(sid="s1"), line(3, sid="s1")], "2 lines have the SID s1"),
        ([line(email="x@y.z"), line(3, email="x@y.z")], "2 lines have the e-mail address x@y.z"),
        ([line(sid="s1"), line(3, login="ada")], "another line means the same person"),
        ([line(email=ADA.email, sid="s2")], "has the SID s1 in the course, and s2 in the file"),
        ([line(sid="s7")], "a new account needs an e-mail address"),
        ([line(email="no address")], "is not an e-mail address"),
        ([replace(line(email="x@y.z"), unknown_role="Auditor")], "'Auditor' is no role here"),
    ],
)
def test_what_nobody_can_tell_is_left_to_the_staff(lines: list[Line], why: str) -> None:
    done = planned(*lines)

    assert why in done.doubts[-1].reason
    assert not done.added
    assert not done.changed


def test_students_who_are_not_in_the_file_are_missing_and_leave_only_if_wanted() -> None:
    stay, leave = planned(line(sid="s1")), planned(line(sid="s1"), drops=True)

    assert [each.email for each in stay.missing] == [each.email for each in leave.missing] == [GRACE.email]
    assert stay.does_nothing
    assert not leave.does_nothing


def test_whom_an_ambiguous_line_may_mean_is_not_missing() -> None:
    assert planned(line(sid="s1", email=GRACE.email), drops=True).missing == []


def test_a_file_changes_roles_where_it_says_so_but_an_instructors() -> None:
    assistant = replace(line(sid="s1"), role=Role.TA)
    demoted = replace(line(3, email=TEACHER.email), role=Role.STUDENT)

    done = planned(assistant, demoted)

    [change] = done.changed
    assert change.values == {"role": ("student", "ta")}
    assert done.unchanged == 1


def test_two_members_with_one_sid_are_not_known_by_it() -> None:
    twin = replace(GRACE, sid="s1")

    assert planned(line(sid="s1"), members=(ADA, twin)).doubts[0].reason.startswith("nobody in the course has this SID")
