"""What a walk over all routes asks for: what stands in the addresses, what is sent, and what those who may get back.

A new route needs a row in `app/authorisation/table.py`; a new parameter of addresses a line in PARAMETERS; and a route that does not
simply answer 200 to those who may a line in CASES.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Mount

from app.authorisation.rules import Need, Place

WHO = ("nobody", "outsider", "rival", "alan", "ada", "assistant", "instructor", "admin")
"""Nobody; a student and an instructor of another course; a student of this one; the student whose things they are; staff."""
STRANGERS = ("outsider", "rival")

PARAMETERS: Mapping[str, str] = {
    "course": "ml",
    "slug": "demo",
    "submission_id": "1",
    "file_id": "1",
    "kind": "onnx",
    "user_id": "3",
    "adjustment_id": "1",
    "token_id": "3",
    "session_id": "3",
    "roster_id": "1",
    "token": "unknown",
    "identity_id": "1",
    "invitation_id": "1",
    "entrant_id": "1",
    "upload_id": "1",
    "number": "1",
    "rejudge_id": "1",
    "note_id": "1",
    "baseline_id": "1",
    "announcement_id": "1",
    "name": "unknown",
    "document": "students",
}
"""Ada is the user 3, with the session and the token of this number; the submission 1 is hers."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is sent to a route, and the status for those who are let in: for all, or by who they are."""

    status: int = 200
    form: Mapping[str, str] | None = None
    query: str = ""
    nobody: int | None = None
    strangers: int | None = None
    others: int | None = None
    """For everybody but Ada."""
    again: int | None = None
    """For everybody after the first, where a thing can be done once."""


CASES: Mapping[str, Case] = {
    "GET /metrics": Case(404),  # no token is set
    "GET /client/{name}": Case(404),
    "GET /login": Case(303, nobody=200),
    "POST /login": Case(422, {"email": "nobody@example.org", "password": "x"}),
    "POST /logout": Case(303),
    "POST /account/tokens": Case(200, {"name": "laptop"}),
    "POST /account/tokens/{token_id}/revoke": Case(303, others=404),
    "POST /account/sessions/{session_id}/revoke": Case(303, others=404),
    "POST /account/password": Case(422, {"old": "x", "new": "y"}),
    "GET /links/{token}": Case(404),
    "POST /links/{token}": Case(404, {"password": "prune with care"}),
    "GET /oidc/start": Case(404),  # no provider is named
    "GET /oidc/callback": Case(404),
    "POST /account/identities/{identity_id}/removal": Case(404),
    "POST /courses": Case(201, {"slug": "new", "title": "New", "time_zone": "UTC"}),
    "POST /courses/{course}/people": Case(201, {"email": "new@example.org"}, again=409),
    "POST /courses/{course}/people/{user_id}": Case(200, {"role": "student"}),
    "POST /courses/{course}/people/{user_id}/removal": Case(200, again=404),
    "POST /courses/{course}/people/{user_id}/access": Case(200, {"allowed": "true"}),
    "POST /courses/{course}/people/{user_id}/link": Case(201),
    "POST /courses/{course}/rosters": Case(422, {}),  # no file
    "GET /courses/{course}/rosters/{roster_id}": Case(404),  # none was uploaded
    "POST /courses/{course}/rosters/{roster_id}/columns": Case(404),
    "POST /courses/{course}/rosters/{roster_id}/confirmation": Case(404, {"digest": "0"}),
    "POST /join": Case(
        404, {"code": "WRONG", "name": "New", "email": "new@example.org", "password": "prune with care"}
    ),
    "POST /people/{user_id}/link": Case(201),
    "POST /people/{user_id}/access": Case(200, {"allowed": "true"}),
    "POST /people/{user_id}/erasure": Case(422, {"email": "somebody else"}),
    "POST /competitions/{slug}/gradebook/canvas": Case(422),  # no file
    # The demo asks nobody for code.
    "GET /competitions/{slug}/code": Case(404),
    "POST /competitions/{slug}/code": Case(404),
    "GET /competitions/{slug}/code/{upload_id}": Case(404),
    "GET /competitions/{slug}/finalists": Case(404),
    "GET /competitions/{slug}/finalists/{entrant_id}": Case(404),
    "POST /competitions/{slug}/finalists/{entrant_id}": Case(404),
    # The demo has no teams; with them the rules are tested where teams are.
    "GET /competitions/{slug}/team": Case(404),
    "POST /competitions/{slug}/team/name": Case(404, {"name": "Us"}),
    "POST /competitions/{slug}/team/invitations": Case(404, {"email": "x@example.org"}),
    "POST /competitions/{slug}/team/invitations/{invitation_id}/acceptance": Case(404),
    "POST /competitions/{slug}/team/invitations/{invitation_id}/removal": Case(404),
    "POST /competitions/{slug}/team/link": Case(404),
    "POST /competitions/{slug}/team/link/removal": Case(404),
    "POST /competitions/{slug}/team/joining": Case(404, {"code": "x"}),
    "POST /competitions/{slug}/team/leaving": Case(404),
    "GET /competitions/{slug}/teams": Case(404),
    "POST /competitions/{slug}/teams/import": Case(404, {"text": "team,email"}),
    "POST /competitions/{slug}/teams/assignment": Case(404, {"email": "x@example.org"}),
    "POST /competitions/{slug}/teams/{entrant_id}/name": Case(404, {"name": "Us"}),
    "POST /courses/{course}/competitions": Case(422, {"source": "slug: ["}),
    "POST /courses/{course}/competitions/validation": Case(200, {"source": "slug: ["}),
    "POST /courses/{course}/datasets": Case(422),
    "POST /courses/{course}/networks": Case(422),
    "POST /competitions/{slug}/definition": Case(422, {"source": "slug: [", "base": "1"}),
    "POST /competitions/{slug}/definition/outlook": Case(422, {"source": "slug: [", "base": "1"}),
    "POST /competitions/{slug}/dataset": Case(409, {"dataset": "hidden", "base": "1"}),
    "GET /competitions/{slug}/points": Case(404),  # the demo has none
    "POST /competitions/{slug}/grades/{user_id}/hand-points": Case(422, {"part": "code", "points": "1"}),
    "POST /competitions/{slug}/grades/{user_id}/adjustments": Case(200, {"kind": "add", "value": "1", "reason": "r"}),
    "POST /competitions/{slug}/grades/{user_id}/adjustments/{adjustment_id}/removal": Case(404),  # there is none
    "POST /competitions/{slug}/grades/{user_id}/extension": Case(200, {"extra_tries": "1"}),
    "POST /competitions/{slug}/adjustments": Case(422, {"kind": "add", "value": "1", "reason": ""}),
    # No rejudge, note, baseline or announcement is there beside those that the walk makes.
    "POST /competitions/{slug}/rejudges": Case(202, {"reason": "r"}, again=409),
    "GET /competitions/{slug}/rejudges/{rejudge_id}": Case(404),
    "POST /competitions/{slug}/rejudges/{rejudge_id}/live": Case(404),
    "POST /competitions/{slug}/rejudges/{rejudge_id}/drop": Case(404),
    "POST /competitions/{slug}/rejudges/{rejudge_id}/retry": Case(404),
    "POST /competitions/{slug}/disqualifications": Case(200, {"submission": "1", "reason": "r"}),
    "POST /competitions/{slug}/reinstatements": Case(409, {"submission": "1", "reason": "r"}),
    "POST /competitions/{slug}/notes": Case(200, {"submission": "1", "text": "t"}),
    "POST /competitions/{slug}/notes/{note_id}/removal": Case(404),
    "POST /competitions/{slug}/board": Case(200, {"mode": "frozen", "reason": "r"}),
    "POST /competitions/{slug}/board/publication": Case(409, {"reason": "r"}),
    "POST /competitions/{slug}/board/publication/removal": Case(409, {"reason": "r"}),
    "POST /competitions/{slug}/baselines": Case(201, {"name": "dense"}, again=409),
    "POST /competitions/{slug}/baselines/{baseline_id}/removal": Case(404),
    "POST /competitions/{slug}/announcements": Case(201, {"text": "t"}),
    "POST /competitions/{slug}/announcements/{announcement_id}/removal": Case(404),
    "POST /submissions": Case(422, query="?competition=demo", strangers=404),
    "POST /submissions/{submission_id}/reference": Case(200, {"wanted": "true"}),
    "PUT /submissions/{submission_id}/choice": Case(409),
    "DELETE /submissions/{submission_id}/choice": Case(409),
    "POST /submissions/{submission_id}/choice": Case(409, {"wanted": "true"}),
    "POST /submissions/{submission_id}/gradings": Case(202, again=409),
}

