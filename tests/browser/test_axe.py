"""Every page, looked at once: what axe-core says in both themes, its width on a phone, and what it weighs."""

from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.authorisation.table import TABLE
from tests.browser.conftest import Visitor
from tests.browser.making import made
from tests.browser.walking import MADE, NO_PAGES, STAFF, STRANGER, STUDENT

pytestmark = [
    pytest.mark.browser,
    pytest.mark.only_on("sqlite", reason="pages are the same on each database; `tests/app` compares answers on both"),
]

Visit = Callable[..., Any]
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
ASK = """async (only) => {
  const found = await axe.run(document, {runOnly: only, resultTypes: ["violations"], iframes: false, preload: false});
  return found.violations
    .filter((each) => ["serious", "critical"].includes(each.impact))
    .map((each) => `${each.id}: ${each.nodes.map((node) => node.target.join(" ")).slice(0, 4).join(", ")}`);
}"""
THIN = """() => {
  const told = ["class", "role", "type", "aria-hidden", "disabled", "hidden"];
  const attribute = ({name, value}) => told.includes(name) ? `${name}=${value}` : name;
  const shape = (node) => {
    const alike = new Map();
    const inner = [...node.children].map((child) => {
      const found = shape(child);
      alike.set(found, (alike.get(found) ?? 0) + 1);
      if (alike.get(found) > 3) child.remove();
      return found;
    });
    const has_text = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    return [node.localName, ...[...node.attributes].map(attribute).sort(), has_text, `(${[...new Set(inner)]})`].join();
  };
  shape(document.body);
}"""
"""Leaves three of each kind of neighbours that are built alike, to the last attribute: axe says the same of them all."""
OTHER_THEME = """() => {
  const root = document.documentElement;
  root.setAttribute("data-bs-theme", root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark");
}"""
STILL = "*, *::before, *::after { transition: none !important; animation: none !important; }"
TOO_WIDE = f"""() => [1, 2].map(() => {{
  ({OTHER_THEME})();
  return document.documentElement.scrollWidth > document.documentElement.clientWidth;
}})"""
"""Asked for both themes at once, which is to paint neither."""
REPEATED = """() => {
  const all = [...document.querySelectorAll("[id]")].map((node) => node.id);
  return all.filter((each, place) => all.indexOf(each) !== place);
}"""
DESK, PHONE = {"width": 1200, "height": 800}, {"width": 390, "height": 844}
BUDGET = 150_000
"""Bytes over the wire of a page with all that it needs, nothing of it kept from before; without plots."""


class Weight:
    """Counts what a page has received, by the browser's own account."""

    def __init__(self, page: Page) -> None:
        self._plots: set[str] = set()
        self._bytes: dict[str, int] = {}
        protocol = page.context.new_cdp_session(page)
        protocol.send("Network.enable")
        protocol.send("Network.setCacheDisabled", {"cacheDisabled": True})
        protocol.on("Network.responseReceived", self._received)
        protocol.on("Network.loadingFinished", self._finished)

    def begin(self) -> None:
        self._bytes.clear()

    @property
    def total(self) -> int:
        return sum(size for which, size in self._bytes.items() if which not in self._plots)

    def _received(self, event: Any) -> None:
        if event["response"]["mimeType"] == "image/svg+xml" and "theme=" in event["response"]["url"]:
            self._plots.add(event["requestId"])

    def _finished(self, event: Any) -> None:
        self._bytes[event["requestId"]] = event["encodedDataLength"]


def wrong(page: Page, path: str) -> list[str]:
    """What is wrong with a page; in the other theme only colours are looked at, since nothing else differs."""
    found = [f"id {each} again" for each in page.evaluate(REPEATED)]
    page.evaluate(THIN)
    page.add_style_tag(content=STILL)
    found += page.evaluate(ASK, {"type": "tag", "values": TAGS})
    page.evaluate(OTHER_THEME)
    found += page.evaluate(ASK, {"type": "rule", "values": ["color-contrast"]})
    return [f"{path} {each}" for each in found]


def too_wide(page: Page, path: str) -> list[str]:
    """Whether a page scrolls sideways on a phone, in either theme."""
    page.set_viewport_size(PHONE)  # type: ignore[arg-type] # Playwright's own mapping
    found = [f"{path} scrolls sideways" for is_wide in page.evaluate(TOO_WIDE) if is_wide]
    page.set_viewport_size(DESK)  # type: ignore[arg-type] # as above
    return found


def walk(visitor: Visitor, paths: Sequence[str]) -> list[str]:
    found, weight = [], Weight(visitor.page)
    for path in paths:
        weight.begin()
        visitor.open(path)
        total = weight.total
        print(f"{total / 1000:7.1f} kB  {path}")
        found += [f"{path} weighs {total:,} bytes"] if total > BUDGET else []
        found += too_wide(visitor.page, path)
        found += wrong(visitor.page, path)
    visitor.forgive("404")
    return found


def watched(visit: Visit) -> Any:
    visitor = visit(bypass_csp=True, viewport=DESK)
    visitor.page.context.add_init_script(script=AXE)
    return visitor


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

    assert {shape for shape in shapes if not is_walked(shape)} == NO_PAGES | MADE


def test_nothing_is_wrong_with_the_pages_of_strangers_and_students(visit: Visit) -> None:
    visitor = watched(visit)
    found = walk(visitor, STRANGER)
    visitor.sign_in("ada@example.org")
    found += walk(visitor, STUDENT)
    visitor.hand_in("wrong-architecture")
    expect(visitor.page.locator(".state-rejected")).to_be_visible(timeout=60_000)

    assert found + wrong(visitor.page, "a rejected file") == []


def test_nothing_is_wrong_with_the_pages_of_staff(visit: Visit) -> None:
    visitor = watched(visit)
    visitor.sign_in("admin@example.org")
    roster, rejudge = made(visitor)

    assert walk(visitor, [*STAFF, roster, rejudge]) == []
    visitor.page.get_by_role("button", name="Drop it").click()  # only one may be open at a time
