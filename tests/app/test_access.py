"""One table of who may do what, and a walk over every route with everybody."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import delete
from starlette.routing import Mount

from app.database import Database
from app.submissions import products
from models.artifacts import ArtifactKind
from models.courses import Membership
from tests.app.world import World, hand_in, live_grading, settle, store_bytes

Open = Callable[[str | None], TestClient]
WHO = ("nobody", "alan", "ada", "outsider", "instructor", "admin")
"""Nobody; a student of the course; the student whose submission it is; one of another course; two who run things."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a route answers each of WHO, asked by a browser's session for JSON."""

    path: str
    statuses: tuple[int, int, int, int, int, int]
    form: dict[str, str] | None = None


EVERYBODY = (200,) * 6
SIGNED_IN = (401, 200, 200, 200, 200, 200)
STAFF = (401, 403, 403, 404, 200, 200)
ALONE = (401, *(404,) * 5)
STAFF_ALONE = (401, 403, 403, 404, 404, 404)
MEMBERS = (401, 200, 200, 404, 200, 200)
TABLE = {
    ("GET", "/"): Rule("/", EVERYBODY),
    ("GET", "/healthz"): Rule("/healthz", EVERYBODY),
    ("GET", "/readyz"): Rule("/readyz", (503,) * 6),
    ("GET", "/help"): Rule("/help", EVERYBODY),
    ("GET", "/docs"): Rule("/docs", EVERYBODY),
    ("GET", "/openapi.json"): Rule("/openapi.json", EVERYBODY),
    ("HEAD", "/openapi.json"): Rule("/openapi.json", EVERYBODY),
    ("GET", "/login"): Rule("/login", (200, 303, 303, 303, 303, 303)),
    ("POST", "/login"): Rule("/login", (422,) * 6, {"email": "nobody@example.org", "password": "x"}),
    ("POST", "/logout"): Rule("/logout", (303,) * 6),
    ("GET", "/account"): Rule("/account", SIGNED_IN),
    ("POST", "/account/tokens"): Rule("/account/tokens", SIGNED_IN, {"name": "laptop"}),
    ("POST", "/account/tokens/{token_id}/revoke"): Rule("/account/tokens/3/revoke", (401, 404, 303, 404, 404, 404)),
    ("POST", "/account/sessions/{session_id}/revoke"): Rule(
        "/account/sessions/3/revoke", (401, 404, 303, 404, 404, 404)
    ),
    ("POST", "/account/password"): Rule("/account/password", (401, *(422,) * 5), {"old": "x", "new": "y"}),
    ("GET", "/competitions"): Rule("/competitions", SIGNED_IN),
    ("GET", "/competitions/{slug}"): Rule("/competitions/demo", MEMBERS),
    ("GET", "/competitions/{slug}/leaderboard"): Rule("/competitions/demo/leaderboard", MEMBERS),
    ("GET", "/competitions/{slug}/pareto"): Rule("/competitions/demo/pareto", MEMBERS),
    ("GET", "/competitions/{slug}/submissions"): Rule("/competitions/demo/submissions", (401, 403, 403, 404, 200, 200)),
    ("GET", "/competitions/{slug}/points"): Rule("/competitions/demo/points", (401, 404, 404, 404, 404, 404)),
    ("GET", "/competitions/{slug}/grades"): Rule("/competitions/demo/grades", STAFF),
    ("GET", "/competitions/{slug}/grades/{user_id}"): Rule("/competitions/demo/grades/3", STAFF),
    ("POST", "/competitions/{slug}/grades/{user_id}/hand-points"): Rule(
        "/competitions/demo/grades/3/hand-points", (401, 403, 403, 404, 422, 422), {"part": "code", "points": "1"}
    ),
    ("POST", "/competitions/{slug}/grades/{user_id}/adjustments"): Rule(
        "/competitions/demo/grades/3/adjustments", STAFF, {"kind": "add", "value": "1", "reason": "r"}
    ),
    ("POST", "/competitions/{slug}/grades/{user_id}/adjustments/{adjustment_id}/removal"): Rule(
        "/competitions/demo/grades/3/adjustments/1/removal", (401, 403, 403, 404, 404, 404)
    ),
    ("POST", "/competitions/{slug}/grades/{user_id}/extension"): Rule(
        "/competitions/demo/grades/3/extension", STAFF, {"extra_tries": "1"}
    ),
    # The competition of this table has no teams; with them the rules are tested where teams are.
    ("GET", "/competitions/{slug}/team"): Rule("/competitions/demo/team", ALONE),
    ("POST", "/competitions/{slug}/team/name"): Rule("/competitions/demo/team/name", ALONE, {"name": "Us"}),
    ("POST", "/competitions/{slug}/team/invitations"): Rule(
        "/competitions/demo/team/invitations", ALONE, {"email": "x@example.org"}
    ),
    ("POST", "/competitions/{slug}/team/invitations/{invitation_id}/acceptance"): Rule(
        "/competitions/demo/team/invitations/1/acceptance", ALONE
    ),
    ("POST", "/competitions/{slug}/team/invitations/{invitation_id}/removal"): Rule(
        "/competitions/demo/team/invitations/1/removal", ALONE
    ),
    ("POST", "/competitions/{slug}/team/link"): Rule("/competitions/demo/team/link", ALONE),
    ("POST", "/competitions/{slug}/team/link/removal"): Rule("/competitions/demo/team/link/removal", ALONE),
    ("POST", "/competitions/{slug}/team/joining"): Rule("/competitions/demo/team/joining", ALONE, {"code": "x"}),
    ("POST", "/competitions/{slug}/team/leaving"): Rule("/competitions/demo/team/leaving", ALONE),
    ("GET", "/competitions/{slug}/teams"): Rule("/competitions/demo/teams", STAFF_ALONE),
    ("POST", "/competitions/{slug}/teams/import"): Rule(
        "/competitions/demo/teams/import", STAFF_ALONE, {"text": "team,email"}
    ),
    ("POST", "/competitions/{slug}/teams/assignment"): Rule(
        "/competitions/demo/teams/assignment", STAFF_ALONE, {"email": "x@example.org"}
    ),
    ("POST", "/competitions/{slug}/teams/{entrant_id}/name"): Rule(
        "/competitions/demo/teams/1/name", STAFF_ALONE, {"name": "Us"}
    ),
    ("GET", "/competition-schema.json"): Rule("/competition-schema.json", EVERYBODY),
    ("GET", "/courses/{course}/competitions/new"): Rule("/courses/ml/competitions/new", STAFF),
    ("POST", "/courses/{course}/competitions"): Rule(
        "/courses/ml/competitions", (401, 403, 403, 404, 422, 422), {"source": "slug: ["}
    ),
    ("POST", "/courses/{course}/competitions/validation"): Rule(
        "/courses/ml/competitions/validation", STAFF, {"source": "slug: ["}
    ),
    ("GET", "/courses/{course}/datasets"): Rule("/courses/ml/datasets", STAFF),
    ("POST", "/courses/{course}/datasets"): Rule("/courses/ml/datasets", (401, 403, 403, 404, 422, 422)),
    ("GET", "/courses/{course}/networks"): Rule("/courses/ml/networks", STAFF),
    ("POST", "/courses/{course}/networks"): Rule("/courses/ml/networks", (401, 403, 403, 404, 422, 422)),
    ("GET", "/competitions/{slug}/definition"): Rule("/competitions/demo/definition", STAFF),
    ("POST", "/competitions/{slug}/definition"): Rule(
        "/competitions/demo/definition", (401, 403, 403, 404, 422, 422), {"source": "slug: [", "base": "1"}
    ),
    ("GET", "/competitions/{slug}/versions"): Rule("/competitions/demo/versions", STAFF),
    ("GET", "/competitions/{slug}/versions/{number}"): Rule("/competitions/demo/versions/1", STAFF),
    ("GET", "/competitions/{slug}/setup"): Rule("/competitions/demo/setup", STAFF),
    ("POST", "/competitions/{slug}/dataset"): Rule(
        "/competitions/demo/dataset", (401, 403, 403, 404, 409, 409), {"dataset": "hidden", "base": "1"}
    ),
    ("POST", "/competitions/{slug}/opening"): Rule("/competitions/demo/opening", STAFF),
    ("POST", "/competitions/{slug}/closing"): Rule("/competitions/demo/closing", STAFF),
    ("GET", "/submissions"): Rule("/submissions", SIGNED_IN),
    ("POST", "/submissions"): Rule("/submissions?competition=demo", (401, 422, 422, 404, 422, 422)),
    ("GET", "/submissions/{submission_id}"): Rule("/submissions/1", (401, 404, 200, 404, 200, 200)),
    ("GET", "/submissions/{submission_id}/files/{file_id}"): Rule(
        "/submissions/1/files/1", (401, 404, 200, 404, 200, 200)
    ),
    ("GET", "/submissions/{submission_id}/compacted/{kind}"): Rule(
        "/submissions/1/compacted/onnx", (401, 404, 200, 404, 200, 200)
    ),
    ("PUT", "/submissions/{submission_id}/reference"): Rule("/submissions/1/reference", (401, 404, 200, 404, 403, 403)),
    ("DELETE", "/submissions/{submission_id}/reference"): Rule(
        "/submissions/1/reference", (401, 404, 200, 404, 403, 403)
    ),
    ("POST", "/submissions/{submission_id}/reference"): Rule(
        "/submissions/1/reference", (401, 404, 200, 404, 403, 403), {"wanted": "true"}
    ),
    ("PUT", "/submissions/{submission_id}/choice"): Rule("/submissions/1/choice", (401, 404, 409, 404, 403, 403)),
    ("DELETE", "/submissions/{submission_id}/choice"): Rule("/submissions/1/choice", (401, 404, 409, 404, 403, 403)),
    ("POST", "/submissions/{submission_id}/choice"): Rule(
        "/submissions/1/choice", (401, 404, 409, 404, 403, 403), {"wanted": "true"}
    ),
    ("POST", "/submissions/{submission_id}/gradings"): Rule("/submissions/1/gradings", (401, 404, 403, 404, 202, 202)),
}


