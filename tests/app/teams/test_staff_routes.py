"""Teams that staff form: a file as a dry run first, then done in one piece, or one student at a time."""

from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import select

from app.database import Database
from models.audit import AuditEntry
from tests.app.teams.conftest import TEAM, Open, code_of, join, post
from tests.app.world import World, hand_in, settle

pytestmark = pytest.mark.usefixtures("teams")
TEAMS = "/competitions/demo/teams"
TWO = "team,email\nPruners,ADA@example.org\nPruners,grace@example.org\n,alan@example.org\n"


def plan(program: Open, text: str, expected: str = "") -> dict[str, Any]:
    return post(program("instructor"), f"{TEAMS}/import", text=text, expected=expected)


def test_a_file_changes_nothing_until_it_is_confirmed(program: Open) -> None:
    looked = plan(program, TWO)

    assert not looked["is_done"]
    [team] = looked["teams"]
    assert (team["name"], team["is_new"], [each["name"] for each in team["joining"]]) == (
        "Pruners",
        True,
        ["Ada", "Grace"],
    )
    assert program("ada").get(TEAM).json()["members"] == []

    assert plan(program, TWO, looked["digest"])["is_done"]
    assert program("ada").get(TEAM).json()["alias"] == "Pruners"
    again = plan(program, TWO)["teams"][0]
    assert (again["joining"], len(again["staying"])) == ([], 2)


def test_a_file_is_sent_as_a_file_with_a_mark_and_semicolons(program: Open) -> None:
    content = "\ufeffGroup name;Name;E-mail\r\nPruners;Ada;ada@example.org\r\n".encode()

    answer = program("instructor").post(f"{TEAMS}/import", files={"file": ("teams.csv", content, "text/csv")})

    assert [each["name"] for each in answer.json()["teams"]] == ["Pruners"]


def test_every_line_that_cannot_be_done_is_told_and_nothing_is_done(program: Open) -> None:
    text = TWO + "Pruners,alan@example.org\nOthers,stranger@example.org\nOthers,instructor@example.org\n"

    looked = plan(program, text)
    refused = program("instructor").post(f"{TEAMS}/import", data={"text": text, "expected": looked["digest"]})

    assert [(each["line"], each["text"]) for each in looked["problems"]] == [
        (2, "the team 'Pruners' would have 3 members; at most 2"),
        (5, "alan@example.org stands in line 4 already"),
        (6, "there is no student 'stranger@example.org' in the course"),
        (7, "there is no student 'instructor@example.org' in the course"),
    ]
    assert code_of(refused) == (422, "teams-problems")
    assert program("ada").get(TEAM).json()["members"] == []


def test_what_has_changed_since_the_dry_run_is_looked_at_again(program: Open) -> None:
    looked = plan(program, TWO)
    join(program, "alan", "ada")

    refused = program("instructor").post(f"{TEAMS}/import", data={"text": TWO, "expected": looked["digest"]})

    assert code_of(refused) == (409, "teams-changed")


def test_a_new_team_takes_over_the_entry_of_its_only_member_with_submissions(
    program: Open, records: Database, world: World
) -> None:
    number = hand_in(records, world, "grace")
    settle(records, number, Fraction(1, 2))

    [team] = plan(program, TWO)["teams"]
    assert (team["is_new"], team["left_behind"]) == (False, 0)
    assert team["was"]
    plan(program, TWO, plan(program, TWO)["digest"])

    [row] = program("ada").get("/competitions/demo/leaderboard").json()["rows"]
    assert (row["alias"], row["submission_id"], row["is_own"]) == ("Pruners", number, True)


def test_where_several_have_handed_in_it_stays_with_the_old_entries(
    program: Open, records: Database, world: World
) -> None:
    for name in ("ada", "grace"):
        settle(records, hand_in(records, world, name), Fraction(1, 2))

    looked = plan(program, TWO)
    assert (looked["teams"][0]["is_new"], looked["teams"][0]["left_behind"]) == (True, 2)
    plan(program, TWO, looked["digest"])

    assert program("ada").get("/competitions/demo/leaderboard").json()["rows"] == []
    assert len(program("ada").get("/submissions").json()["items"]) == 1


def test_a_student_is_put_into_a_team_and_taken_out_again(program: Open) -> None:
    staff = program("instructor")

    post(staff, f"{TEAMS}/assignment", email="ada@example.org", team="Pruners")
    post(staff, f"{TEAMS}/assignment", email="grace@example.org", team="pruners")
    assert len(program("ada").get(TEAM).json()["members"]) == 2
    post(staff, f"{TEAMS}/assignment", email="grace@example.org")

    assert len(program("ada").get(TEAM).json()["members"]) == 1


def test_whoever_moves_somebody_is_written_down(program: Open, records: Database, world: World) -> None:
    post(program("instructor"), f"{TEAMS}/assignment", email="ada@example.org", team="Pruners")

    with records.read() as session:
        [entry] = session.scalars(select(AuditEntry)).all()
    assert (entry.actor_id, entry.action) == (world.people["instructor"].id, "team.assign")
    assert entry.detail == {"user": world.people["ada"].id, "from": None, "left_behind": 0}


def test_staff_rename_what_nobody_should_have_to_read(program: Open) -> None:
    post(program("ada"), f"{TEAM}/name", name="Rude")
    [entry] = [each for each in program("instructor").get(TEAMS).json()["items"] if each["alias"] == "Rude"]

    post(program("instructor"), f"{TEAMS}/{entry['entrant_id']}/name", name="Polite")

    assert program("ada").get(TEAM).json()["alias"] == "Polite"


def test_the_list_is_a_file_that_can_be_imported(program: Open) -> None:
    post(program("ada"), f"{TEAM}/name", name="=Pruners")

    exported = program("instructor").get(TEAMS, params={"csv": "true"})

    assert "'=Pruners,ada@example.org,Ada" in exported.text
    looked = plan(program, exported.text)
    assert ([each["name"] for each in looked["teams"]], looked["problems"]) == (["=Pruners"], [])


@pytest.mark.parametrize(
    ("text", "told"), [("", "neither a file nor a text"), ("name,email\nx,y", "needs a column 'team', got name, email")]
)
def test_a_file_that_is_none_is_told(program: Open, text: str, told: str) -> None:
    answer = program("instructor").post(f"{TEAMS}/import", data={"text": text})

    assert code_of(answer) == (422, "teams-csv")
    assert told in answer.json()["detail"]


def test_pages_show_the_plan_and_do_it(browser: Open) -> None:
    staff = browser("instructor")

    looked = staff.post(f"{TEAMS}/import", files={"file": ("teams.csv", TWO.encode(), "text/csv")})
    digest = looked.text.partition('name="expected" value="')[2].partition('"')[0]
    done = staff.post(f"{TEAMS}/import", data={"text": TWO, "expected": digest})

    assert "Do this" in looked.text
    assert (done.status_code, done.headers["location"]) == (303, TEAMS)
    assert "2 members" in staff.get(TEAMS).text


@pytest.mark.parametrize("who", ["ada", "outsider"])
def test_only_staff_form_teams_of_others(program: Open, who: str) -> None:
    status = 403 if who == "ada" else 404

    assert program(who).get(TEAMS).status_code == status
    assert program(who).post(f"{TEAMS}/import", data={"text": TWO}).status_code == status
