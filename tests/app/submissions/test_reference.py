"""The dense reference: who sets it, and what is told against it."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.database import Database
from grader.facts import Macs, SplitResult
from models.gradings import State
from tests.app.world import World, change_rules, hand_in, live_grading, scored_report, settle

Open = Callable[[str | None], TestClient]


def graded(records: Database, world: World, name: str, macs: int, correct: int) -> int:
    """A submission of so many effective multiply-accumulates and so many correct of 10,000 images."""
    number = hand_in(records, world, name, file=f"{name} {macs} {correct}")
    report = replace(
        scored_report(Fraction(1, 2)), macs=Macs(1000, 900, macs), splits={"test": SplitResult(10_000, correct)}
    )
    settle(records, number, Fraction(1, 2), report=report)
    return number


@pytest.fixture
def dense(records: Database, world: World) -> int:
    return graded(records, world, "ada", 1000, 8881)


@pytest.fixture
def pruned(dense: int, records: Database, world: World) -> int:
    return graded(records, world, "ada", 250, 8839)


def told(client: TestClient, number: int) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/submissions/{number}").json()
    return found


def measured(records: Database, number: int, reference: str) -> None:
    ratio = {"median": 0.41, "low": 0.4, "high": 0.43, "rounds": 31, "examples": 256}
    with records.write() as session:
        grading = live_grading(session, number)
        grading.report = {**(grading.report or {}), "lineage": {"reference": reference, "time_ratio": ratio}}


def test_what_was_saved_is_told_against_the_reference(program: Open, dense: int, pruned: int) -> None:
    client = program("ada")
    assert told(client, pruned)["reference"] is None

    assert client.put(f"/submissions/{dense}/reference").json() == {"id": dense, "is_reference": True}

    found = told(client, pruned)["reference"]
    assert (found["submission_id"], found["flops_saved"], found["parameters_saved"]) == (dense, 0.75, 0.0)
    assert found["accuracy_drop"] == pytest.approx(0.0042)
    assert (told(client, dense)["is_reference"], told(client, dense)["reference"]) == (True, None)


def test_the_reference_can_be_changed_and_taken_back(program: Open, dense: int, pruned: int) -> None:
    client = program("ada")

    for number in (dense, pruned, pruned):
        assert client.put(f"/submissions/{number}/reference").status_code == 200
    assert [told(client, number)["is_reference"] for number in (dense, pruned)] == [False, True]

    client.delete(f"/submissions/{dense}/reference")
    assert told(client, pruned)["is_reference"]
    client.delete(f"/submissions/{pruned}/reference")
    assert not told(client, pruned)["is_reference"]


@pytest.mark.parametrize("state", [None, State.REJECTED, State.FAILED])
def test_what_has_no_score_cannot_be_it(program: Open, records: Database, world: World, state: State | None) -> None:
    number = hand_in(records, world, "ada")
    if state is not None:
        settle(records, number, state=state)

    response = program("ada").put(f"/submissions/{number}/reference")

    assert (response.status_code, response.json()["code"]) == (409, "not-scored")


def test_staff_see_the_comparison_and_leave_the_choice_to_the_student(
    program: Open, browser: Open, dense: int, pruned: int
) -> None:
    program("ada").put(f"/submissions/{dense}/reference")

    assert program("instructor").delete(f"/submissions/{dense}/reference").status_code == 403
    assert told(program("instructor"), pruned)["reference"]["flops_saved"] == 0.75
    page = browser("instructor").get(f"/submissions/{pruned}").text
    assert "Drop in accuracy" in page
    assert "Make this one the dense reference" not in page


def test_the_buttons_of_the_page_set_it_and_take_it_back(browser: Open, program: Open, dense: int, pruned: int) -> None:
    visitor = browser("ada")
    assert "Make this one the dense reference" in visitor.get(f"/submissions/{dense}").text

    answer = visitor.post(f"/submissions/{dense}/reference")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/submissions/{dense}")
    assert "No longer the reference" in visitor.get(f"/submissions/{dense}").text
    page = visitor.get(f"/submissions/{pruned}").text
    assert all(words in page for words in ("0.42", "75.00 %", f'<a href="/submissions/{dense}">'))

    visitor.post(f"/submissions/{dense}/reference", data={"wanted": "false"})
    assert not told(program("ada"), dense)["is_reference"]


def test_the_measured_time_is_told_with_its_spread(
    program: Open, browser: Open, records: Database, dense: int, pruned: int
) -> None:
    program("ada").put(f"/submissions/{dense}/reference")
    measured(records, pruned, "2" * 64)  # the digest of the reference's weights

    assert told(program("ada"), pruned)["reference"]["time_ratio"]["median"] == 0.41
    page = browser("ada").get(f"/submissions/{pruned}").text
    assert "0.41 ×" in page
    assert "31 paired rounds lie between 0.40 and 0.43" in page


def test_a_time_against_another_reference_is_not_told(
    program: Open, records: Database, dense: int, pruned: int
) -> None:
    program("ada").put(f"/submissions/{dense}/reference")
    measured(records, pruned, "7" * 64)

    assert told(program("ada"), pruned)["reference"]["time_ratio"] is None


def test_the_drop_is_kept_with_the_scores(
    program: Open, records: Database, world: World, dense: int, pruned: int
) -> None:
    program("ada").put(f"/submissions/{dense}/reference")
    change_rules(records, world, "scores: shown", "scores: staff")

    found = told(program("ada"), pruned)["reference"]

    assert (found["accuracy_drop"], found["flops_saved"]) == (None, 0.75)


def test_each_entrant_has_a_reference_of_its_own(program: Open, records: Database, world: World, dense: int) -> None:
    other = graded(records, world, "grace", 500, 8000)
    program("ada").put(f"/submissions/{dense}/reference")
    program("grace").put(f"/submissions/{other}/reference")

    assert told(program("ada"), dense)["is_reference"]
    assert told(program("grace"), other)["is_reference"]
