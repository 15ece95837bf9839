"""A whole service with its demo, on loopback, and a real browser that looks at it."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright
from sqlalchemy import NullPool, create_engine, text

import competitions
from app.schema import migrate
from tests.databases import Backend

SAMPLES = Path(competitions.__file__).parent / "demo" / "samples"
START_SECONDS = 180
expect.set_options(timeout=20_000)  # milliseconds: pages come late where the machine has other work
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Site:
    """A running service: its address, and the demo's passwords by e-mail address. `cookies`: of who has signed in."""

    url: str
    passwords: Mapping[str, str]
    cookies: dict[str, list[Any]] = field(default_factory=dict)


@pytest.fixture(scope="session")
def site(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """`secateur run` with the demo course, on a free port; ended with the session."""
    folder = tmp_path_factory.mktemp("site")
    with backend.empty(folder) as url:
        yield from serving(folder, url)


def serving(folder: Path, url: str) -> Iterator[Site]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {"DATA_DIR": str(folder), "PORT": str(port), "WORKER_PROCESSES": "1", "MIN_FREE_DISK_BYTES": "0"}
    environment = {**os.environ, **{f"SECATEUR_{name}": value for name, value in settings.items()}}
    environment["SECATEUR_DATABASE_URL"] = url
    command = [sys.executable, "-m", "app.cli"]
    migrate(url)
    told = subprocess.run([*command, "demo"], env=environment, check=True, capture_output=True, text=True).stdout
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*command, "run"], env=environment, stdout=log, stderr=log)
        try:
            wait_until_ready(f"http://127.0.0.1:{port}/readyz?worker=true", process)
            wait_until_graded(url)
            yield Site(f"http://127.0.0.1:{port}", dict(re.findall(r"(\S+@example\.org)\s+(\S+)", told)))
        finally:
            process.terminate()
            process.wait(60)


def wait_until_ready(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
    raise AssertionError(f"the service did not come up, exit status {process.poll()}")


def wait_until_graded(url: str) -> None:
    """Returns when the demo's own submissions have ended."""
    engine = create_engine(url, poolclass=NullPool)
    under_way = text("SELECT count(*) FROM gradings WHERE state IN ('queued', 'running')")
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with engine.connect() as connection:
            if not connection.scalar(under_way):
                return
        time.sleep(0.1)
    raise AssertionError(f"the demo's submissions were not graded within {START_SECONDS} s")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Ended with the module: while playwright runs, this process has an event loop, and other tests start their own."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: `make test` installs it where it may")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@dataclass
class Visitor:
    """A browser window of one person, and what its console complained about."""

    page: Page
    site: Site
    complaints: list[str]

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
        visitor = Visitor(context.new_page(), site, [])

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
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []
    assert elsewhere == []
