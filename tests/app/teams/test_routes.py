"""Teams that students form: who may join and leave when, and what a team has in common."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest
from sqlalchemy import func, select

from app.database import Database
from models.entrants import Entrant, EntrantMember
from models.gradings import State
from models.submissions import Submission
from tests.app.teams.conftest import TEAM, Open, code_of, invite, join, post
from tests.app.time_travel import Clock
from tests.app.world import World, change_rules, hand_in, settle

pytestmark = pytest.mark.usefixtures("teams")


def test_an_invitation_makes_two_one_entry(program: Open, records: Database) -> None:
    number = invite(program, "ada", "grace")

    [offered] = program("grace").get(TEAM).json()["offered"]
    joined = post(program("grace"), f"{TEAM}/invitations/{number}/acceptance")

    assert offered["id"] == number
    assert [each["name"] for each in joined["members"]] == ["Ada", "Grace"]
    assert (joined["offered"], joined["invited"]) == ([], [])
    with records.read() as session:
        assert session.execute(select(func.count()).select_from(Entrant)).scalar() == 1


def test_an_invitation_does_not_tell_whether_anybody_has_the_address(program: Open) -> None:
    known, unknown = (
        post(program("ada"), f"{TEAM}/invitations", email=email)
        for email in ("grace@example.org", "nobody@example.org")
    )

    assert known.keys() == unknown.keys()
    assert [each["email"] for each in unknown["invited"]] == ["grace@example.org", "nobody@example.org"]


def test_an_invitation_is_for_its_address_alone(program: Open) -> None:
    number = invite(program, "ada", "grace")

    assert code_of(program("alan").post(f"{TEAM}/invitations/{number}/acceptance")) == (404, "not-found")
    assert code_of(program("alan").post(f"{TEAM}/invitations/{number}/removal")) == (404, "not-found")


@pytest.mark.parametrize("who", ["ada", "grace"])
def test_an_invitation_is_withdrawn_by_the_team_and_refused_by_the_person(program: Open, who: str) -> None:
    number = invite(program, "ada", "grace")

    post(program(who), f"{TEAM}/invitations/{number}/removal")

    assert code_of(program("grace").post(f"{TEAM}/invitations/{number}/acceptance")) == (404, "not-found")


def test_whoever_has_the_link_joins_until_another_one_is_made(program: Open) -> None:
    old = post(program("ada"), f"{TEAM}/link")["code"]
    new = post(program("ada"), f"{TEAM}/link")["code"]

    assert code_of(program("grace").post(f"{TEAM}/joining", data={"code": old})) == (404, "not-found")
    assert len(post(program("grace"), f"{TEAM}/joining", code=new)["members"]) == 2
    post(program("ada"), f"{TEAM}/link/removal")
    assert code_of(program("alan").post(f"{TEAM}/joining", data={"code": new})) == (404, "not-found")


def test_a_team_has_no_more_members_than_the_definition_says(program: Open) -> None:
    code = post(program("ada"), f"{TEAM}/link")["code"]
    join(program, "grace", "ada")

    assert code_of(program("alan").post(f"{TEAM}/joining", data={"code": code})) == (409, "team-full")


def test_quota_board_row_files_and_points_belong_to_the_team(program: Open, records: Database, world: World) -> None:
    change_rules(
        records,
        world,
        "course:\n",
        "course:\n  teams: {size: 2}\n  submissions: {per_day: 2}\n"
        "  points: {parts: [{name: score, formula: 10 * score}]}\n",
    )
    join(program, "grace", "ada")
    first, second = (hand_in(records, world, name, file=name) for name in ("ada", "grace"))
    settle(records, first, Fraction(1, 2))
    settle(records, second, Fraction(3, 4))

    board = program("ada").get("/competitions/demo/leaderboard").json()["rows"]
    grades = program("instructor").get("/competitions/demo/grades").json()["items"]

    assert [(row["submission_id"], row["entries"], row["is_own"]) for row in board] == [(second, 2, True)]
    assert program("ada").get("/competitions/demo").json()["tries"]["left"] == 0
    assert program("ada").get(f"/submissions/{second}").status_code == 200
    assert {row["name"]: row["total"] for row in grades} == {"Ada": 7.5, "Grace": 7.5, "Alan": 0}


def test_the_list_says_who_of_the_team_handed_in(program: Open, browser: Open, records: Database, world: World) -> None:
    join(program, "grace", "ada")
    hand_in(records, world, "grace")

    assert "by Grace" in browser("ada").get("/submissions").text
    assert "by Grace" not in browser("grace").get("/submissions").text


def test_nobody_joins_another_team_while_what_they_handed_in_counts(
    program: Open, records: Database, world: World
) -> None:
    number = hand_in(records, world, "grace")
    invitation = invite(program, "ada", "grace")

    refused = program("grace").post(f"{TEAM}/invitations/{invitation}/acceptance")
    assert code_of(refused) == (409, "team-has-submissions")

    settle(records, number, state=State.REJECTED)
    post(program("grace"), f"{TEAM}/invitations/{invitation}/acceptance")
    assert program("grace").get(f"/submissions/{number}").status_code == 200


def test_others_join_the_entry_that_has_submissions(program: Open, records: Database, world: World) -> None:
    settle(records, hand_in(records, world, "ada"), Fraction(1, 2))

    join(program, "grace", "ada")

    [row] = program("grace").get("/competitions/demo/leaderboard").json()["rows"]
    assert row["is_own"]


def test_whoever_leaves_a_team_has_no_more_files_to_be_refused(program: Open, records: Database, world: World) -> None:
    limits = "course:\n  teams: {size: 2}\n  submissions: {per_day: 5, refused_per_day: 2}\n"
    change_rules(records, world, "course:\n", limits)
    join(program, "grace", "ada")
    for file in ("one", "two"):
        settle(records, hand_in(records, world, "grace", file=file), state=State.REJECTED)

    post(program("grace"), f"{TEAM}/leaving")

    sent = [
        program(name).post("/submissions", params={"competition": "demo"}, content=b"\x89HDF\r\n\x1a\n")
        for name in ("grace", "ada", "alan")
    ]
    assert [code_of(each) for each in sent[:2]] == [(429, "refused-used")] * 2
    assert sent[2].status_code == 202
    assert program("grace").get("/competitions/demo").json()["tries"]["refused_left"] == 0


def test_nobody_leaves_a_team_for_which_they_handed_in_and_others_do(
    program: Open, records: Database, world: World
) -> None:
    join(program, "grace", "ada")
    hand_in(records, world, "ada")

    assert code_of(program("ada").post(f"{TEAM}/leaving")) == (409, "team-has-submissions")
    assert post(program("grace"), f"{TEAM}/leaving")["members"] == []
    assert code_of(program("ada").post(f"{TEAM}/leaving")) == (409, "team-alone")


def test_what_staff_granted_is_not_left_behind(program: Open, world: World) -> None:
    address = f"/competitions/demo/grades/{world.people['grace'].id}/extension"
    assert program("instructor").post(address, data={"extra_tries": "1"}).status_code == 200
    invitation = invite(program, "ada", "grace")

    refused = program("grace").post(f"{TEAM}/invitations/{invitation}/acceptance")

    assert code_of(refused) == (409, "team-has-decisions")


def test_after_the_freeze_only_staff_change_teams(program: Open, records: Database, world: World, clock: Clock) -> None:
    rule = "course:\n  teams: {size: 2, frozen: 2026-10-01 12:00}\n"
    change_rules(records, world, "course:\n", rule)
    # The course's zone is New York's, four hours behind; the minute of the freeze itself is still open.
    clock.travel_to(datetime(2026, 10, 1, 16, 0, 5, tzinfo=UTC))
    invitation = invite(program, "ada", "grace")
    clock.travel_to(datetime(2026, 10, 1, 16, 1, tzinfo=UTC))

    assert code_of(program("grace").post(f"{TEAM}/invitations/{invitation}/acceptance")) == (409, "teams-frozen")
    assert program("grace").get(TEAM).json()["is_open"] is False
    form = {"email": "grace@example.org", "team": "Late pruners"}
    assert program("instructor").post("/competitions/demo/teams/assignment", data=form).status_code == 200


def test_teams_end_when_staff_close_the_competition(program: Open, world: World) -> None:
    invitation = invite(program, "ada", "grace")
    code = post(program("ada"), f"{TEAM}/link")["code"]

    assert program("instructor").post("/competitions/demo/closing").status_code == 200

    frozen = (409, "teams-frozen")
    assert code_of(program("grace").post(f"{TEAM}/invitations/{invitation}/acceptance")) == frozen
    assert code_of(program("grace").post(f"{TEAM}/joining", data={"code": code})) == frozen
    team = program("ada").get(TEAM).json()
    assert (team["is_open"], team["until"] is None) == (False, False)
    assert program("instructor").post("/competitions/demo/opening").status_code == 200
    assert len(post(program("grace"), f"{TEAM}/joining", code=code)["members"]) == 2


def test_where_staff_form_teams_students_do_not(program: Open, records: Database, world: World) -> None:
    change_rules(records, world, "course:\n", "course:\n  teams: {size: 2, formed_by: staff}\n")

    assert code_of(program("ada").post(f"{TEAM}/link")) == (409, "teams-by-staff")


def test_staff_are_in_no_team(program: Open) -> None:
    code = post(program("ada"), f"{TEAM}/link")["code"]

    assert code_of(program("instructor").post(f"{TEAM}/joining", data={"code": code})) == (409, "team-staff")


def test_no_team_is_called_like_a_baseline(program: Open, records: Database, world: World) -> None:
    rules = "course:\n  teams: {size: 2}\n  baselines: [{name: Simple, score: 0.4}]\n"
    change_rules(records, world, "course:\n", rules)
    staff, base = program("instructor"), "/competitions/demo"
    for form in ({"name": "last year", "public": "0.5"}, {"name": "dense network"}):
        assert staff.post(f"{base}/baselines", data=form).status_code == 201
    number = hand_in(records, world, "ada")
    own = program("instructor").get(f"/submissions/{number}").json()["entrant"]

    for name in ("simple", "Last  Year", "dense network"):
        assert code_of(program("ada").post(f"{TEAM}/name", data={"name": name})) == (409, "team-name-taken")
    text = "team,email\nDense Network,ada@example.org\nsimple,grace@example.org\n"
    looked = staff.post(f"{base}/teams/import", data={"text": text}).json()
    assert [(each["line"], "baseline" in each["text"]) for each in looked["problems"]] == [(2, True), (3, True)]
    assert staff.get(f"/submissions/{number}").json()["entrant"] == own


def test_a_name_stands_on_the_board_and_belongs_to_one(program: Open, records: Database, world: World) -> None:
    settle(records, hand_in(records, world, "ada"), Fraction(1, 2))

    post(program("ada"), f"{TEAM}/name", name="  The  Hedge Trimmers ")

    [row] = program("grace").get("/competitions/demo/leaderboard").json()["rows"]
    assert row["alias"] == "The Hedge Trimmers"
    taken = program("grace").post(f"{TEAM}/name", data={"name": "the hedge trimmers"})
    assert code_of(taken) == (409, "team-name-taken")
    assert code_of(program("grace").post(f"{TEAM}/name", data={"name": " "})) == (422, "team-name")


def test_a_file_that_comes_in_after_a_move_is_the_new_teams(program: Open, records: Database, world: World) -> None:
    join(program, "grace", "ada")

    number = hand_in(records, world, "grace")

    with records.read() as session:
        ada = session.execute(
            select(EntrantMember.entrant_id).where(EntrantMember.user_id == world.people["ada"].id)
        ).scalar_one()
        assert session.get_one(Submission, number).entrant_id == ada


def test_the_page_leads_through_an_invitation(browser: Open, program: Open) -> None:
    number = invite(program, "ada", "grace")
    grace = browser("grace")

    assert "1 invitation" in grace.get("/competitions/demo").text
    assert f'action="{TEAM}/invitations/{number}/acceptance"' in grace.get(TEAM).text
    accepted = grace.post(f"{TEAM}/invitations/{number}/acceptance")
    assert (accepted.status_code, accepted.headers["location"]) == (303, TEAM)
    assert "Leave this team" in grace.get(TEAM).text


def test_the_page_of_a_link_asks_first(browser: Open, program: Open) -> None:
    code = post(program("ada"), f"{TEAM}/link")["code"]

    asked = browser("grace").get(f"{TEAM}?code={code}").text

    assert f'<input type="hidden" name="code" value="{code}">' in asked
    assert "no longer good" in browser("grace").get(f"{TEAM}?code=nothing").text
