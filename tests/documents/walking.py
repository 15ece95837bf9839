"""Follows the numbered steps of a document in a browser: the first word says what to do, the labels stand in bold."""

import re
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.documents.blocks import as_served, steps

WAIT = 60_000
"""Milliseconds within which something is graded, whatever else the machine does."""
LABEL = re.compile(r"\*\*(.+?)\*\*")


def follow(visitor: Visitor, place: str, typed: Mapping[str, str], folder: Path) -> dict[str, str]:
    """What was copied on the way, by label. `typed`: what goes into which field; files are those of the folder."""
    copied: dict[str, str] = {}
    for step in steps(place):
        do, labels = step.split()[0], LABEL.findall(step)
        if do == "Open":
            visitor.page.goto(as_served(step, visitor.site.url).partition("<")[2].partition(">")[0])
        elif do == "Copy":
            copied |= {label: visitor.page.get_by_label(label, exact=True).input_value() for label in labels}
        else:
            assert labels, f"this step names nothing in bold: {step}"
            for label in labels:
                _act(visitor.page, do, label, typed, folder / step.partition("`")[2].partition("`")[0])
    return copied


def _act(page: Page, do: str, label: str, typed: Mapping[str, str], file: Path) -> None:
    main = page.locator("main")
    match do:
        case "Fill":
            main.get_by_label(label, exact=True).fill(typed[label])
        case "Press":  # each of these buttons leads to a page; what is waited for may stand on the one before it too
            with page.expect_navigation(timeout=WAIT):
                main.get_by_role("button", name=label, exact=True).click()
        case "Follow":
            main.get_by_role("link", name=label, exact=True).click()
        case "Drop":
            main.get_by_label(label, exact=True).set_input_files(file)
        case "Wait":
            expect(main.get_by_text(label, exact=True).first).to_be_visible(timeout=WAIT)
        case _:
            raise AssertionError(f"nobody knows how to do this: {do} {label}")
