"""Whatever goes wrong has one shape: problem details for programs, the same content as a page for browsers."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.errors import TITLES, AppError
from tests.app.world import World

Open = Callable[[str | None], TestClient]
MEMBERS = {"type", "title", "status", "detail", "instance", "code", "errors", "request_id"}


def check_problem(response: Any, status: int, code: str, path: str) -> dict[str, Any]:
    """The body of an error, after a look at everything that all errors have in common."""
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert "Accept" in response.headers["vary"]
    body: dict[str, Any] = response.json()
    assert body.keys() >= MEMBERS
    assert (body["status"], body["code"], body["instance"]) == (status, code, path)
    assert body["type"] == f"/help#{code}"
    assert body["title"] == TITLES[status]
    assert body["detail"]
    assert body["request_id"] == response.headers["x-request-id"]
    return body


CASES: list[tuple[str | None, str, str, dict[str, Any], int, str]] = [
    (None, "GET", "/submissions", {}, 401, "not-signed-in"),
    (None, "GET", "/nothing", {}, 404, "not-found"),
    (None, "GET", "/static/nothing", {}, 404, "not-found"),
    (None, "PUT", "/submissions", {}, 405, "method-not-allowed"),
    (None, "POST", "/login", {"content": b"a" * 70_000}, 413, "too-large"),
    ("ada", "GET", "/submissions/99", {}, 404, "not-found"),
    ("ada", "GET", "/submissions/nine", {}, 422, "request-form"),
    ("ada", "GET", "/submissions/99999999999999999999999", {}, 404, "not-found"),
    ("ada", "GET", "/submissions/-1", {}, 404, "not-found"),
    ("ada", "GET", "/competitions/nothing", {}, 404, "not-found"),
    ("ada", "GET", "/competitions/demo/submissions", {}, 403, "forbidden"),
    ("ada", "POST", "/account/tokens", {"data": {"name": "x"}}, 403, "session-needed"),
    ("instructor", "GET", "/competitions/demo/submissions", {"params": {"state": "lost"}}, 422, "request-form"),
    ("instructor", "GET", "/competitions/demo/submissions", {"params": {"before": "0"}}, 422, "request-form"),
]


@pytest.mark.parametrize(("who", "method", "path", "sent", "status", "code"), CASES)
def test_an_error_is_a_problem(
    program: Open, who: str | None, method: str, path: str, sent: dict[str, Any], status: int, code: str
) -> None:
    check_problem(program(who).request(method, path, **sent), status, code, path)


@pytest.mark.parametrize(("who", "method", "path", "sent", "status", "code"), CASES)
def test_the_same_error_is_a_page_for_a_browser(
    browser: Open, who: str | None, method: str, path: str, sent: dict[str, Any], status: int, code: str
) -> None:
    if code == "session-needed":
        status = 200  # a browser has the session
    response = browser(who).request(method, path, **sent)

    assert response.status_code == status
    assert response.headers["content-type"].startswith("text/html")
    assert "</html>" in response.text


def test_a_body_that_grows_too_large_without_saying_so_is_a_problem_too(program: Open) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response = program(None).post("/login", content=iter([b"email=" + b"a" * 60_000, b"a" * 10_000]), headers=headers)

    check_problem(response, 413, "too-large", "/login")


def test_a_value_of_the_wrong_form_is_named(program: Open) -> None:
    body = program("ada").get("/submissions/nine").json()

    assert body["errors"][0]["where"] == "path.submission_id"
    assert body["errors"][0]["got"] == "nine"


@pytest.mark.parametrize("path", ["/account/tokens/{}/revoke", "/account/sessions/{}/revoke"])
@pytest.mark.parametrize("number", ["99999999999999999999999", "0", "-1"])
def test_a_number_that_no_row_can_have_is_no_fault_of_ours(browser: Open, path: str, number: str) -> None:
    assert browser("ada").post(path.format(number)).status_code == 422


def test_our_own_fault_tells_a_number_and_no_details(program: Open, service: FastAPI) -> None:
    def fail() -> None:
        raise ValueError("the password of the database is hunter2")

    service.add_api_route("/broken", fail)

    body = check_problem(program(None).get("/broken"), 500, "our-fault", "/broken")

    assert "hunter2" not in str(body)
    assert body["request_id"] in body["detail"]


def test_our_own_fault_is_a_page_for_a_browser(browser: Open, service: FastAPI) -> None:
    def fail() -> None:
        raise ValueError("the password of the database is hunter2")

    service.add_api_route("/broken", fail)
    response = browser("ada").get("/broken")

    assert response.status_code == 500
    assert response.headers["x-request-id"] in response.text
    assert "hunter2" not in response.text


def test_what_a_stranger_typed_cannot_become_part_of_a_page(browser: Open) -> None:
    response = browser(None).get("/<script>alert(1)</script>")

    assert response.status_code == 404
    assert "<script>alert" not in response.text


def test_an_error_to_be_tried_again_says_when(program: Open, service: FastAPI) -> None:
    def wait() -> None:
        raise AppError(429, "wait", "Wait.", retry_after_seconds=17)

    service.add_api_route("/wait", wait)
    response = program(None).get("/wait")

    assert response.headers["retry-after"] == "17"


def test_a_method_that_is_not_possible_names_those_that_are(program: Open) -> None:
    assert program(None).put("/healthz").headers["allow"] == "GET"


def test_a_missing_competition_reads_the_same_as_one_of_another_course(program: Open, world: World) -> None:
    missing, foreign = (program("outsider").get(f"/competitions/{slug}") for slug in ("nothing", "demo"))

    assert (missing.status_code, foreign.status_code) == (404, 404)
    assert missing.json()["detail"].replace("nothing", "demo") == foreign.json()["detail"]
