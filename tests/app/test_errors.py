"""Whatever goes wrong has one shape: problem details for programs, the same content as a page for browsers."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

import app
from app import error_pages
from app.authorisation.table import ANYONE, TABLE
from app.error_codes import CODES
from app.errors import TITLES, AppError, Forbidden
from grader.messages import PROBLEMS
from tests.app.world import World

Open = Callable[[str | None], TestClient]
Add = Callable[[str, Callable[[], None]], None]
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


@pytest.fixture
def added(service: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Add:
    """Adds a route that everybody may ask."""

    def add(path: str, route: Callable[[], None]) -> None:
        monkeypatch.setitem(TABLE, f"GET {path}", ANYONE)
        service.add_api_route(path, route)

    return add


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
    ("ada", "GET", "/submissions/2147483648", {}, 404, "not-found"),
    ("instructor", "POST", "/submissions/2147483648/gradings", {}, 404, "not-found"),
    ("ada", "GET", "/submissions", {"params": {"before": "2147483648"}}, 422, "request-form"),
    ("ada", "GET", "/submissions", {"params": {"competition": "de\x00mo"}}, 422, "request-form"),
    ("instructor", "GET", "/competitions/demo/submissions", {"params": {"before": "9" * 5000}}, 422, "request-form"),
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
def test_a_number_that_no_row_can_have_is_not_found(browser: Open, path: str, number: str) -> None:
    assert browser("ada").post(path.format(number)).status_code == 404


@pytest.mark.parametrize("character", ["%00", "%1b", "%7f"])
@pytest.mark.parametrize("path", ["", "/leaderboard", "/submissions"])
def test_a_slug_with_a_character_that_nobody_can_print_is_not_found(program: Open, path: str, character: str) -> None:
    response = program("instructor").get(f"/competitions/de{character}mo{path}")

    assert (response.status_code, response.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize("path", ["/", "/login", "/help", "/healthz", "/readyz", "/nothing", "/static/app.css"])
def test_head_is_answered_like_get_without_the_body(browser: Open, path: str) -> None:
    asked, got = (browser(None).request(method, path) for method in ("HEAD", "GET"))

    assert asked.content == b""
    assert got.content
    assert asked.status_code == got.status_code
    assert asked.headers["content-type"] == got.headers["content-type"]


SUBCLASSES = {"Conflict": 0, "Unprocessable": 0, "AppError": 1}
"""The position of the code among the arguments."""


def codes_in(path: Path) -> Iterator[ast.expr]:
    """What stands for a code wherever a module makes an AppError."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        if name in SUBCLASSES:
            yield node.args[SUBCLASSES[name]]
        elif name == "super().__init__" and len(node.args) == 3:
            yield node.args[1]
        elif name in ("Forbidden", "NotFound"):
            yield from (keyword.value for keyword in node.keywords if keyword.arg == "code")


def test_every_code_is_explained_and_every_explanation_has_a_code() -> None:
    found = [(path.name, node) for path in Path(app.__file__).parent.rglob("*.py") for node in codes_in(path)]
    literal = {node.value for _, node in found if isinstance(node, ast.Constant)}
    passed_on = {(name, ast.unparse(node)) for name, node in found if not isinstance(node, ast.Constant)}

    # Codes of the grader have their sentences in its own table.
    assert passed_on == {("errors.py", "code"), ("error_pages.py", "code"), ("intake.py", "problem.code")}
    assert literal | {Forbidden("").code, *error_pages.CODES.values(), error_pages.OTHER_CODE} == CODES.keys()


def test_the_type_of_an_error_leads_to_its_explanation(browser: Open) -> None:
    page = browser(None).get("/help").text

    for code in {*CODES, *PROBLEMS}:
        assert page.count(f'id="{code}"') == 1


def test_our_own_fault_tells_a_number_and_no_details(program: Open, added: Add) -> None:
    def fail() -> None:
        raise ValueError("the password of the database is hunter2")

    added("/broken", fail)

    body = check_problem(program(None).get("/broken"), 500, "our-fault", "/broken")

    assert "hunter2" not in str(body)
    assert body["request_id"] in body["detail"]


def test_our_own_fault_is_a_page_for_a_browser(browser: Open, added: Add) -> None:
    def fail() -> None:
        raise ValueError("the password of the database is hunter2")

    added("/broken", fail)
    response = browser("ada").get("/broken")

    assert response.status_code == 500
    assert response.headers["x-request-id"] in response.text
    assert "hunter2" not in response.text


def test_what_a_stranger_typed_cannot_become_part_of_a_page(browser: Open) -> None:
    response = browser(None).get("/<script>alert(1)</script>")

    assert response.status_code == 404
    assert "<script>alert" not in response.text


def test_an_error_to_be_tried_again_says_when(program: Open, added: Add) -> None:
    def wait() -> None:
        raise AppError(429, "wait", "Wait.", retry_after_seconds=17)

    added("/wait", wait)
    response = program(None).get("/wait")

    assert response.headers["retry-after"] == "17"


def test_a_method_that_is_not_possible_names_those_that_are(program: Open) -> None:
    assert program(None).put("/healthz").headers["allow"] == "GET"


def test_a_missing_competition_reads_the_same_as_one_of_another_course(program: Open, world: World) -> None:
    missing, foreign = (program("outsider").get(f"/competitions/{slug}") for slug in ("nothing", "demo"))

    assert (missing.status_code, foreign.status_code) == (404, 404)
    assert missing.json()["detail"].replace("nothing", "demo") == foreign.json()["detail"]


def test_who_asks_for_what_is_not_there_stays_signed_in_on_the_page(browser: Open) -> None:
    pages = {name: browser(name).get("/nothing-here") for name in ("ada", None)}

    assert {page.status_code for page in pages.values()} == {404}
    assert "/account" in pages["ada"].text
    assert "/account" not in pages[None].text
