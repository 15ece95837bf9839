"""Announcements on a competition's page."""

from collections.abc import Callable

from fastapi.testclient import TestClient
from sqlalchemy import select

from app.database import Database
from models.audit import AuditEntry

Open = Callable[[str | None], TestClient]
BASE = "/competitions/demo/announcements"


def announce(program: Open, text: str) -> int:
    items = program("instructor").post(BASE, data={"text": text}).json()["items"]
    number: int = items[0]["id"]
    return number


def test_the_newest_three_stand_on_the_page_as_markdown(browser: Open, program: Open) -> None:
    for number in range(4):
        announce(program, f"This is **number {number}**.")

    page = browser("ada").get("/competitions/demo").text

    assert [f"<strong>number {number}</strong>" in page for number in range(4)] == [False, True, True, True]
    assert page.index("number 3") < page.index("number 1")


def test_everybody_of_the_course_reads_them_all(program: Open) -> None:
    announce(program, "The close is a day later.")

    assert [each["text"] for each in program("ada").get(BASE).json()["items"]] == ["The close is a day later."]
    assert program("ada").get(BASE).json()["items"][0]["by"] == "Instructor"


def test_html_in_a_text_is_shown_as_text(browser: Open, program: Open) -> None:
    announce(program, "<script>alert(1)</script> [x](javascript:alert(1))")

    page = browser("ada").get(BASE).text

    assert "<script>alert" not in page
    assert 'href="javascript' not in page


def test_an_empty_text_is_refused(program: Open) -> None:
    assert program("instructor").post(BASE, data={"text": " "}).json()["code"] == "announcement-empty"


def test_one_that_was_taken_away_is_in_the_audit_log(browser: Open, program: Open, records: Database) -> None:
    number = announce(program, "A mistake.")

    assert program("instructor").post(f"{BASE}/{number}/removal").json()["items"] == []

    assert "A mistake." not in browser("ada").get("/competitions/demo").text
    assert program("instructor").post(f"{BASE}/{number}/removal").status_code == 404
    with records.read() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(each.action, each.detail) for each in entries] == [
        ("announcement.add", {"text": "A mistake."}),
        ("announcement.remove", {"before": "A mistake."}),
    ]


def test_students_have_no_form(browser: Open, program: Open) -> None:
    assert "<textarea" in browser("instructor").get(BASE).text
    assert "<textarea" not in browser("ada").get(BASE).text
    assert program("ada").post(BASE, data={"text": "t"}).status_code == 403
