"""A real browser that looks at the demo's service."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

import competitions
from tests.browser import chromium
from tests.demo_site import Site

SAMPLES = Path(competitions.__file__).parent / "demo" / "samples"
expect.set_options(timeout=20_000)  # milliseconds: pages come late where the machine has other work


@pytest.fixture
def browser() -> Browser:
    return chromium.running()


@pytest.hookimpl(trylast=True)  # after its windows are closed
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    if "browser" not in getattr(nextitem, "fixturenames", ()):
        chromium.end()


@dataclass
class Visitor:
    """A browser window of one person, and what its console complained about."""

    page: Page
    site: Site
    complaints: list[str] = field(default_factory=list)
    forgiven: list[str] = field(default_factory=list)

    def forgive(self, words: str) -> None:
        """Lets the console say what has these words, whenever it does: it may come after all that a test waits for."""
        self.forgiven.append(words)

    def unforgiven(self) -> list[str]:
        """What the console complained about, without what it may."""
        return [each for each in self.complaints if not any(words in each for words in self.forgiven)]

    def open(self, path: str) -> None:
        self.page.goto(self.site.url + path)

    def sign_in(self, email: str) -> None:
        """By the form, the first time that somebody does; later the browser comes with the cookie that it was given."""
        if email in self.site.cookies:
            self.page.context.add_cookies(self.site.cookies[email])
        else:
            self.sign_in_by_form(email)
            self.site.cookies[email] = self.page.context.cookies()

    def sign_in_by_form(self, email: str) -> None:
        self.open("/login")
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password").fill(self.site.passwords[email])
        self.page.locator("main").get_by_role("button", name="Sign in").click()
        self.page.wait_for_url(self.site.url + "/")

    def hand_in(self, sample: str) -> None:
        self.open("/competitions/demo")
        self.page.locator("input[type=file]").set_input_files(SAMPLES / sample / "my_model_weights.h5")
        self.page.get_by_role("button", name="Hand in").click()
        self.page.wait_for_url("**/submissions/*")


@pytest.fixture
def visit(site: Site, browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Opens a window with the given settings; fails at the end where a console had something to say, or another site was asked."""
    contexts: list[BrowserContext] = []
    visitors: list[Visitor] = []
    elsewhere: list[str] = []

    def is_elsewhere(address: str) -> bool:
        return not address.startswith((site.url, "data:", "blob:"))

    def open_window(**settings: object) -> Visitor:
        context = browser.new_context(**settings)  # type: ignore[arg-type] # Playwright's own keywords
        contexts.append(context)
        context.on("request", lambda request: elsewhere.append(request.url) if is_elsewhere(request.url) else None)
        visitor = Visitor(context.new_page(), site)

        def listen(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                visitor.complaints.append(f"{visitor.page.url}: {message.text}")

        visitor.page.on("console", listen)
        visitor.page.on("pageerror", lambda error: visitor.complaints.append(f"{visitor.page.url}: {error}"))
        visitors.append(visitor)
        return visitor

    yield open_window
    for context in contexts:
        context.close()
    assert [complaint for visitor in visitors for complaint in visitor.unforgiven()] == []
    assert elsewhere == []
