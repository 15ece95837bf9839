"""The pages in a real browser, with the real service behind them."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.only_on(
        "sqlite",
        reason="what a browser shows is decided by the answers: `tests/app` has them on both databases, `tests/faults` whole services",
    ),
]

Visit = Callable[..., Any]
GRADED = 60_000
"""Milliseconds within which a worker has graded a file, whatever else the machine does."""
ALAN = "alan@example.org"
INSTRUCTOR = "instructor@example.org"
PARETO = "/competitions/demo/pareto"
BOARD = "/competitions/demo/leaderboard"


def test_a_stranger_is_told_what_this_is_and_where_to_sign_in(visit: Visit) -> None:
    visitor = visit()

    visitor.open("/")

    expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
    expect(visitor.page.locator("main").get_by_role("link", name="Sign in")).to_be_visible()


def test_a_file_from_the_form_reaches_a_score_and_a_rank(visit: Visit) -> None:
    visitor = visit()
    visitor.sign_in(ALAN)

    visitor.hand_in("pruned-93")

    expect(visitor.page.locator(".state-scored")).to_be_visible(timeout=GRADED)
    expect(visitor.page.get_by_text("0.8870").first).to_be_visible()
    expect(visitor.page.get_by_text("844 of 1,000").first).to_be_visible()
    expect(visitor.page.locator("main")).to_contain_text("Rank 1 of ")
    visitor.open("/competitions/demo/leaderboard")
    expect(visitor.page.locator("tr.is-own")).to_contain_text("0.8870")
    expect(visitor.page.locator("tr.is-own")).to_contain_text("you")


def test_a_wrong_file_is_told_every_problem(visit: Visit) -> None:
    visitor = visit()
    visitor.sign_in(ALAN)

    visitor.hand_in("wrong-architecture")

    expect(visitor.page.locator(".state-rejected")).to_be_visible(timeout=GRADED)
    expect(visitor.page.locator(".problem")).to_have_count(3)
    expect(visitor.page.locator("main")).to_contain_text(
        "conv2d_1/kernel has shape (3, 3, 32, 64); the assignment needs (3, 3, 32, 32)."
    )


def test_a_mixed_up_file_is_told_before_it_is_queued(visit: Visit) -> None:
    visitor = visit()
    visitor.sign_in(ALAN)
    visitor.open("/competitions/demo")
    page = b"<!doctype html><title>not weights</title>"
    file = {"name": "my_model_weights.h5", "mimeType": "application/octet-stream", "buffer": page}

    visitor.page.locator("input[type=file]").set_input_files(file)
    visitor.page.get_by_role("button", name="Hand in").click()

    expect(visitor.page.locator("main")).to_contain_text("The file is a web page, not a weight file.")
    visitor.forgive("422")


def test_everything_works_without_javascript(visit: Visit) -> None:
    visitor = visit(java_script_enabled=False)
    visitor.sign_in_by_form(ALAN)  # this session ends below

    visitor.hand_in("pruned-50")

    expect(visitor.page.locator(".state-scored")).to_be_visible(timeout=GRADED)
    visitor.open("/")
    visitor.page.get_by_role("button", name="Sign out").click()
    expect(visitor.page.locator("main").get_by_role("link", name="Sign in")).to_be_visible()


@pytest.mark.parametrize(("scheme", "other"), [("light", "dark"), ("dark", "light")])
def test_the_board_has_a_drawing_in_the_colours_of_the_theme(visit: Visit, scheme: str, other: str) -> None:
    visitor = visit(color_scheme=scheme)
    visitor.sign_in(ALAN)

    visitor.open(BOARD)

    drawing = visitor.page.locator(f"iframe.plot-{scheme}")
    drawing.scroll_into_view_if_needed()
    expect(drawing).to_be_visible()
    expect(visitor.page.locator(f"iframe.plot-{other}")).to_be_hidden()
    expect(drawing.content_frame.get_by_text("Accuracy (high is better)")).to_be_visible()
    expect(visitor.page.locator("abbr.chip", has_text="Pareto").first).to_be_visible()


@pytest.mark.parametrize("script", [True, False], ids=["click", "key-without-javascript"])
def test_a_point_of_the_plot_tells_its_entry_and_leads_to_the_submission(visit: Visit, script: bool) -> None:
    visitor = visit(java_script_enabled=script)
    visitor.sign_in("ada@example.org")
    visitor.open(PARETO)
    points = visitor.page.locator("iframe.plot-light").content_frame
    own = points.get_by_role("link", name="(you), rank ")
    expect(points.locator(".met title").first).to_contain_text(", Sparsity ")

    if script:
        own.hover()
        expect(own.locator(".reach")).not_to_have_css("stroke", "none")
        own.click()
    else:
        own.press("Enter")

    visitor.page.wait_for_url("**/submissions/*")
    expect(visitor.page.locator(".state-scored")).to_be_visible()


def test_two_columns_are_chosen_without_javascript(visit: Visit) -> None:
    visitor = visit(java_script_enabled=False)
    visitor.sign_in(ALAN)
    visitor.open(PARETO)

    visitor.page.get_by_label("Across").select_option("file_bytes")
    visitor.page.get_by_label("Upwards").select_option("sparsity")
    visitor.page.get_by_role("button", name="Show").click()

    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Sparsity against Size of the file, bytes")
    expect(visitor.page.get_by_label("Across")).to_have_value("file_bytes")
    expect(visitor.page.locator("table")).to_contain_text("93.00 %")
    expect(visitor.page.locator("iframe.plot-light")).to_be_visible()


def test_a_dense_reference_is_chosen_on_its_page_and_told_on_the_others(visit: Visit) -> None:
    visitor = visit()
    visitor.sign_in(ALAN)
    visitor.hand_in("dense")
    expect(visitor.page.locator(".state-scored")).to_be_visible(timeout=GRADED)

    visitor.page.get_by_role("button", name="Make this one the dense reference").click()

    expect(visitor.page.get_by_role("button", name="No longer the reference")).to_be_visible()
    visitor.hand_in("pruned-50")
    expect(visitor.page.locator("#reference")).to_contain_text("Drop in accuracy", timeout=GRADED)
    expect(visitor.page.locator("#reference")).to_contain_text("percentage points")


def test_the_instructor_sees_everybody_and_has_one_graded_again(visit: Visit) -> None:
    visitor = visit()
    visitor.sign_in(INSTRUCTOR)
    visitor.open("/competitions/demo/submissions")
    expect(visitor.page.locator("table")).to_contain_text("ada@example.org")

    visitor.page.get_by_role("link", name="Number 1", exact=True).click()
    visitor.page.get_by_role("button", name="Grade again").click()

    expect(visitor.page.locator(".state-scored").first).to_be_visible(timeout=GRADED)
    expect(visitor.page.get_by_text("0.8870").first).to_be_visible()


def test_the_theme_follows_the_system_and_the_button(visit: Visit) -> None:
    visitor = visit(color_scheme="dark")
    visitor.open("/")
    root = visitor.page.locator("html")
    expect(root).to_have_attribute("data-bs-theme", "dark")

    visitor.page.locator("[data-theme-toggle]").click()

    expect(root).to_have_attribute("data-bs-theme", "light")
    visitor.page.reload()
    expect(root).to_have_attribute("data-bs-theme", "light")


def test_a_page_that_is_not_there_is_told_in_words(visit: Visit) -> None:
    visitor = visit()

    visitor.open("/nothing-here")

    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Not found")
    visitor.forgive("404")
