"""A submission on its way in a real browser: dropped, told as it happens, and told all the same where the events are lost."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SAMPLES

pytestmark = [
    pytest.mark.browser,
    pytest.mark.only_on("sqlite", reason="what the browser does with events is the same on each database"),
]

Visit = Callable[..., Any]
DROP = """([zone, content, name]) => {
  const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name));
  for (const kind of ["dragover", "drop"]) {
    zone.dispatchEvent(new DragEvent(kind, {dataTransfer: carried, bubbles: true, cancelable: true}));
  }
}"""


def test_a_dropped_file_reaches_its_score(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    visitor.sign_in("grace@example.org")
    visitor.open("/competitions/demo")
    content = base64.b64encode((SAMPLES / "pruned-50" / "my_model_weights.h5").read_bytes()).decode()

    page.evaluate(DROP, [page.locator(".dropzone").element_handle(), content, "my_model_weights.h5"])
    expect(page.locator(".upload-chosen")).to_contain_text("Starts as an HDF5 file does.")
    page.get_by_role("button", name="Hand in").click()

    expect(page.locator(".state-scored")).to_be_visible(timeout=60_000)
    expect(page.locator("#told")).to_contain_text("scored, score")


@pytest.mark.parametrize("lost", [False, True], ids=["by-events", "without"])
def test_the_end_of_a_grading_is_told_with_events_and_without(visit: Visit, lost: bool) -> None:
    visitor = visit()
    page, asked = visitor.page, []
    page.on("request", lambda request: asked.append(request.url))
    if lost:
        page.route("**/events", lambda route: route.abort())
    visitor.sign_in("instructor@example.org")
    visitor.open("/submissions/1")

    page.get_by_role("button", name="Grade again").click()  # a regrading never copies an equal result

    expect(page.locator("#status")).to_be_visible()
    expect(page.locator("#status[data-events]")).to_have_count(0, timeout=60_000)
    assert any(address.endswith("/submissions/1/events") for address in asked)
    visitor.forgive("ERR_FAILED")


def test_the_board_is_sorted_and_searched_by_keyboard(visit: Visit) -> None:
    visitor = visit()
    visitor.sign_in("grace@example.org")
    visitor.open("/competitions/demo/leaderboard")

    visitor.page.get_by_role("link", name="Accuracy").focus()
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator("th[aria-sort=descending]")).to_have_text("Accuracy ↓")

    visitor.page.get_by_label("Name on the board").fill("nobody has this name")
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator("main")).to_contain_text("No such name")


def test_an_open_board_shows_what_is_new_without_being_loaded_again(visit: Visit) -> None:
    visitor = visit()
    page = visitor.page
    visitor.sign_in("instructor@example.org")
    page.clock.install()
    # The clock's own script may not run in the drawing's frame.
    visitor.forgive("frame is sandboxed")
    visitor.open("/competitions/demo/leaderboard")
    expect(page.locator("#board")).not_to_contain_text("Half and half")
    page.evaluate("window.wasHere = true")
    baselines, origin = f"{visitor.site.url}/competitions/demo/baselines", {"Origin": visitor.site.url}
    program = origin | {"Accept": "application/json"}

    made = page.request.post(baselines, form={"name": "Half and half", "public": "0.5"}, headers=program)
    page.clock.fast_forward(16_000)

    expect(page.locator("#board")).to_contain_text("Half and half")
    assert page.evaluate("window.wasHere")
    [entered] = [each for each in made.json()["items"] if each["name"] == "Half and half"]
    assert page.request.post(f"{baselines}/{entered['id']}/removal", headers=program).ok
