"""What Prometheus is told, and who may ask."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlalchemy import update

from app.clock import db_now
from app.database import Database
from app.observability.families import quantile
from app.observability.queries import durations
from app.queue import workers
from app.settings import Settings
from models.gradings import Grading, Lane, State
from models.workers import Worker
from tests.app.world import World, hand_in, settle
from tests.databases import Backend

Open = Callable[[str | None], TestClient]
BOTH = (Lane.CHECK, Lane.EVALUATE)
TOKEN = "prometheus-may-look"
DASHBOARD = Path(__file__).resolve().parents[3] / "docs" / "grafana-dashboard.json"
Samples = dict[tuple[str, tuple[str, ...]], float]


@pytest.fixture
def told(service: FastAPI, settings: Settings, program: Open) -> Callable[[], Samples]:
    """Asks for the metrics with the operator's token: samples by name and the values of their labels."""
    with_token = settings.model_copy(update={"metrics_token": SecretStr(TOKEN)})
    service.state.services = replace(service.state.services, settings=with_token)

    def ask() -> Samples:
        answer = program(None).get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        families = text_string_to_metric_families(answer.text)
        return {
            (each.name, tuple(value for _, value in sorted(each.labels.items()))): each.value
            for family in families
            for each in family.samples
        }

    return ask


@pytest.mark.only_on("sqlite", reason="nobody gets as far as the database")
def test_without_a_token_of_the_operator_there_are_no_metrics(program: Open) -> None:
    for name in (None, "ada", "admin"):
        assert program(name).get("/metrics").status_code == 404


@pytest.mark.only_on("sqlite", reason="nobody gets as far as the database")
def test_strangers_and_administrators_alike_need_the_operators_token(told: object, program: Open) -> None:
    for name in (None, "ada", "admin"):
        assert program(name).get("/metrics").status_code == 404
    for wrong in (b"Bearer", f"Bearer {TOKEN}x".encode(), f"Basic {TOKEN}".encode(), b"Bearer \xe4"):
        assert program(None).get("/metrics", headers={b"Authorization": wrong}).status_code == 404


def test_queue_outcomes_times_and_workers_are_told(
    told: Callable[[], Samples], records: Database, world: World
) -> None:
    numbers = [hand_in(records, world, "ada", file=str(number)) for number in range(4)]
    settle(records, numbers[0], Fraction(1, 2))
    settle(records, numbers[1], state=State.FAILED)
    with records.write() as session:
        workers.register(session, "lab-1", BOTH, "B", {}, {}, (), "cuda")
        workers.register(session, "gone", BOTH, "A", {}, {})
        session.execute(update(Worker).where(Worker.name == "gone").values(beat_at=db_now(timedelta(seconds=-90))))
        ago = db_now(timedelta(seconds=-60))
        session.execute(update(Grading).values(created_at=ago, claimed_at=db_now(timedelta(seconds=-40))))
        session.execute(update(Grading).where(Grading.state == State.FAILED).values(crashes=2))
        session.execute(update(Grading).where(Grading.id == numbers[3]).values(lane=Lane.EVALUATE))

    seen = told()

    assert seen["secateur_queue_waiting", ("check",)] == seen["secateur_queue_waiting", ("evaluate",)] == 1
    assert 59 <= seen["secateur_queue_oldest_seconds", ("check",)] < 600
    assert seen["secateur_queue_oldest_seconds", ("shadow",)] == 0
    assert [seen["secateur_gradings", (state.value,)] for state in State] == [2, 0, 1, 0, 1]
    assert seen["secateur_gradings_failed", ("crashes",)] == 1
    assert 20 <= seen["secateur_recent_seconds", ("queue", "0.5")] < 21
    assert 59 <= seen["secateur_recent_seconds", ("all", "0.95")] < 600
    assert seen["secateur_worker_airlock_level", ("cuda", "check+evaluate", "lab-1")] == 1
    assert ("secateur_worker_airlock_level", ("cpu", "check+evaluate", "gone")) not in seen
    assert seen["secateur_worker_silent_seconds", ("gone",)] >= 90
    assert seen["secateur_workers_alive", ()] == 1
    assert seen["secateur_ready", ("worker",)] == seen["secateur_ready", ("store",)] == 1


def test_requests_are_counted_by_the_pattern_of_their_address(
    told: Callable[[], Samples], program: Open, world: World
) -> None:
    program("ada").get("/submissions/17")
    program("ada").get("/submissions/18")
    program(None).get("/nothing/at/all")

    seen = told()

    assert seen["secateur_http_requests_total", ("GET", "/submissions/{submission_id}", "404")] == 2
    assert seen["secateur_http_request_seconds_count", ("GET", "/submissions/{submission_id}")] == 2
    assert seen["secateur_http_requests_total", ("GET", "(none)", "404")] == 1


def test_without_a_database_what_is_known_without_it_is_told(
    told: Callable[[], Samples], world: World, backend: Backend
) -> None:
    backend.ruin(world.database_url)

    seen = told()

    assert seen["secateur_ready", ("database",)] == 0
    assert seen["secateur_ready", ("store",)] == 1
    assert not any(name == "secateur_queue_waiting" for name, _ in seen)


def test_a_grading_is_divided_into_its_phases() -> None:
    begin = datetime(2026, 11, 26, 9, tzinfo=UTC)
    seconds = [begin + timedelta(seconds=each) for each in (0, 10, 11, 13, 20)]
    created, claimed, checking, evaluating, finished = seconds

    found = durations(
        created, claimed, finished, {"checking": checking.isoformat(), "evaluating": evaluating.isoformat()}
    )

    assert found == {"checking": 2, "evaluating": 7, "queue": 10, "work": 10, "all": 20}


@pytest.mark.parametrize(("share", "expected"), [(0.5, 2), (0.95, 4), (1.0, 4), (0.01, 1)])
def test_a_quantile_is_one_of_the_values(share: float, expected: float) -> None:
    assert quantile([4, 1, 3, 2], share) == expected


def test_the_dashboard_asks_for_metrics_that_there_are(told: Callable[[], Samples], program: Open) -> None:
    program("ada").get("/submissions/17")
    known = {name for name, _ in told()} | {"secateur_recent_seconds", "secateur_worker_silent_seconds"}
    known |= {"secateur_worker_airlock_level"}
    text = DASHBOARD.read_text(encoding="utf-8")

    asked = {word for word in text.replace("(", " ").replace("{", " ").replace("[", " ").split() if "secateur_" in word}
    names = {word[word.index("secateur_") :].split('"')[0].rstrip(",)") for word in asked}
    assert len(names) > 8
    assert names <= known