_OUTSIDE = {"nobody": 401, "outsider": 404, "rival": 404}
_STUDENTS = {"alan": 403, "ada": 403}
_ALL_BUT_ADMIN = {"nobody": 401, **dict.fromkeys(WHO[1:-1], 403)}
REFUSALS: Mapping[Need, Mapping[str, int]] = {
    Need.ANYONE: {},
    Need.SIGNED_IN: {"nobody": 401},
    Need.MEMBER: _OUTSIDE,
    Need.PART: {**_OUTSIDE, "alan": 404},
    Need.OWNER: {**_OUTSIDE, "alan": 404, "assistant": 403, "instructor": 403, "admin": 403},
    Need.STAFF: {**_OUTSIDE, **_STUDENTS},
    Need.INSTRUCTOR: {**_OUTSIDE, **_STUDENTS, "assistant": 403},
    Need.COURSE_MAKER: _ALL_BUT_ADMIN,
    Need.ADMIN: _ALL_BUT_ADMIN,
}
"""Who is not let in, and how that is told."""


def refusal(need: Need, place: Place, who: str) -> int | None:
    """The status for somebody who is not let in; None for somebody who is."""
    found = REFUSALS[need].get(who)
    return 404 if found == 403 and who == "alan" and place is Place.SUBMISSION else found


def expected(case: Case, who: str, *, first: bool) -> int:
    """The status for somebody who is let in."""
    if who == "nobody" and case.nobody is not None:
        return case.nobody
    if who in STRANGERS and case.strangers is not None:
        return case.strangers
    if who != "ada" and case.others is not None:
        return case.others
    return case.status if first or case.again is None else case.again


def address(path: str, query: str = "") -> str:
    """The path with what stands for its parameters."""
    return path.format_map(PARAMETERS) + query


def routes_of(service: FastAPI) -> Iterator[str]:
    """Every method and path that the application answers, static files apart."""
    for route in flat(service.routes):
        if not isinstance(route, Mount):
            yield from (f"{method} {route.path}" for method in route.methods)


def pages_of(service: FastAPI) -> dict[str, set[str]]:
    """The path of each route that is looked at, with the names of the parameters that may stand behind it."""
    found = {}
    for route in flat(service.routes):
        if "GET" in (getattr(route, "methods", None) or ()):
            found[route.path] = set(_taken(route.dependant)) if isinstance(route, APIRoute) else set()
    return found


def _taken(dependant: Any) -> Iterator[str]:
    yield from (each.alias for each in dependant.query_params)
    for each in dependant.dependencies:
        yield from _taken(each)


def flat(routes: Any) -> Iterator[Any]:
    """Routes, those of included routers too."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is None:
            yield route
        else:
            yield from flat(included.routes)
