"""The API's description: valid, complete, and true about errors."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.openapi.models import OpenAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel

from app.announcements.routes import AnnouncementBody
from app.audit.schemas import EntryBody
from app.baselines.routes import EnteredBody
from app.boards.routes import BoardStateBody
from app.competitions.schemas import CompetitionBody
from app.errors import TITLES
from app.grades.schemas import GradeBody, StudentGradeBody
from app.leaderboard.pareto_schemas import ParetoBody
from app.leaderboard.schemas import BoardBody
from app.openapi import Problem
from app.rejudges.schemas import RejudgeBody
from app.submissions.choice_routes import ChoiceBody
from app.submissions.schemas import AcceptedBody, SubmissionBody
from tests.app.applications import application
from tests.app.world import World, settings_of

Open = Callable[[str | None], TestClient]
PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


@pytest.fixture(scope="session")
def description(world_template: World) -> dict[str, Any]:
    """As it is sent. Made once: it says the same on every database and at every time."""
    with application(settings_of(world_template)) as app, TestClient(app) as client:
        found: dict[str, Any] = client.get("/openapi.json").json()
        return found


def operations(description: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from ([part["$ref"]] if "$ref" in part else [])
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from references(each)


def test_the_description_has_the_form_of_one(description: dict[str, Any]) -> None:
    assert OpenAPI.model_validate(description).openapi.startswith("3.1")


def test_every_reference_leads_somewhere_and_every_schema_is_used(description: dict[str, Any]) -> None:
    schemas = {f"#/components/schemas/{name}" for name in description["components"]["schemas"]}

    assert set(references(description)) == schemas


def test_every_operation_has_a_name_a_summary_and_a_text(description: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(description)]

    assert len(names) == len(set(names)) > 5
    for _, _, operation in operations(description):
        assert operation["summary"]
        assert operation["description"]


def test_every_parameter_in_an_address_is_described(description: dict[str, Any]) -> None:
    for path, _, operation in operations(description):
        described = {part["name"] for part in operation.get("parameters", []) if part["in"] == "path"}
        assert described == set(re.findall(r"{(\w+)}", path))


def test_every_error_is_described_as_problem_details_and_nothing_else(description: dict[str, Any]) -> None:
    errors = [
        (path, status, response)
        for path, _, operation in operations(description)
        for status, response in operation["responses"].items()
        if int(status) >= 400 and path != "/readyz"
    ]

    assert len(errors) > 20
    for path, status, response in errors:
        assert response["content"] == PROBLEM, (path, status)
        assert response["description"] == TITLES[int(status)]


def test_everything_that_needs_somebody_says_401(description: dict[str, Any]) -> None:
    for path, _, operation in operations(description):
        assert ("401" in operation["responses"]) is (path not in {"/healthz", "/readyz", "/metrics"})


def test_what_needs_somebody_names_a_token_or_a_session(description: dict[str, Any]) -> None:
    schemes = description["components"]["securitySchemes"]

    assert (schemes["token"]["scheme"], schemes["session"]["name"]) == ("bearer", "secateur")
    for _, _, operation in operations(description):
        assert [*map(list, operation["security"])] == (
            [["token"], ["session"]] if "401" in operation["responses"] else []
        )


def test_every_operation_says_how_our_own_fault_is_told(description: dict[str, Any]) -> None:
    for _, _, operation in operations(description):
        assert operation["responses"]["500"] == {"description": TITLES[500], "content": PROBLEM}


@pytest.mark.parametrize(
    "model",
    [
        AcceptedBody,
        SubmissionBody,
        ChoiceBody,
        BoardBody,
        ParetoBody,
        CompetitionBody,
        GradeBody,
        StudentGradeBody,
        RejudgeBody,
        BoardStateBody,
        EnteredBody,
        AnnouncementBody,
        EntryBody,
        Problem,
    ],
)
def test_a_main_answer_has_an_example_of_its_own_form(description: dict[str, Any], model: type[BaseModel]) -> None:
    [example] = description["components"]["schemas"][model.__name__]["examples"]

    # The framework leaves out of a description what is null.
    assert model.model_validate({**dict.fromkeys(model.model_fields), **example})
    assert example.keys() >= model.model_fields.keys() - {"position", "expected_seconds", "reason"}


def test_uploads_are_described_both_ways(description: dict[str, Any]) -> None:
    body = description["paths"]["/submissions"]["post"]["requestBody"]["content"]

    assert body.keys() == {"application/octet-stream", "multipart/form-data"}


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/submissions", "get", 401),
        ("/submissions", "post", 401),
        ("/competitions/nothing", "get", 404),
        ("/submissions/nine", "get", 422),
        ("/competitions/demo/submissions", "get", 403),
    ],
)
def test_an_error_is_as_described(
    program: Open, service: FastAPI, description: dict[str, Any], path: str, method: str, status: int
) -> None:
    response = program(None if status == 401 else "ada").request(method, path)

    schema = description["components"]["schemas"]["Problem"]
    assert response.status_code == status
    assert set(schema["required"]) <= response.json().keys()


def test_the_page_about_the_api_names_every_operation(browser: Open, description: dict[str, Any]) -> None:
    page = browser(None).get("/docs").text

    for path, method, _ in operations(description):
        assert method.upper() in page
        assert path in page
