"""Log lines for people and for programs: each says which request, submission and grading it is about."""

import json
import logging
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.log_context import about, facts
from app.logs import JsonLines, TextLines
from tests.app.world import World

HDF5 = b"\x89HDF\r\n\x1a\n" + bytes(2000)


def record(
    text: str, *arguments: object, name: str = "app.queue.grading", error: Exception | None = None
) -> logging.LogRecord:
    trace = (type(error), error, None) if error else None
    return logging.LogRecord(name, logging.WARNING, "x.py", 1, text, arguments, trace)


def as_json(*arguments: Any, **more: Any) -> dict[str, Any]:
    line = JsonLines().format(record(*arguments, **more))
    assert "\n" not in line
    body: dict[str, Any] = json.loads(line)
    return body


def test_a_line_of_ours_is_its_event_and_its_fields() -> None:
    body = as_json("grading.child_died grading=%d cause=%s", 7, "memory")

    assert (body["event"], body["grading"], body["cause"]) == ("grading.child_died", 7, "memory")
    assert (body["level"], body["message"]) == ("warning", "grading.child_died grading=7 cause=memory")
    assert body["time"].endswith("+00:00")


def test_an_event_that_is_followed_by_words_is_an_event() -> None:
    assert as_json("worker.no_memory: ending, to be started anew")["event"] == "worker.no_memory"


def test_a_line_of_a_library_has_no_event_and_no_fields_of_its_own() -> None:
    body = as_json("Uvicorn running port=80", name="uvicorn.error")

    assert body["event"] == "log"
    assert "port" not in body


def test_an_exception_stands_in_the_same_line() -> None:
    assert "ValueError: twice" in as_json("grading.fault", error=ValueError("twice"))["exception"]


def test_what_a_block_is_about_is_in_each_of_its_lines_and_in_the_threads_it_asks() -> None:
    with about(request="abc"), about(submission=3):
        body = as_json("parked.damaged file=x")
        with ThreadPoolExecutor(1) as pool:
            elsewhere = pool.submit(copy_context().run, facts).result()
    assert (body["request"], body["submission"]) == ("abc", 3)
    assert dict(elsewhere) == {"request": "abc", "submission": 3}
    assert dict(facts()) == {}


def test_a_line_for_people_says_what_it_is_about_once() -> None:
    with about(grading=7, submission=3):
        line = TextLines("%(message)s").format(record("grading.ended grading=%d scored", 7))

    assert line == "grading.ended grading=7 scored submission=3"


def test_a_request_and_the_submission_that_it_made_stand_in_one_line(
    world: World, program: Callable[[str | None], TestClient], caplog: pytest.LogCaptureFixture
) -> None:
    seen = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(json.loads(JsonLines().format(record)))

    handler, logger = Keep(), logging.getLogger("app")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        answer = program("ada").post("/submissions?competition=demo", content=HDF5)
        program(None).get("/links/a-secret-token")
        program(None).post("/links/a-secret-token", data={"password": "x"})
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)

    number = answer.headers["x-request-id"]
    accepted = next(each for each in seen if each["event"] == "submission.accepted")
    ended = [each for each in seen if each["event"] == "request.ended"]
    assert (accepted["request"], accepted["submission"]) == (number, 1)
    assert (ended[0]["request"], ended[0]["status"], ended[0]["route"]) == (number, 202, "/submissions")
    assert [each["route"] for each in ended] == ["/submissions", "/links/{token}"]
    assert "a-secret-token" not in json.dumps(seen)
    assert sys.stderr is not None
