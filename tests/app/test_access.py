"""The table of who may do what, and a walk over every route with everybody."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import delete

from app.accounts import service as accounts
from app.authorisation.rules import LEVELS, SAFE, Need, includes
from app.authorisation.table import TABLE
from app.database import Database
from app.submissions import products
from models.artifacts import ArtifactKind
from models.courses import Membership
from tests.app.applications import application
from tests.app.walking import CASES, WHO, Case, address, expected, refusal, routes_of
from tests.app.world import World, copied, hand_in, live_grading, settings_of, settle, store_bytes
from tests.databases import Backend

Open = Callable[[str | None], TestClient]
one_database = pytest.mark.only_on(
    "sqlite",
    reason="the table decides; the rows that it looks up are asked of each database by the tests of each route",
)


@dataclass(frozen=True, slots=True)
class Walked:
    """A service that rows share which change nothing in it, or in which it does not matter."""

    app: FastAPI
    world: World

    def ask(self, row: str, headers: Mapping[str, str], cookies: dict[str, str]) -> Any:
        """The answer to the request of a row."""
        return ask(TestClient(self.app, cookies=cookies, follow_redirects=False), row, headers)


@pytest.fixture(scope="module")
def walked(backend: Backend, world_template: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walked]:
    with (
        copied(backend, world_template, tmp_path_factory.mktemp("walked") / "data") as world,
        application(settings_of(world)) as app,
    ):
        submit_as_ada(app, world)
        yield Walked(app, world)


@pytest.fixture
def handed_in(service: FastAPI, world: World) -> int:
    return submit_as_ada(service, world)


def submit_as_ada(service: FastAPI, world: World) -> int:
    """Ada's submission, its file and what its grading made in the store."""
    services = service.state.services
    stored = store_bytes(services.store, b"weights")
    number = hand_in(services.database, world, "ada", sha256_hex=stored.sha256)
    settle(services.database, number)
    with services.database.write() as session:
        products.keep(session, live_grading(session, number).id, ArtifactKind.ONNX, "small.onnx", stored)
    return number


def ask(client: TestClient, row: str, headers: Mapping[str, str]) -> Any:
    """The answer to the request of a row, as JSON where it has one."""
    method, path = row.split()
    case = CASES.get(row, Case())
    headers = {"Accept": "application/json", "Origin": "http://testserver", **headers}
    return client.request(method, address(path, case.query), data=case.form, headers=headers)


def check(row: str, answer_to: Callable[[str], Any]) -> None:
    """Everybody gets what the table says."""
    rule, case = TABLE[row], CASES.get(row, Case())
    let_in: list[str] = []
    for who in WHO:
        answer = answer_to(who)
        refused = refusal(rule.need, rule.place, who)
        wanted = refused or expected(case, who, first=not let_in)
        assert answer.status_code == wanted, f"{who}: {answer.text[:500]}"
        if refused is None:
            let_in.append(who)
    assert let_in


def test_every_route_is_in_the_table_and_nothing_else(service: FastAPI) -> None:
    assert set(routes_of(service)) == set(TABLE)


def test_the_routes_are_those_that_the_description_knows(service: FastAPI) -> None:
    described = {
        f"{method.upper()} {path}" for path, methods in service.openapi()["paths"].items() for method in methods
    }

    assert described
    assert described <= set(routes_of(service))


def test_every_case_of_the_walk_is_a_route() -> None:
    assert set(CASES) <= set(TABLE)


@one_database
@pytest.mark.parametrize("row", [row for row in TABLE if row.split()[0] in SAFE])
def test_a_page_answers_each_as_the_table_says(walked: Walked, row: str) -> None:
    def answer_to(who: str) -> Any:
        cookies = {} if who == "nobody" else {"secateur": walked.world.people[who].cookie}
        return walked.ask(row, {}, cookies)

    check(row, answer_to)


@one_database
@pytest.mark.parametrize("row", [row for row in TABLE if row.split()[0] not in SAFE])
def test_a_change_is_for_those_whom_the_table_says(browser: Open, handed_in: int, row: str) -> None:
    check(row, lambda who: ask(browser(None if who == "nobody" else who), row, {}))


@one_database
@pytest.mark.parametrize("row", [row for row, rule in TABLE.items() if rule.need is not Need.ANYONE])
def test_a_token_does_what_its_scope_and_its_person_may(walked: Walked, row: str) -> None:
    rule, who = TABLE[row], "ada" if TABLE[row].need is Need.OWNER else "admin"
    for scope in LEVELS:
        with walked.app.state.services.database.write() as session:
            token = accounts.create_token(session, walked.world.people[who].id, scope.value, scope=scope).text

        answer = walked.ask(row, {"Authorization": f"Bearer {token}"}, {})

        code = answer.json().get("code") if answer.status_code == 403 else None
        if rule.by_session:
            assert code == "session-needed"
        else:
            missing = not includes(scope, rule.scope_for(row.split()[0]))
            assert (code == "scope-missing") is missing, answer.text[:500]


def test_a_route_without_a_row_answers_nobody(service: FastAPI, browser: Open) -> None:
    @service.get("/forgotten")
    def forgotten() -> str:
        return "secret"

    assert browser("admin").get("/forgotten").status_code == 500


@pytest.mark.parametrize("who", ["alan", "outsider"])
def test_another_students_submission_reads_as_if_it_were_not_there(program: Open, handed_in: int, who: str) -> None:
    client = program(who)

    there, missing = client.get(f"/submissions/{handed_in}"), client.get("/submissions/77")

    assert there.status_code == missing.status_code == 404
    assert there.json()["detail"].replace(str(handed_in), "77") == missing.json()["detail"]


@pytest.mark.parametrize("path", ["/courses/{}", "/competitions/{}"])
def test_another_course_reads_as_if_it_were_not_there(program: Open, path: str) -> None:
    client, name = program("outsider"), "ml" if "courses" in path else "demo"

    there, missing = client.get(path.format(name)), client.get(path.format("nothing"))

    assert there.status_code == missing.status_code == 404
    assert there.json()["detail"].replace(repr(name), "'nothing'") == missing.json()["detail"]


@pytest.mark.parametrize("number", ["1.0", "+1", "0_1", " 1", "1 "])
def test_a_number_that_is_written_otherwise_leads_to_the_same_rule(program: Open, handed_in: int, number: str) -> None:
    assert program("alan").get(f"/submissions/{number}").status_code in (404, 422)
    assert program("alan").post(f"/submissions/{number}/gradings").status_code in (404, 422)


def test_a_member_who_was_removed_from_the_course_is_out(program: Open, records: Database, handed_in: int) -> None:
    with records.write() as session:
        session.execute(delete(Membership))

    assert program("ada").get(f"/submissions/{handed_in}").status_code == 404
    assert program("instructor").get("/competitions/demo/submissions").status_code == 404
    assert program("ada").get("/competitions").json()["items"] == []
