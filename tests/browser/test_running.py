"""The staff's pages of a competition in a real browser: a rejudge from the list to the board, and how they look."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.only_on(
        "sqlite", reason="pages are the same on each database; `test_pages` opens the service's on both"
    ),
]

Visit = Callable[..., Any]
PHONE = {"viewport": {"width": 390, "height": 844}}
INSTRUCTOR = "instructor@example.org"
BASE = "/competitions/demo"
PAGES = ["", "/submissions", "/submissions?entrant=1", "/rejudges", "/board", "/announcements", "/grades", "/audit"]
SHOTS = os.environ.get("SECATEUR_SHOTS")
"""A folder for pictures of the pages, for whoever wants to look at them."""


def test_chosen_submissions_are_judged_again_without_javascript_and_made_live(visit: Visit) -> None:
    visitor = visit(java_script_enabled=False)
    visitor.sign_in(INSTRUCTOR)
    visitor.open(f"{BASE}/submissions?flag=counts")
    visitor.page.get_by_label("Choose number").first.check()
    visitor.page.get_by_label("Reason").fill("A second look.")

    visitor.page.get_by_role("button", name="Judge again in the shadow").click()

    expect(visitor.page.locator("main")).to_contain_text("1 of 1 gradings have ended", timeout=30_000)
    visitor.page.get_by_role("button", name="Make it live").click()
    expect(visitor.page.locator("main")).to_contain_text("made live by")
    visitor.open(f"{BASE}/audit?action=rejudge.live")
    expect(visitor.page.locator("table")).to_contain_text("A second look.")


def test_a_box_chooses_all_others(visit: Visit) -> None:
    visitor = visit()
    visitor.sign_in(INSTRUCTOR)
    visitor.open(f"{BASE}/submissions")

    visitor.page.get_by_label("Choose all on this page").check()

    boxes = visitor.page.locator('input[name="submission"]')
    assert boxes.count() > 1
    assert all(boxes.nth(place).is_checked() for place in range(boxes.count()))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_of_the_staff_scrolls_sideways_on_a_phone(visit: Visit, scheme: str) -> None:
    visitor = visit(**PHONE, color_scheme=scheme)
    visitor.sign_in(INSTRUCTOR)

    for path in [*(BASE + page for page in PAGES), "/submissions/1", "/submissions/1?as=student"]:
        visitor.open(path)
        if SHOTS:
            name = path.strip("/").replace("/", "-").replace("?", "-")
            visitor.page.screenshot(path=Path(SHOTS) / f"{scheme}-{name}.png", full_page=True)
        too_wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert visitor.page.evaluate(too_wide) <= 0, path
