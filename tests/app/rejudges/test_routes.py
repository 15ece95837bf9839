"""Rejudges through the front door: who may, what is told, and what is refused."""

from collections.abc import Callable, Sequence
from fractions import Fraction

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from app.database import Database
from models.courses import Membership, Role
from tests.app.rejudges.doing import judge
from tests.app.world import World, hand_in, settle

Open = Callable[[str | None], TestClient]
BASE = "/competitions/demo/rejudges"


@pytest.fixture
def two(records: Database, world: World) -> Sequence[int]:
    """Ada's scored submission and Grace's: 1/2 and 1/4."""
    numbers = [hand_in(records, world, name) for name in ("ada", "grace")]
    for place, number in enumerate(numbers, start=1):
        settle(records, number, Fraction(1, 2 * place))
    return numbers


@pytest.fixture
def assistant(records: Database, world: World) -> str:
    """Alan, as a TA."""
    with records.write() as session:
        change = update(Membership).where(Membership.user_id == world.people["alan"].id)
        session.execute(change.values(role=Role.TA))
    return "alan"


def test_the_whole_of_a_rejudge(program: Open, records: Database, two: Sequence[int]) -> None:
    staff = program("instructor")
    begun = staff.post(BASE, data={"reason": "A wrong formula.", "kind": "evaluate"})
    assert begun.status_code == 202
    assert (begun.json()["total"], begun.json()["left"], begun.json()["state"]) == (2, 2, "open")
    url = begun.headers["location"]
    judge(records, begun.json()["id"], {two[0]: Fraction(1, 8), two[1]: Fraction(1, 4)})

    told = staff.get(url).json()
    assert (told["left"], told["comparison"]["turns"]) == (0, {"worse": 1, "same": 1})
    assert [
        (each["submission_id"], each["rank_before"], each["rank_after"]) for each in told["comparison"]["changes"]
    ] == [
        (two[0], 1, 2),
        (two[1], 2, 1),
    ]

    live = staff.post(f"{url}/live")
    assert (live.status_code, live.json()["state"], live.json()["ended_by"]) == (200, "live", "Instructor")
    assert [row["score"] for row in staff.get("/competitions/demo/leaderboard").json()["rows"]] == [0.25, 0.125]
    assert staff.get(url).json()["comparison"] == told["comparison"]
    assert [each["id"] for each in staff.get(BASE).json()["items"]] == [begun.json()["id"]]


def test_pages_show_the_same(browser: Open, records: Database, two: Sequence[int]) -> None:
    staff = browser("instructor")
    begun = staff.post(BASE, data={"reason": "A wrong <formula>.", "submission": str(two[0])})
    url = begun.headers["location"]
    assert begun.status_code == 303
    under_way = staff.get(url).text
    assert "0 of 1 gradings have ended" in under_way
    assert "A wrong &lt;formula&gt;." in under_way
    assert f"{url}/live" not in under_way
    judge(records, int(url.rpartition("/")[2]), {two[0]: Fraction(1, 8)})

    ended = staff.get(url).text
    assert f'action="{url}/live"' in ended
    assert f"Number {two[0]}" in ended
    assert staff.post(f"{url}/drop").status_code == 303
    assert "dropped" in staff.get(url).text
    assert "dropped" in staff.get(BASE).text


def test_a_second_one_waits_until_the_first_is_decided(program: Open, two: Sequence[int]) -> None:
    staff = program("instructor")
    first = staff.post(BASE, data={"reason": "r"}).json()

    refused = staff.post(BASE, data={"reason": "r"})
    staff.post(f"{first['url']}/drop")

    assert (refused.status_code, refused.json()["code"]) == (409, "rejudge-open")
    assert staff.post(BASE, data={"reason": "r"}).status_code == 202


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"reason": " "}, 422, "reason-missing"),
        ({"reason": "r", "submission": "77"}, 422, "nothing-to-rejudge"),
        ({"reason": "r", "kind": "guess"}, 422, "request-form"),
        ({}, 422, "request-form"),
    ],
)
def test_what_cannot_be_judged_is_refused(
    program: Open, two: Sequence[int], form: dict[str, str], status: int, code: str
) -> None:
    refused = program("instructor").post(BASE, data=form)

    assert (refused.status_code, refused.json()["code"]) == (status, code)


def test_a_ta_judges_again_and_does_not_make_it_live(
    program: Open, records: Database, two: Sequence[int], assistant: str
) -> None:
    begun = program(assistant).post(BASE, data={"reason": "r"}).json()
    judge(records, begun["id"], dict.fromkeys(two, Fraction(1)))

    assert program(assistant).post(f"{begun['url']}/live").status_code == 403
    assert program(assistant).post(f"{begun['url']}/drop").status_code == 200


def test_one_of_another_competition_is_not_there(program: Open, two: Sequence[int]) -> None:
    assert program("instructor").get(f"{BASE}/77").status_code == 404
    assert program("instructor").post(f"{BASE}/77/live").status_code == 404


def test_what_ended_is_not_ended_again(program: Open, two: Sequence[int]) -> None:
    staff = program("instructor")
    begun = staff.post(BASE, data={"reason": "r"}).json()
    staff.post(f"{begun['url']}/drop")

    codes = {staff.post(f"{begun['url']}/{act}").json()["code"] for act in ("live", "drop", "retry")}

    assert codes == {"rejudge-ended"}


def test_nothing_failed_is_nothing_to_try_again(program: Open, two: Sequence[int]) -> None:
    staff = program("instructor")
    begun = staff.post(BASE, data={"reason": "r"}).json()

    assert staff.post(f"{begun['url']}/retry").json()["code"] == "nothing-failed"


def test_a_rejudge_under_way_keeps_nobody_from_grading_one_again(program: Open, two: Sequence[int]) -> None:
    staff = program("instructor")
    staff.post(BASE, data={"reason": "r"})

    assert staff.post(f"/submissions/{two[0]}/gradings").status_code == 202
