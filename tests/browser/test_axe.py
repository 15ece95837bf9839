"""What axe-core says of every page in both themes: nothing serious."""

from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.authorisation.table import TABLE
from tests.browser.walking import NO_PAGES, NOT_IN_THE_DEMO, STAFF, STRANGER, STUDENT

pytestmark = pytest.mark.browser

Visit = Callable[..., Any]
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
ASK = """async (only) => {
  const found = await axe.run(document, {runOnly: only, resultTypes: ["violations"]});
  return found.violations
    .filter((each) => ["serious", "critical"].includes(each.impact))
    .map((each) => `${each.id}: ${each.nodes.map((node) => node.target.join(" ")).slice(0, 4).join(", ")}`);
}"""
OTHER_THEME = """() => {
  const root = document.documentElement;
  root.setAttribute("data-bs-theme", root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark");
}"""
STILL = "*, *::before, *::after { transition: none !important; animation: none !important; }"


def wrong(page: Page, path: str) -> list[str]:
    """What is serious on a page; in the other theme only colours are looked at, since nothing else differs."""
    page.evaluate(AXE)
    page.add_style_tag(content=STILL)
    found = page.evaluate(ASK, {"type": "tag", "values": TAGS})
    page.evaluate(OTHER_THEME)
    found += page.evaluate(ASK, {"type": "rule", "values": ["color-contrast"]})
    return [f"{path} {each}" for each in found]


def walk(visitor: Any, paths: Sequence[str]) -> list[str]:
    found = []
    for path in paths:
        visitor.open(path)
        found += wrong(visitor.page, path)
    visitor.complaints[:] = [each for each in visitor.complaints if "404" not in each]
    return found


@pytest.mark.only_on("sqlite", reason="pages are the same on each database")
def test_nothing_serious_on_the_pages_of_strangers_and_students(visit: Visit) -> None:
    visitor = visit(bypass_csp=True)
    found = walk(visitor, STRANGER)
    visitor.sign_in("ada@example.org")
    found += walk(visitor, STUDENT)
    visitor.hand_in("wrong-architecture")
    expect(visitor.page.locator(".state-rejected")).to_be_visible(timeout=30_000)

    assert found + wrong(visitor.page, "a rejected file") == []


@pytest.mark.only_on("sqlite", reason="pages are the same on each database")
def test_nothing_serious_on_the_pages_of_staff(visit: Visit) -> None:
    visitor = visit(bypass_csp=True)
    visitor.sign_in("admin@example.org")

    assert walk(visitor, STAFF) == []


def test_the_walk_leaves_no_page_out() -> None:
    shapes = {row.removeprefix("GET ") for row in TABLE if row.startswith("GET ")}
    walked = {path.partition("?")[0] for path in (*STRANGER, *STUDENT, *STAFF)}

    def is_walked(shape: str) -> bool:
        parts = shape.split("/")
        return any(
            len(parts) == len(path.split("/"))
            and all(a.startswith("{") or a == b for a, b in zip(parts, path.split("/"), strict=True))
            for path in walked
        )

    assert {shape for shape in shapes if not is_walked(shape)} == NO_PAGES | NOT_IN_THE_DEMO
