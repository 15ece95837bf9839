"""A body that is too large is told the limit, and by which setting the operator may allow more."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from app.settings import Settings
from app.submissions.intake import FRAME_BYTES
from grader.limits import MAX_FILE_BYTES
from tests.app.applications import application
from tests.app.world import World

ALLOWED = 100_000
pytestmark = pytest.mark.only_on("sqlite", reason="no database is asked")


def pieces(size: int) -> Iterator[bytes]:
    for _ in range(0, size, 1000):
        yield bytes(1000)


@pytest.mark.parametrize("path", ["/submissions?competition=demo", "/courses/ml/datasets"])
def test_the_setting_that_refuses_it_is_named(settings: Settings, path: str) -> None:
    limits = {"max_upload_bytes": ALLOWED, "max_dataset_bytes": ALLOWED}
    name = "SECATEUR_MAX_UPLOAD_BYTES" if "submissions" in path else "SECATEUR_MAX_DATASET_BYTES"
    with application(settings.model_copy(update=limits)) as app, TestClient(app) as client:
        response = client.post(path, content=bytes(ALLOWED + FRAME_BYTES + 1))

    assert response.status_code == 413
    assert f"may have {ALLOWED + FRAME_BYTES:,} bytes; this one has" in response.json()["detail"]
    assert name in response.json()["detail"]


def test_so_it_is_where_no_length_was_declared(settings: Settings, world: World) -> None:
    headers = {"Authorization": f"Bearer {world.people['ada'].token}"}
    with (
        application(settings.model_copy(update={"max_upload_bytes": ALLOWED})) as app,
        TestClient(app, headers=headers) as client,
    ):
        response = client.post("/submissions?competition=demo", content=pieces(ALLOWED + FRAME_BYTES + 5000))

    assert response.status_code == 413
    assert "SECATEUR_MAX_UPLOAD_BYTES" in response.json()["detail"]


@pytest.mark.parametrize(("path", "limit"), [("/submissions", MAX_FILE_BYTES + FRAME_BYTES), ("/login", 65_536)])
def test_what_no_setting_changes_names_none(settings: Settings, path: str, limit: int) -> None:
    with (
        application(settings.model_copy(update={"max_upload_bytes": 2 * MAX_FILE_BYTES})) as app,
        TestClient(app) as client,
    ):
        response = client.post(path, content=b"", headers={"Content-Length": str(limit + 1)})

    assert response.status_code == 413
    assert f"{limit:,} bytes" in response.json()["detail"]
    assert "SECATEUR" not in response.json()["detail"]
