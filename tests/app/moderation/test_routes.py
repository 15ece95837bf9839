"""Disqualifications and notes: what they do to boards and grades, and who is told."""

from collections.abc import Callable, Sequence
from fractions import Fraction

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from app.database import Database
from models.audit import AuditEntry
from models.courses import Membership, Role
from models.submissions import Submission
from tests.app.world import World, hand_in, settle

Open = Callable[[str | None], TestClient]
ACTS = "/competitions/demo"
BOARD = f"{ACTS}/leaderboard"


@pytest.fixture
def three(records: Database, world: World) -> Sequence[int]:
    """Two of Ada's, the last one the best of all, and one of Grace's."""
    numbers = [hand_in(records, world, name) for name in ("ada", "grace", "ada")]
    for score, number in zip((5, 6, 7), numbers, strict=True):
        settle(records, number, Fraction(score, 10))
    return numbers


def entrant_of(records: Database, number: int) -> int:
    with records.read() as session:
        return session.get_one(Submission, number).entrant_id


def board(program: Open, who: str = "alan") -> list[tuple[int | None, float]]:
    return [(row["rank"], row["score"]) for row in program(who).get(BOARD).json()["rows"]]


def test_a_disqualified_submission_leaves_the_board_and_the_next_moves_up(program: Open, three: Sequence[int]) -> None:
    assert board(program) == [(1, 0.7), (2, 0.6)]

    done = program("instructor").post(f"{ACTS}/disqualifications", data={"submission": three[2], "reason": "Copied."})

    assert done.json() == {"submissions": [three[2]], "entrants": []}
    assert board(program) == [(1, 0.6), (2, 0.5)]


def test_a_disqualified_entrant_leaves_with_all_submissions_those_to_come_too(
    program: Open, records: Database, world: World, three: Sequence[int]
) -> None:
    entrant = entrant_of(records, three[0])
    program("instructor").post(f"{ACTS}/disqualifications", data={"entrant": entrant, "reason": "Copied."})
    settle(records, hand_in(records, world, "ada"), Fraction(9, 10))

    assert board(program) == [(1, 0.6)]


def test_the_grade_table_forgets_what_is_disqualified(program: Open, three: Sequence[int]) -> None:
    program("instructor").post(f"{ACTS}/disqualifications", data={"submission": [three[0], three[2]], "reason": "r"})

    rows = {row["name"]: row for row in program("instructor").get(f"{ACTS}/grades").json()["items"]}

    assert (rows["Ada"]["public_score"], rows["Grace"]["rank"]) == (None, 1)


def test_a_reinstated_one_is_back_as_if_nothing_had_been(program: Open, three: Sequence[int]) -> None:
    before = board(program)
    staff = program("instructor")
    staff.post(f"{ACTS}/disqualifications", data={"submission": three[2], "reason": "r"})

    done = staff.post(f"{ACTS}/reinstatements", data={"submission": three[2], "reason": "A mistake."})

    assert done.status_code == 200
    assert board(program) == before


def test_the_student_is_told_the_reason_and_another_one_nothing(
    browser: Open, program: Open, three: Sequence[int]
) -> None:
    program("instructor").post(f"{ACTS}/disqualifications", data={"submission": three[2], "reason": "Copied <it>."})

    page = browser("ada").get(f"/submissions/{three[2]}").text
    assert "disqualified by the staff: Copied &lt;it&gt;." in page
    assert program("ada").get(f"/submissions/{three[2]}").json()["disqualified"] == "Copied <it>."
    assert program("ada").get(f"/submissions/{three[0]}").json()["disqualified"] is None
    assert "Copied" not in browser("grace").get(BOARD).text


