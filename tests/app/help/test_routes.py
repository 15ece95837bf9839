"""The help pages: every message and field is on them, links lead somewhere, and the search finds both."""

import re
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from app.help import fields
from app.help.documents import PLACES, TITLES, document
from grader.messages import PROBLEMS

Open = Callable[[str | None], TestClient]
PAGES = ["/help", "/help/definition", *(f"/help/{name}" for name in TITLES)]


@pytest.fixture
def visitor(browser: Open) -> TestClient:
    return browser(None)


def test_every_message_and_every_field_has_an_address(visitor: TestClient) -> None:
    messages, definition = visitor.get("/help").text, visitor.get("/help/definition").text

    assert [code for code in PROBLEMS if f'id="{code}"' not in messages] == []
    paths = [field.path for section in fields.sections() for field in section.fields]
    assert len(paths) > 60
    assert [path for path in paths if f'id="{path}"' not in definition] == []
    assert {"grading.file.names", "course.phases[].opens", "course.points.parts[].formula"} <= set(paths)


def test_every_link_of_the_help_leads_to_a_place_that_there_is(visitor: TestClient) -> None:
    texts = {page: visitor.get(page).text for page in PAGES}

    for page, text in texts.items():
        for target, mark in re.findall(r'href="(/help(?:/[a-z]+)?)?#([^"]+)"', text):
            place = texts[target or page]
            assert f'id="{mark}"' in place, (page, target, mark)


def test_every_document_of_the_repository_is_shown() -> None:
    assert {path.stem for path in PLACES[1].glob("*.md")} == set(TITLES)


def test_a_document_speaks_of_this_service() -> None:
    found = document("students", "https://grader.example.edu")

    assert found is not None
    assert "https://grader.example.edu/submissions?competition=demo" in found.html
    assert "127.0.0.1" not in found.html
    assert "<h1" not in found.html
    assert document("passwd", "") is None


def test_the_search_finds_messages_fields_and_documents(visitor: TestClient) -> None:
    def found(asked: str) -> list[str]:
        return re.findall(r'class="hit-title"><a href="([^"]+)"', visitor.get("/help/search", params={"q": asked}).text)

    assert found("torch-pruned")[0] == "/help#torch-pruned"
    assert "/help/definition#course.board.private_from" in found("private_from")
    assert found("dense reference")[0].startswith("/help")
    assert "Nothing found" in visitor.get("/help/search?q=rhododendron").text
    assert visitor.get("/help/search?q=%3Cscript%3E").text.count("<script>") == 0


def test_a_document_that_there_is_not_is_told(visitor: TestClient) -> None:
    assert visitor.get("/help/nothing").status_code == 404
