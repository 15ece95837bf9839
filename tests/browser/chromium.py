"""One chromium for all tests that follow each other and need one: to start it takes as long as most of them."""

import shutil
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, sync_playwright

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_running: list[Browser] = []
_ending = ExitStack()


def running() -> Browser:
    """The browser, started where none runs."""
    if PROGRAM is None:
        pytest.skip("no chromium on this machine: `make test` installs it where it may")
    if not _running:
        playwright = _ending.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=FLAGS)
        _ending.callback(browser.close)
        _ending.callback(_running.clear)
        _running.append(browser)
    return _running[0]


def end() -> None:
    """Ends it: while playwright runs, this process has an event loop, and other tests start their own."""
    _ending.close()
