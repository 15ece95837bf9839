"""Pictures of every page in light, dark and on a phone, and the small ones of the README: `make screenshots`."""

import argparse
import io
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import FLAGS, PROGRAM
from tests.browser.conftest import Visitor
from tests.browser.making import made
from tests.browser.showing import Show, close_homework, furnish
from tests.browser.walking import STAFF, STRANGER, STUDENT
from tests.demo_site import Site, serving

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "docs" / "images"
WINDOWS: Mapping[str, Mapping[str, object]] = {
    "light": {"viewport": {"width": 1200, "height": 800}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1200, "height": 800}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
}
ADA, ADMIN, ALAN = "ada@example.org", "admin@example.org", "alan@example.org"
REPORT = "/submissions/11"
"""Ada's last one at the demo, after those of the class."""
SHOWN = {
    "/competitions/demo": ("competition", "light"),
    REPORT: ("report", "light"),
    "/competitions/demo/leaderboard": ("leaderboard", "dark"),
}
"""Pages of the README, their file and their theme."""
HOMEWORK = "/competitions/homework"
OPEN = [HOMEWORK, f"{HOMEWORK}/leaderboard", f"{HOMEWORK}/team", f"{HOMEWORK}/announcements", "/submissions/13"]
CLOSED = [HOMEWORK, *(f"{HOMEWORK}/{page}" for page in ("leaderboard?board=private", "points", "code"))]
OF_STAFF = ("teams", "finalists", "finalists/9", "grades", "grades/3", "gradebook", "dashboard", "board", "setup")
LOADED = """() => Promise.all([...document.querySelectorAll("iframe")].filter((each) => each.offsetParent).map((each) =>
  new Promise((done) => { each.onload = done; each.loading = "eager"; each.src = each.src; })))"""
"""Plots that a reader would have to scroll to are loaded too; how many there are is told."""
Walks = Sequence[tuple[str, str, Sequence[str]]]
WALKS: Walks = (
    ("stranger", "", STRANGER),
    ("ada", ADA, [*STUDENT, "/submissions/9", REPORT, *OPEN, "/competitions/demo/dashboard"]),
    ("alan", ALAN, ["/submissions", HOMEWORK, f"{HOMEWORK}/team"]),
    ("admin", ADMIN, [*STAFF, *(f"{HOMEWORK}/{page}" for page in OF_STAFF)]),
)
"""A word for the files, who looks, and at what; a page that is refused is among them."""
LAST: Walks = (("closed-ada", ADA, CLOSED), ("closed-admin", ADMIN, [f"{HOMEWORK}/leaderboard?board=private"]))
"""The same once the homework is over."""
PATIENCE = 180_000
"""Milliseconds for a page, where the machine has other work."""
COLOURS = 64
"""A picture of the README has so many: a page has few, and the file is a quarter of its size."""
WIDTH = 900


def main() -> None:
    """Takes the pictures."""
    parser = argparse.ArgumentParser(description="Takes pictures of every page.")
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "var" / "screenshots", help="for the pictures of all pages"
    )
    parser.add_argument("--readme-only", action="store_true", help="only those of the README")
    options = parser.parse_args()
    if PROGRAM is None:
        raise SystemExit("no chromium on this machine")
    options.folder.mkdir(parents=True, exist_ok=True)
    folder = None if options.readme_only else options.folder
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        url = f"sqlite:///{data}/secateur.sqlite"
        with contextmanager(serving)(Path(data), url) as site:
            browser = playwright.chromium.launch(executable_path=PROGRAM, args=FLAGS)
            show = Show(site, Path(data), url, playwright)
            furnish(show)
            _all(browser, site, folder, WALKS)
            if folder is not None:
                _all(browser, site, folder, [("made", ADMIN, _made(browser, site))])
                close_homework(show)
                _all(browser, site, folder, LAST)
            browser.close()


def _all(browser: Browser, site: Site, folder: Path | None, walks: Walks) -> None:
    for name, window in WINDOWS.items():
        visitor = Visitor(browser.new_context(**window).new_page(), site)  # type: ignore[arg-type] # its keywords
        visitor.page.set_default_navigation_timeout(PATIENCE)
        for label, who, paths in walks:
            visitor.page.context.clear_cookies()
            if who:
                visitor.sign_in(who)
            for path in paths:
                _look(visitor, path, name, folder and folder / f"{label}{_file(path)}-{name}.png", who == ADA)
        visitor.page.context.close()


def _made(browser: Browser, site: Site) -> Sequence[str]:
    visitor = Visitor(browser.new_page(), site)
    visitor.sign_in(ADMIN)
    return made(visitor)


def _look(visitor: Visitor, path: str, name: str, file: Path | None, is_student: bool) -> None:
    is_shown = is_student and SHOWN.get(path, ("", ""))[1] == name
    if file is None and not is_shown:
        return
    visitor.open(path)
    has_plots = visitor.page.evaluate(LOADED) != []
    visitor.page.wait_for_load_state("networkidle")
    if is_shown:
        _keep(visitor.page, SHOWN[path][0])
    if file is not None:
        _whole(visitor.page, file, has_plots)


def _whole(page: Page, file: Path, has_plots: bool) -> None:
    """A picture of a whole page; a frame is painted where the window reaches, so that becomes as high as the page."""
    window = page.viewport_size
    assert window is not None
    if has_plots:
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": window["width"], "height": height})
        page.wait_for_timeout(500)
    page.screenshot(path=file, full_page=True)
    page.set_viewport_size(window)


def _keep(page: Page, name: str) -> None:
    """The top of a page for the README, small."""
    README.mkdir(parents=True, exist_ok=True)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture = picture.resize((WIDTH, picture.height * WIDTH // picture.width), Image.Resampling.LANCZOS)
    picture.quantize(COLOURS).save(README / f"{name}.png", optimize=True)


def _file(path: str) -> str:
    return path.replace("/", "-").replace("?", "-").rstrip("-")


if __name__ == "__main__":
    main()