def routes_of(service: FastAPI) -> Iterator[tuple[str, str]]:
    """Every method and path that the application answers, static files apart."""
    for route in flat(service.routes):
        if not isinstance(route, Mount):
            yield from ((method, route.path) for method in route.methods)


def flat(routes: Any) -> Iterator[Any]:
    """Routes, those of included routers too."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is None:
            yield route
        else:
            yield from flat(included.routes)


@pytest.fixture
def handed_in(service: FastAPI, records: Database, world: World) -> int:
    """Ada's submission, its file and what its grading made in the store."""
    stored = store_bytes(service.state.services.store, b"weights")
    number = hand_in(records, world, "ada", sha256_hex=stored.sha256)
    settle(records, number)
    with records.write() as session:
        products.keep(session, live_grading(session, number).id, ArtifactKind.ONNX, "small.onnx", stored)
    return number


def test_every_route_is_in_the_table_and_nothing_else(service: FastAPI) -> None:
    assert set(routes_of(service)) == set(TABLE)


def test_the_routes_are_those_that_answer(service: FastAPI) -> None:
    described = {(method.upper(), path) for path, methods in service.openapi()["paths"].items() for method in methods}

    assert described
    assert described <= set(routes_of(service))


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(("method", "path"), TABLE, ids=[" ".join(key) for key in TABLE])
def test_a_route_answers_each_as_the_table_says(
    browser: Open, handed_in: int, method: str, path: str, who: str
) -> None:
    rule = TABLE[method, path]
    client = browser(None if who == "nobody" else who)

    response = client.request(method, rule.path, data=rule.form, headers={"Accept": "application/json"})

    assert response.status_code == rule.statuses[WHO.index(who)], response.text[:500]


@pytest.mark.parametrize("who", ["alan", "outsider"])
def test_another_students_submission_reads_as_if_it_were_not_there(program: Open, handed_in: int, who: str) -> None:
    client = program(who)

    there, missing = client.get(f"/submissions/{handed_in}"), client.get("/submissions/77")

    assert there.status_code == missing.status_code == 404
    assert there.json()["detail"].replace(str(handed_in), "77") == missing.json()["detail"]


def test_a_member_who_was_removed_from_the_course_is_out(program: Open, records: Database, handed_in: int) -> None:
    with records.write() as session:
        session.execute(delete(Membership))

    assert program("ada").get(f"/submissions/{handed_in}").status_code == 404
    assert program("instructor").get("/competitions/demo/submissions").status_code == 404
    assert program("ada").get("/competitions").json()["items"] == []
