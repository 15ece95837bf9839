"""A series on the submission's page: each step's three measurements, where the rule stops, and what is declared."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.database import Database
from tests.app.world import World, change_rules, hand_in, live_grading, settle

Open = Callable[[str | None], TestClient]


def stage(file: str, correct: int, flops: int) -> dict[str, Any]:
    numbers = {"parameters": 925_190, "zeros": 100, "flops_effective": flops}
    return {"file": file, "accuracy": correct / 10_000, "correct": correct, **numbers}


def step(name: str, before: int, after: int, *, exceeds: bool) -> dict[str, Any]:
    return {
        "name": name,
        "layer": "conv1",
        "before": stage("base.pt", before, 4_694_096),
        "pruned": None,
        "retrained": stage(f"{name}.pt", after, 4_400_000),
        "drop": (before - after) / 10_000,
        "exceeds": exceeds,
    }


def series(*steps: dict[str, Any], stops_at: str | None = None) -> dict[str, Any]:
    declared = {"training_seconds": 812.0, "method": "L1 <norm>"}
    return {"steps": list(steps), "limit": 0.01, "stops_at": stops_at, "final": "two.pt", "declared": declared}


@pytest.fixture
def hand_in_series(records: Database, world: World) -> Callable[[dict[str, Any]], int]:
    def with_series(found: dict[str, Any]) -> int:
        number = hand_in(records, world, "ada")
        settle(records, number)
        with records.write() as session:
            grading = live_grading(session, number)
            grading.report = {**(grading.report or {}), "series": found}
        return number

    return with_series


def test_each_step_has_its_measurements_and_its_drop(
    program: Open, browser: Open, hand_in_series: Callable[[dict[str, Any]], int]
) -> None:
    found = series(step("one", 8881, 8840, exceeds=False), step("two", 8840, 8650, exceeds=True), stops_at="two")

    number = hand_in_series(found)

    assert program("ada").get(f"/submissions/{number}").json()["report"]["series"] == found
    page = browser("ada").get(f"/submissions/{number}").text
    for words in ("88.81 %", "86.50 %", "4,694,096 FLOPs", ">0.41</td>", ">1.90</td>", "not handed in", "stops here"):
        assert words in page
    assert "The rule stops at “two”: its drop is more than 1.00 percentage points." in page


def test_what_is_declared_is_marked_as_such(browser: Open, hand_in_series: Callable[[dict[str, Any]], int]) -> None:
    page = browser("ada").get(f"/submissions/{hand_in_series(series())}").text

    assert "Self-declared" in page
    assert "not checked" in page
    assert "<dt>training seconds</dt><dd>812</dd>" in page
    assert "L1 &lt;norm&gt;" in page


def test_a_series_is_kept_with_the_scores(
    program: Open, browser: Open, records: Database, world: World, hand_in_series: Callable[[dict[str, Any]], int]
) -> None:
    number = hand_in_series(series(step("one", 8881, 8840, exceeds=False)))
    change_rules(records, world, "scores: shown", "scores: staff")

    assert program("ada").get(f"/submissions/{number}").json()["report"]["series"] is None
    assert "88.81" not in browser("ada").get(f"/submissions/{number}").text
    assert "88.81" in browser("instructor").get(f"/submissions/{number}").text


def test_a_report_of_an_earlier_release_has_a_page_still(
    program: Open, browser: Open, records: Database, world: World
) -> None:
    number = hand_in(records, world, "ada")
    settle(records, number)
    with records.write() as session:
        grading = live_grading(session, number)
        newer = ("ranks", "series", "lineage", "compacted")
        grading.report = {key: value for key, value in (grading.report or {}).items() if key not in newer}

    assert browser("ada").get(f"/submissions/{number}").status_code == 200
    assert program("ada").get(f"/submissions/{number}").json()["report"]["series"] is None
