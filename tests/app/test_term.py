"""A term from its first day to the grades, on a service whose time is set: the grade table is computed here by hand."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.accounts import service as accounts
from app.courses import service as courses
from app.database import Database
from models.audit import AuditEntry
from models.courses import Role
from models.gradings import State
from tests.app import term
from tests.app.term import at
from tests.app.time_travel import Clock
from tests.app.world import World, settle

HDF5 = b"\x89HDF\r\n\x1a\n" + bytes(100)
ADDRESS = "/submissions?competition=demo&name=my_model_weights.h5"
GRADES = "/competitions/demo/grades"
BOARD = "/competitions/demo/leaderboard"
Open = Callable[[str | None], TestClient]


class Term:
    """The term under way: five students, each with a program, and the staff."""

    def __init__(self, service: FastAPI, records: Database, world: World, clock: Clock, program: Open) -> None:
        self.records, self.world, self.clock = records, world, clock
        self.instructor = program("instructor")
        self.students = {name: program(name) for name in ("ada", "grace", "alan")}
        self.ids = {name: world.people[name].id for name in self.students}
        for name in ("lin", "chen"):
            self.ids[name], token = self._enrol(name)
            headers = {"Authorization": f"Bearer {token}"}
            self.students[name] = TestClient(service, headers=headers, raise_server_exceptions=False)

    def _enrol(self, name: str) -> tuple[int, str]:
        with self.records.write() as session:
            user = accounts.create_user(session, email=f"{name}@example.org", name=name.title(), password_hash=None)
            courses.add_member(session, self.world.course_id, user.id, Role.STUDENT)
            return user.id, accounts.create_token(session, user.id, "laptop", timedelta(days=100)).text

    def submit(self, name: str, public: int, private: int) -> int:
        """The number of a new submission over HTTP, scored at once."""
        answer = self.students[name].post(ADDRESS, content=HDF5 + f"{name} {public} {private}".encode())
        assert answer.status_code == 202, answer.text
        number: int = answer.json()["id"]
        settle(self.records, number, Fraction(public, 1109), report=term.report_of(public, private))
        return number

    def decide(self, name: str, what: str, **form: str) -> dict[str, Any]:
        """A decision of the instructor about a student, and the grade that follows."""
        answer = self.instructor.post(f"{GRADES}/{self.ids[name]}/{what}", data=form)
        assert answer.status_code == 200, answer.text
        grade: dict[str, Any] = answer.json()
        return grade


@pytest.fixture
def running(
    service: FastAPI, records: Database, world: World, program: Open, tmp_path: Path, clock: Clock
) -> Iterator[Term]:
    term.apply(records, world, tmp_path)
    found = Term(service, records, world, clock, program)
    yield found
    for name in ("lin", "chen"):
        found.students[name].close()


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), body
    return body


def test_a_term_ends_with_the_grades_that_are_computed_by_hand(running: Term) -> None:
    before_midnight(running)
    chosen_until_the_close(running)
    after_the_close(running)
    decisions(running)

    table = {row["name"]: row for row in running.instructor.get(GRADES).json()["items"]}

    # Ada: public 920 and private 930 of 1,109 are above all four baselines: 8 x 0.5 = 4, 2 for the code, 4 for the report;
    # first on the private board, confirmed: 10 + 0.5.
    # Grace: her best two public ones are 870 and 869, the better private one is 880: above three on both boards,
    # 6 x 0.5 = 3; (3 + 2 + 3.5 + 0.5) x 0.9 = 8.1.
    # Lin: 760 and 759: above 0.68440 x 1109 = 758.9996, so two on both boards, 2 + 2 + 4 - 0.5 = 7.5; on time by the
    # extension, third and not confirmed.
    # Alan: 492 is above 0.44364 x 1109 = 491.99676, 491 is not: 0.5, a day late x 0.9 = 0.45; 1 for the code, no report
    # yet; fourth, so that the confirmation of the bonus adds nothing.
    # Chen: above no baseline, within the minutes of grace: 2 + 1.5.
    assert {name: row["total"] for name, row in table.items()} == {
        "Ada": 10.5,
        "Grace": 8.1,
        "Lin": 7.5,
        "Alan": 1.45,
        "Chen": 3.5,
    }
    assert {name: row["rank"] for name, row in table.items()} == {"Ada": 1, "Grace": 2, "Lin": 3, "Alan": 4, "Chen": 5}
    assert {name: row["late_days"] for name, row in table.items()} == {
        "Ada": 0,
        "Grace": 0,
        "Lin": 0,
        "Alan": 1,
        "Chen": 0,
    }
    assert [name for name, row in table.items() if not row["is_complete"]] == ["Alan"]
    assert table["Grace"]["total_exact"] == "81/10"

    the_same_everywhere(running)


def before_midnight(running: Term) -> None:
    """Five tries on 30 March, none more, and the next ones from midnight in Taipei."""
    running.clock.travel_to(at("2023-03-30 23:58:00"))
    ada = running.students["ada"]
    for public, private in ((913, 900), (920, 860), (850, 930), (400, 400), (1109, 0)):
        running.submit("ada", public, private)
    refused_try = ada.post(ADDRESS, content=HDF5)
    body = refused(refused_try, 429, "quota-used")
    assert body["next_at"] == "2023-03-30T16:00:00+00:00"
    assert 60 < int(refused_try.headers["Retry-After"]) <= 120
    assert ada.get("/competitions/demo").json()["tries"]["next_at"] == "2023-03-30T16:00:00Z"

    running.clock.travel_to(at("2023-03-31 00:00:01"))
    assert ada.get("/competitions/demo").json()["tries"] == {
        "left": 5,
        "left_in_all": None,
        "refused_left": 3,
        "extra": 0,
        "next_at": None,
        "resets_at": "2023-03-31T16:00:00Z",
    }


def chosen_until_the_close(running: Term) -> None:
    """Two may be chosen, a third one not; what was chosen can be changed until the close."""
    ada = running.students["ada"]
    # The fifth of yesterday would be first on the public board with nothing behind it; a regrading refuses it.
    settle(running.records, 5, state=State.REJECTED)
    for number in (1, 2):
        assert ada.put(f"/submissions/{number}/choice").status_code == 200
    body = refused(ada.put("/submissions/3/choice"), 409, "choice-full")
    assert body["chosen"] == [1, 2]
    ada.delete("/submissions/2/choice")
    assert ada.put("/submissions/3/choice").json() == {"id": 3, "is_chosen": True, "chosen": [1, 3], "choose": 2}
    refused(ada.put("/submissions/5/choice"), 409, "not-scored")

    for public, private in ((870, 700), (869, 880), (500, 1000)):
        running.submit("grace", public, private)
    running.decide("lin", "extension", until="2023-04-02 23:59", extra_tries="1", reason="ill")
    rows = ada.get(BOARD).json()["rows"]
    assert [(row["rank"], row["score_exact"]) for row in rows] == [(1, "920/1109"), (2, "870/1109")]
    refused(ada.get(BOARD, params={"board": "private"}), 403, "board-private")


def after_the_close(running: Term) -> None:
    """Late ones, those within the minutes of grace, and the one with an extension; then the private board."""
    running.clock.travel_to(at("2023-04-01 00:05:00"))
    running.submit("chen", 100, 100)
    running.clock.travel_to(at("2023-04-01 00:11:00"))
    running.submit("alan", 492, 491)
    running.clock.travel_to(at("2023-04-02 22:00:00"))
    running.submit("lin", 760, 759)
    for student in ("ada", "lin"):
        refused(running.students[student].get(BOARD, params={"board": "private"}), 403, "board-private")

    running.clock.travel_to(at("2023-04-03 00:00:01"))
    refused(running.students["lin"].post(ADDRESS, content=HDF5), 409, "closed")
    refused(running.students["ada"].put("/submissions/2/choice"), 409, "choice-closed")
    board = running.students["ada"].get(BOARD).json()
    assert board["part"] == "private"
    assert [(row["rank"], row["score_exact"]) for row in board["rows"]] == [
        (1, "930/1109"),
        (2, "880/1109"),
        (3, "759/1109"),
        (4, "491/1109"),
        (5, "100/1109"),
    ]
    # Boss stands below whoever passed it, and simple above the 491 that did not.
    assert [(each["name"], each["above"]) for each in board["baselines"]] == [
        ("boss", 1),
        ("strong", 2),
        ("medium", 3),
        ("simple", 3),
    ]


def decisions(running: Term) -> None:
    """What the staff decide by hand."""
    for name, code, report in (("ada", "2", "4"), ("grace", "2", "3.5"), ("lin", "2", "4"), ("chen", "2", "3/2")):
        running.decide(name, "hand-points", part="code", points=code)
        running.decide(name, "hand-points", part="report", points=report, note="read twice")
    running.decide("alan", "hand-points", part="code", points="1")
    for name in ("ada", "grace", "alan"):
        running.decide(name, "hand-points", part="top three", points="0.5")
    running.decide("grace", "adjustments", kind="multiply", value="0.9", reason="code was shared")
    running.decide("lin", "adjustments", kind="add", value="-0.5", reason="no names in the report")


def the_same_everywhere(running: Term) -> None:
    """The student's own points, the CSV and the table agree, and each decision of the staff left a trace."""
    own = {name: client.get("/competitions/demo/points").json()["total"] for name, client in running.students.items()}
    assert own == {"ada": 10.5, "grace": 8.1, "alan": 1.45, "lin": 7.5, "chen": 3.5}
    text = running.instructor.get(GRADES, params={"format": "csv"}).text.removeprefix("\ufeff")
    assert {row["name"]: float(row["total"]) for row in csv.DictReader(io.StringIO(text))} == {
        name.title(): total for name, total in own.items()
    }
    with running.records.read() as session:
        actions = list(session.scalars(select(AuditEntry.action).where(AuditEntry.actor_id.is_not(None))))
    assert {action: actions.count(action) for action in set(actions)} == {
        "extension.grant": 1,
        "points.give": 12,
        "points.adjust": 2,
    }


