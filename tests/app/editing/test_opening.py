"""Opening and closing, and changes after somebody has handed in."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.database import Database
from models.audit import AuditEntry
from models.gradings import State
from tests.app.editing.test_editing_routes import DEMO, OURS, acts, create, save
from tests.app.world import World, hand_in, settle

Open = Callable[[str | None], TestClient]


def setup(client: TestClient, slug: str = "ours") -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/competitions/{slug}/setup").json()
    return found


def test_a_draft_opens_when_its_check_list_is_green(program: Open, records: Database, world: World) -> None:
    client = program("instructor")
    create(client)
    early = client.post("/competitions/ours/opening")
    client.post("/competitions/ours/dataset", data={"dataset": "hidden", "base": 1})
    red = [check["name"] for check in setup(client)["checks"] if not check["is_green"]]
    settle(records, hand_in(records, world, "instructor", slug="ours"), Fraction(1, 2))

    opened = client.post("/competitions/ours/opening")

    assert (early.status_code, early.json()["code"]) == (409, "not-ready")
    assert {error["where"] for error in early.json()["errors"]} == {"dataset", "reference"}
    assert red == ["reference"]
    assert (opened.status_code, opened.json()["state"]) == (200, "open")
    assert program("ada").get("/competitions/ours").status_code == 200
    assert acts(records)[-1] == "competition.open"


def test_a_test_under_other_rules_does_not_count(program: Open, records: Database, world: World) -> None:
    client = program("instructor")
    create(client, dataset="hidden")
    settle(records, hand_in(records, world, "instructor", slug="ours"), Fraction(1, 2))

    save(
        client,
        OURS.replace("accuracy > 0.6 and score > 0.36", "accuracy > 0.6 and score > 0.4"),
        base=1,
        dataset="hidden",
    )

    assert [check["name"] for check in setup(client)["checks"] if not check["is_green"]] == ["reference"]


def test_a_closed_competition_takes_no_files_until_it_is_opened_again(program: Open, records: Database) -> None:
    client = program("instructor")

    def hand_in_bytes() -> Any:
        return program("ada").post("/submissions?competition=demo", content=b"\x89HDF\r\n\x1a\n")

    client.post("/competitions/demo/closing", data={"reason": "a leak"})
    closed = hand_in_bytes()
    told = program("ada").get("/competitions/demo").json()
    client.post("/competitions/demo/opening")
    again = hand_in_bytes()

    assert (closed.status_code, closed.json()["code"]) == (409, "closed")
    assert told["is_open"] is False
    assert again.status_code == 202
    assert acts(records) == ["competition.close", "competition.open"]


def test_a_draft_cannot_be_closed_and_an_open_one_is_not_pinned_anew(program: Open) -> None:
    client = program("instructor")
    create(client)

    assert client.post("/competitions/ours/closing").json()["code"] == "draft"
    pinned = client.post("/competitions/demo/dataset", data={"dataset": "hidden", "base": 1})
    assert pinned.json()["code"] == "not-a-draft"


@pytest.mark.parametrize(
    ("old", "new", "ways"),
    [
        ("top: 5", "top: 3", ["keep"]),
        ("score > 0.36", "score > 0.4", ["keep", "rescore", "rejudge"]),
        ("divide_by: 255", "divide_by: 127", ["keep", "rejudge"]),
    ],
)
def test_a_change_after_somebody_handed_in_asks_what_becomes_of_it(
    program: Open, browser: Open, records: Database, world: World, old: str, new: str, ways: list[str]
) -> None:
    settle(records, hand_in(records, world, "ada"), Fraction(1, 2))
    changed = {"source": DEMO.replace(old, new), "base": 1, "dataset": "hidden"}

    answer = program("instructor").post("/competitions/demo/definition", data=changed)
    page = browser("instructor").post("/competitions/demo/definition", data=changed)

    assert (answer.status_code, answer.json()["code"], answer.json()["ways"]) == (409, "earlier-unsaid", ways)
    assert page.status_code == 200
    assert all(f'value="{way}"' in page.text for way in ways)
    assert [each["number"] for each in program("instructor").get("/competitions/demo/versions").json()["items"]] == [1]


def test_earlier_results_are_kept_where_that_is_said(program: Open, records: Database, world: World) -> None:
    number = hand_in(records, world, "ada")
    settle(records, number, Fraction(1, 2))
    changed = DEMO.replace("score > 0.36", "score > 0.4")

    answer = save(program("instructor"), changed, "demo", base=1, dataset="hidden", earlier="keep", reason="harder")

    assert answer.json()["version"] == 2
    assert program("ada").get(f"/submissions/{number}").json()["score"] == 0.5
    with records.read() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.action, entry.detail["earlier"], entry.detail["reason"]) == ("competition.change", "keep", "harder")


def test_a_reference_that_was_refused_is_told(program: Open, records: Database, world: World) -> None:
    client = program("instructor")
    create(client, dataset="hidden")
    settle(records, hand_in(records, world, "instructor", slug="ours"), state=State.REJECTED)

    [check] = [check for check in setup(client)["checks"] if check["name"] == "reference"]

    assert not check["is_green"]
    assert "was rejected" in check["told"]


def two_scores(records: Database, world: World) -> None:
    for name, score in (("ada", Fraction(1, 2)), ("grace", Fraction(7, 10))):
        settle(records, hand_in(records, world, name, file=name), score)


def test_who_gains_and_who_loses_is_told_before_anything_is_saved(
    program: Open, browser: Open, records: Database, world: World
) -> None:
    two_scores(records, world)
    formula = "score: (accuracy + sparsity) / 2"
    old = next(line.strip() for line in DEMO.splitlines() if line.strip().startswith("score: (accuracy"))
    changed = {"source": DEMO.replace(old, formula), "base": 1, "dataset": "hidden"}

    told = program("instructor").post("/competitions/demo/definition/outlook", data=changed).json()
    page = browser("instructor").post("/competitions/demo/definition", data=changed)

    rescored = told["outlooks"]["rescore"]
    ranks = [(each["rank_before"], each["rank_after"]) for each in rescored["changes"]]
    assert (told["change"], rescored["rises"], rescored["falls"]) == ("formula", 1, 0)
    assert rescored["turns"] == {"better": 1, "worse": 1}
    assert ranks == [(2, 1), (1, 1)]
    assert told["outlooks"]["keep"]["changes"] == []
    assert "Nobody's score or rank changes." in page.text
    assert "ada@" not in page.text
    assert "Grace" in page.text
    assert len(program("instructor").get("/competitions/demo/versions").json()["items"]) == 1


def test_another_rule_of_the_board_moves_whoever_it_moves(program: Open, records: Database, world: World) -> None:
    settle(records, hand_in(records, world, "ada", file="better"), Fraction(8, 10))
    settle(records, hand_in(records, world, "ada", file="worse"), Fraction(3, 10))
    settle(records, hand_in(records, world, "grace"), Fraction(1, 2))
    changed = {"source": DEMO.replace("select: last", "select: best"), "base": 1, "dataset": "hidden"}

    told = program("instructor").post("/competitions/demo/definition/outlook", data=changed).json()

    kept = told["outlooks"]["keep"]
    assert (told["change"], told["ways"], kept["rises"], kept["falls"]) == ("course", ["keep"], 1, 1)


@pytest.mark.parametrize(("way", "kind"), [("rescore", "rescore"), ("rejudge", "evaluate")])
def test_earlier_submissions_are_judged_again_in_the_shadow(
    program: Open, records: Database, world: World, way: str, kind: str
) -> None:
    number = hand_in(records, world, "ada")
    settle(records, number, Fraction(1, 2))
    changed = DEMO.replace("score > 0.36", "score > 0.4")
    client = program("instructor")

    without = save(client, changed, "demo", base=1, dataset="hidden", earlier=way)
    answer = save(client, changed, "demo", base=1, dataset="hidden", earlier=way, reason="harder")

    assert (without.status_code, without.json()["code"]) == (422, "reason-missing")
    begun = client.get(answer.headers["location"]).json()
    assert (begun["version"], begun["kind"], begun["state"], begun["reason"]) == (2, kind, "open", "harder")
    assert client.get(f"/submissions/{number}").json()["score"] == 0.5


def test_a_change_that_cannot_begin_its_rejudge_is_not_saved(program: Open, records: Database, world: World) -> None:
    settle(records, hand_in(records, world, "ada"), Fraction(1, 2))
    client = program("instructor")
    first: dict[str, str | int] = {"base": 1, "dataset": "hidden", "earlier": "rescore", "reason": "harder"}
    save(client, DEMO.replace("score > 0.36", "score > 0.4"), "demo", **first)

    second = save(client, DEMO.replace("score > 0.36", "score > 0.5"), "demo", **{**first, "base": 2})

    assert (second.status_code, second.json()["code"]) == (409, "rejudge-open")
    assert [each["number"] for each in client.get("/competitions/demo/versions").json()["items"]] == [2, 1]
