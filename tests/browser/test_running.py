"""The staff's pages of a competition in a real browser: a rejudge from the list to the board."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.only_on(
        "sqlite", reason="what a browser shows is decided by the answers: `tests/app` has them on both databases"
    ),
]

Visit = Callable[..., Any]
INSTRUCTOR = "instructor@example.org"
BASE = "/competitions/demo"


def test_chosen_submissions_are_judged_again_without_javascript_and_made_live(visit: Visit) -> None:
    visitor = visit(java_script_enabled=False)
    visitor.sign_in(INSTRUCTOR)
    visitor.open(f"{BASE}/submissions?flag=counts")
    visitor.page.get_by_label("Choose number").first.check()
    visitor.page.get_by_label("Reason").fill("A second look.")

    visitor.page.get_by_role("button", name="Judge again in the shadow").click()

    expect(visitor.page.locator("main")).to_contain_text("1 of 1 gradings have ended", timeout=60_000)
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