def test_a_board_that_was_polled_before_is_sent_anew(program: Open, three: Sequence[int]) -> None:
    client = program("alan")
    tag = client.get(BOARD).headers["etag"]
    program("instructor").post(f"{ACTS}/disqualifications", data={"submission": three[2], "reason": "r"})

    assert client.get(BOARD, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(
    ("act", "form", "status", "code"),
    [
        ("disqualifications", {"reason": "r"}, 422, "nothing-chosen"),
        ("disqualifications", {"submission": "1", "reason": ""}, 422, "reason-missing"),
        ("disqualifications", {"submission": "77", "reason": "r"}, 404, "not-found"),
        ("disqualifications", {"entrant": "77", "reason": "r"}, 404, "not-found"),
        ("reinstatements", {"submission": "1", "reason": "r"}, 409, "not-disqualified"),
        ("notes", {"submission": "1", "text": " "}, 422, "note-empty"),
        ("notes/9/removal", {}, 404, "not-found"),
    ],
)
def test_an_act_that_cannot_be_is_refused(
    program: Open, three: Sequence[int], act: str, form: dict[str, str], status: int, code: str
) -> None:
    refused = program("instructor").post(f"{ACTS}/{act}", data=form)

    assert (refused.status_code, refused.json()["code"]) == (status, code)


def test_a_ta_notes_and_does_not_disqualify(
    program: Open, records: Database, world: World, three: Sequence[int]
) -> None:
    with records.write() as session:
        change = update(Membership).where(Membership.user_id == world.people["alan"].id)
        session.execute(change.values(role=Role.TA))
    form = {"submission": str(three[0]), "reason": "r", "text": "t"}

    assert program("alan").post(f"{ACTS}/notes", data=form).status_code == 200
    assert program("alan").post(f"{ACTS}/disqualifications", data=form).status_code == 403


def test_notes_are_for_staff_alone(browser: Open, program: Open, records: Database, three: Sequence[int]) -> None:
    entrant = entrant_of(records, three[0])
    staff = program("instructor")
    staff.post(f"{ACTS}/notes", data={"submission": three[2], "text": "Looks like last year's."})
    staff.post(f"{ACTS}/notes", data={"entrant": entrant, "text": "Asked for an extension."})

    notes = staff.get(f"/submissions/{three[2]}/gradings").json()["notes"]
    assert [note["text"] for note in notes] == ["Looks like last year's.", "Asked for an extension."]
    assert "Asked for an extension." in browser("instructor").get(f"{ACTS}/submissions?entrant={entrant}").text
    for text in (browser("ada").get(f"/submissions/{three[2]}").text, program("ada").get("/submissions").text):
        assert "Looks like" not in text
        assert "Asked for" not in text
    assert "Looks like" not in browser("instructor").get(f"/submissions/{three[2]}?as=student").text
    staff.post(f"{ACTS}/notes/{notes[0]['id']}/removal")
    assert len(staff.get(f"/submissions/{three[2]}/gradings").json()["notes"]) == 1


def test_every_act_is_written_down_for_every_subject(
    program: Open, records: Database, world: World, three: Sequence[int]
) -> None:
    staff = program("instructor")
    staff.post(f"{ACTS}/disqualifications", data={"submission": three[1:], "reason": "Copied."})
    staff.post(f"{ACTS}/reinstatements", data={"submission": three[1], "reason": "A mistake."})
    staff.post(f"{ACTS}/notes", data={"submission": three[0], "text": "t"})

    with records.read() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(each.action, each.subject) for each in entries] == [
        ("disqualification.impose", f"submission:{three[1]}"),
        ("disqualification.impose", f"submission:{three[2]}"),
        ("disqualification.lift", f"submission:{three[1]}"),
        ("note.add", f"submission:{three[0]}"),
    ]
    assert {each.actor_id for each in entries} == {world.people["instructor"].id}
    assert {each.competition_id for each in entries} == {1}
    assert entries[2].detail == {"reason": "A mistake.", "before": "Copied."}


def test_a_browser_comes_back_to_what_it_was_about(browser: Open, three: Sequence[int]) -> None:
    staff = browser("instructor")

    one = staff.post(f"{ACTS}/notes", data={"submission": three[0], "text": "t"})
    many = staff.post(f"{ACTS}/notes", data={"submission": three[:2], "text": "t"})

    assert (one.status_code, one.headers["location"]) == (303, f"/submissions/{three[0]}#staff")
    assert (many.status_code, many.headers["location"]) == (303, f"{ACTS}/submissions")
