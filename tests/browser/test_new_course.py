"""A course from nothing to the first graded submission, by hand, as the pages say it; `--screenshots FOLDER` keeps pictures."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SAMPLES, Visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.only_on(
        "sqlite", reason="what a browser shows is decided by the answers: `tests/app` has them on both databases"
    ),
]

Visit = Callable[..., Any]
Picture = Callable[[Page, str], None]
ADMIN = "admin@example.org"
HIDDEN = SAMPLES.parent / "hidden-test.npz"
GRADED = 60_000
"""Milliseconds within which a worker has graded a file, whatever else the machine does."""


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Iterator[Picture]:
    """Takes a picture of the whole page where a folder for them was given; they are numbered in their order."""
    folder = request.config.getoption("screenshots")
    taken: list[str] = []

    def take(page: Page, name: str) -> None:
        taken.append(name)
        if folder:
            page.screenshot(path=Path(folder) / f"{len(taken):02}-{name}.png", full_page=True)

    yield take
    assert len(taken) == len(set(taken))


def test_a_new_course_reaches_its_first_graded_submission(visit: Visit, picture: Picture) -> None:
    staff = visit()
    staff.sign_in(ADMIN)
    staff.open("/")
    make_course(staff, picture)
    begin_competition(staff, picture)
    fill_check_list(staff, picture)
    code = open_it_and_invite(staff, picture)

    student = visit()
    join(student, code, picture)
    hand_in(student, picture)


def make_course(staff: Visitor, picture: Picture) -> None:
    page = staff.page
    page.locator(".main-nav").get_by_role("link", name="Courses").click()
    page.get_by_label("Title").fill("Efficient networks, fall 2026")
    page.get_by_label("Short name").fill("efficient-f26")
    page.get_by_label("Time zone").fill("America/New_York")
    picture(page, "new-course")
    page.get_by_role("button", name="Make the course").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Efficient networks, fall 2026")


def begin_competition(staff: Visitor, picture: Picture) -> None:
    page = staff.page
    page.get_by_role("link", name="New competition").first.click()
    picture(page, "where-to-begin")
    page.get_by_role("link", name="Prune a network that tells clothes apart").click()
    source = page.get_by_label("Definition, as YAML")
    written = source.input_value()
    assert "slug: efficient-f26-demo" in written
    source.fill(written.replace("top: 5", "topp: 5"))
    expect(page.locator("#findings")).to_contain_text("course.board.topp")
    expect(page.locator(".editor-lines .is-wrong")).to_have_count(1)
    picture(page, "an-error-beside-its-line")
    source.fill(written.replace("title: Prune a network that tells clothes apart", "title: Prune clothes"))
    expect(page.locator("#findings")).to_contain_text("This is a valid definition")
    picture(page, "definition")
    page.get_by_role("button", name="Create the draft").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check list")
    expect(page.get_by_role("button", name="Open it to students")).to_be_disabled()
    picture(page, "check-list-of-a-draft")


def fill_check_list(staff: Visitor, picture: Picture) -> None:
    page = staff.page
    setup = page.url
    page.get_by_label("Choose the test set, or drop it here").set_input_files(HIDDEN)
    page.get_by_role("button", name="Upload the test set").click()
    expect(page.locator(".checks .is-green").first).to_contain_text("1,000 images of 25 x 25 x 3")
    picture(page, "test-set-pinned")
    weights = SAMPLES / "pruned-50" / "my_model_weights.h5"
    page.get_by_label("Choose the weight file, or drop it here").set_input_files(weights)
    page.get_by_role("button", name="Have it graded").click()
    page.wait_for_url("**/submissions/*")
    expect(page.locator(".state-scored").first).to_be_visible(timeout=GRADED)
    picture(page, "reference-solution")
    page.goto(setup)
    expect(page.get_by_role("heading", name="5 of 5 hold")).to_be_visible()
    picture(page, "check-list-is-green")


def open_it_and_invite(staff: Visitor, picture: Picture) -> str:
    page = staff.page
    page.get_by_role("button", name="Open it to students").click()
    expect(page.get_by_role("button", name="Close it now")).to_be_visible()
    picture(page, "open")
    staff.open("/courses/efficient-f26")
    page.get_by_role("navigation", name="Course").get_by_role("link", name="People").click()
    page.get_by_role("button", name="Make a code").click()
    picture(page, "join-code")
    return page.locator(".join-code").inner_text().strip()


def join(student: Visitor, code: str, picture: Picture) -> None:
    page = student.page
    student.open("/join")
    page.get_by_label("Join code").fill(code)
    page.get_by_label("Your name").fill("Nora Newcomer")
    page.get_by_label("E-mail address").fill("nora@example.org")
    page.get_by_label("Password").fill("several words will do")
    picture(page, "joining")
    page.get_by_role("button", name="Make an account and join").click()
    page.get_by_role("link", name="Prune clothes").click()
    picture(page, "what-the-student-sees")


def hand_in(student: Visitor, picture: Picture) -> None:
    page = student.page
    page.locator("input[type=file]").set_input_files(SAMPLES / "pruned-93" / "my_model_weights.h5")
    page.get_by_role("button", name="Hand in").click()
    page.wait_for_url("**/submissions/*")
    expect(page.locator(".state-scored").first).to_be_visible(timeout=GRADED)
    expect(page.get_by_text("0.8870").first).to_be_visible()
    expect(page.locator("main")).to_contain_text("Rank 1 of 1")
    picture(page, "first-graded-submission")
    assert re.search(r"/submissions/\d+$", page.url)