def test_refused_files_cost_no_try_and_have_a_limit_of_their_own(running: Term) -> None:
    alan = running.students["alan"]
    for number in range(3):
        answer = alan.post(ADDRESS, content=HDF5 + bytes([number]))
        settle(running.records, answer.json()["id"], state=State.REJECTED)
    failed = alan.get("/competitions/demo").json()["tries"]
    assert (failed["left"], failed["refused_left"], failed["next_at"]) == (5, 0, "2023-03-30T16:00:00Z")

    refused(alan.post(ADDRESS, content=HDF5), 429, "refused-used")

    running.clock.travel_to(at("2023-03-31 00:00:01"))
    assert alan.post(ADDRESS, content=HDF5).status_code == 202


def test_a_fault_of_ours_costs_no_try_and_no_refusal(running: Term) -> None:
    alan = running.students["alan"]
    for number in range(6):
        answer = alan.post(ADDRESS, content=HDF5 + bytes([number]))
        settle(running.records, answer.json()["id"], state=State.FAILED)

    assert alan.get("/competitions/demo").json()["tries"]["left"] == 5


def test_extra_tries_go_beyond_the_day(running: Term) -> None:
    running.decide("alan", "extension", extra_tries="2", reason="the server stood still")
    for number in range(7):
        assert running.students["alan"].post(ADDRESS, content=HDF5 + bytes([number])).status_code == 202

    refused(running.students["alan"].post(ADDRESS, content=HDF5), 429, "quota-used")
    running.clock.travel_to(at("2023-03-31 00:00:01"))
    assert running.students["alan"].get("/competitions/demo").json()["tries"]["left"] == 5


def test_whoever_may_hand_in_longer_sees_the_private_board_later(running: Term) -> None:
    running.submit("ada", 900, 800)
    running.submit("lin", 800, 900)
    running.decide("lin", "extension", until="2023-04-09 23:59")
    running.clock.travel_to(at("2023-04-05 12:00:00"))

    assert running.students["ada"].get(BOARD).json()["part"] == "private"
    assert running.students["lin"].get(BOARD).json()["part"] == "public"
    refused(running.students["lin"].get("/competitions/demo/points"), 403, "points-hidden")
    assert running.students["lin"].get("/competitions/demo").json()["private_from"] == "2023-04-09T16:00:00Z"
    assert running.students["lin"].put("/submissions/2/choice").status_code == 200
