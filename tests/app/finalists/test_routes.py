"""Finalists: who is asked for code and when, what staff see of it, and what a verdict does to the board."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.database import Database
from models.audit import AuditEntry
from tests.app.world import World, change_rules, hand_in, settle

Open = Callable[[str | None], TestClient]
CODE, FINALISTS = "/competitions/demo/code", "/competitions/demo/finalists"
RULE = "course:\n  finalists: {top: 2, forbidden: [torch.nn.utils.prune, tfmot], checks: [own data, own code]}\n"
BAD = b"import os\nfrom torch.nn.utils import prune\n"


@pytest.fixture
def leaders(records: Database, world: World) -> dict[str, int]:
    """Two lead with one score, so that both are first; the third is ranked third. The phase is over."""
    numbers = {name: hand_in(records, world, name, file=name) for name in ("ada", "grace", "alan")}
    for name, score in (("ada", 3), ("grace", 3), ("alan", 1)):
        settle(records, numbers[name], Fraction(score, 4))
    change_rules(records, world, "course:\n", RULE, ("closes: null", "closes: 2020-02-01 00:00"))
    return numbers


def upload(client: TestClient, content: bytes = BAD, name: str = "train.py") -> Any:
    return client.post(CODE, params={"name": name}, content=content)


def finalist(program: Open, submission_id: int) -> dict[str, Any]:
    found = program("instructor").get(FINALISTS).json()["items"]
    [one] = [each for each in found if each["submission_id"] == submission_id]
    return dict(one)


def test_everybody_ranked_at_most_so_high_is_asked(program: Open, leaders: dict[str, int]) -> None:
    asked = {name: program(name).get(CODE).json()["is_asked"] for name in leaders}

    assert asked == {"ada": True, "grace": True, "alan": False}
    assert [each["rank"] for each in program("instructor").get(FINALISTS).json()["items"]] == [1, 1]


def test_nobody_is_asked_while_files_are_still_taken(
    program: Open, records: Database, world: World, leaders: dict[str, int]
) -> None:
    change_rules(records, world, "course:\n", RULE, ("closes: null", "closes: 2096-01-01 00:00"))

    assert program("ada").get(CODE).json()["is_asked"] is False
    assert upload(program("ada")).json()["code"] == "not-a-finalist"
    assert len(program("instructor").get(FINALISTS).json()["items"]) == 2


def test_closing_a_competition_asks_its_leaders(
    program: Open, records: Database, world: World, leaders: dict[str, int]
) -> None:
    change_rules(records, world, "course:\n", RULE, ("closes: null", "closes: 2096-01-01 00:00"))

    assert program("instructor").post("/competitions/demo/closing").status_code == 200

    asked = {name: program(name).get(CODE).json()["is_asked"] for name in leaders}
    assert asked == {"ada": True, "grace": True, "alan": False}


def test_whoever_may_still_hand_in_is_not_asked_yet(program: Open, world: World, leaders: dict[str, int]) -> None:
    form = {"until": "2096-01-01 00:00", "reason": "ill"}
    address = f"/competitions/demo/grades/{world.people['grace'].id}/extension"
    assert program("instructor").post(address, data=form).status_code == 200

    assert program("ada").get(CODE).json()["is_asked"] is True
    assert program("grace").get(CODE).json()["is_asked"] is False


def test_staff_see_where_code_names_what_is_forbidden(program: Open, leaders: dict[str, int]) -> None:
    assert upload(program("ada")).status_code == 201

    found = finalist(program, leaders["ada"])

    assert [(each["file"], each["line"], each["text"]) for each in found["named"]] == [
        ("train.py", 2, "from torch.nn.utils import prune")
    ]
    assert (found["code"]["name"], found["scan_failure"], found["is_late"]) == ("train.py", "", False)


def test_what_cannot_be_scanned_is_kept_and_told(program: Open, leaders: dict[str, int]) -> None:
    assert upload(program("ada"), b"PK\x03\x04 broken", "code.zip").status_code == 201

    found = finalist(program, leaders["ada"])

    assert found["scan_failure"]
    assert found["named"] == []


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [("model.h5", b"x", "code-name"), ("a.py", b"", "no-file"), ("a\n.py", b"x", "code-name")],
)
def test_what_is_no_code_is_refused(
    program: Open, leaders: dict[str, int], name: str, content: bytes, code: str
) -> None:
    refused = upload(program("ada"), content, name)

    assert (refused.status_code, refused.json()["code"]) == (422, code)


def test_code_is_for_its_entry_and_the_staff(program: Open, leaders: dict[str, int]) -> None:
    url = upload(program("ada")).json()["url"]

    assert program("ada").get(url).content == program("instructor").get(url).content == BAD
    assert program("grace").get(url).status_code == 404


def test_a_disqualified_entry_leaves_the_board_and_the_next_is_asked(
    program: Open, records: Database, leaders: dict[str, int]
) -> None:
    entrant = finalist(program, leaders["ada"])["entrant_id"]
    staff = program("instructor")

    silent = staff.post(f"{FINALISTS}/{entrant}", data={"verdict": "disqualified"})
    judged = staff.post(f"{FINALISTS}/{entrant}", data={"verdict": "disqualified", "reason": "copied"})

    assert silent.json()["code"] == "reason-missing"
    assert (judged.json()["verdict"], judged.json()["reason"], judged.json()["rank"]) == (
        "disqualified",
        "copied",
        None,
    )
    board = program("alan").get("/competitions/demo/leaderboard").json()["rows"]
    assert [row["rank"] for row in board if row["rank"]] == [1, 2]
    assert program("alan").get(CODE).json()["is_asked"] is True
    assert program("ada").get(CODE).json()["is_asked"] is False

    staff.post(f"{FINALISTS}/{entrant}", data={"verdict": "confirmed"})
    assert program("ada").get(CODE).json()["is_asked"] is True
    with records.read() as session:
        details = session.scalars(
            select(AuditEntry.detail).where(AuditEntry.action == "finalist.review").order_by(AuditEntry.id)
        ).all()
    assert [each["after"]["verdict"] for each in details] == ["disqualified", "confirmed"]


def test_checks_and_a_note_are_kept(program: Open, leaders: dict[str, int]) -> None:
    entrant = finalist(program, leaders["ada"])["entrant_id"]
    staff = program("instructor")

    kept = staff.post(f"{FINALISTS}/{entrant}", data={"checks": ["own code"], "note": "asked for data"}).json()
    refused = staff.post(f"{FINALISTS}/{entrant}", data={"checks": ["anything"]})

    assert (kept["checks"], kept["note"], kept["verdict"]) == (["own code"], "asked for data", "open")
    assert refused.json()["code"] == "check-unknown"


def test_pages_ask_show_and_judge(browser: Open, program: Open, leaders: dict[str, int]) -> None:
    assert "Hand in the code" in browser("ada").get(CODE).text
    sent = browser("ada").post(CODE, files={"file": ("train.py", BAD, "text/x-python")})
    assert (sent.status_code, sent.headers["location"]) == (303, CODE)

    staff, entrant = browser("instructor"), finalist(program, leaders["ada"])["entrant_id"]
    assert "1 place" in staff.get(FINALISTS).text
    page = staff.get(f"{FINALISTS}/{entrant}").text
    assert "from torch.nn.utils import prune" in page
    assert "train.py, line 2" in page
    judged = staff.post(f"{FINALISTS}/{entrant}", data={"verdict": "confirmed", "checks": "own data"})
    assert judged.headers["location"] == f"{FINALISTS}/{entrant}"


def test_finalists_are_for_staff(program: Open, leaders: dict[str, int]) -> None:
    assert program("ada").get(FINALISTS).status_code == 403
    assert program("outsider").get(FINALISTS).status_code == 404
