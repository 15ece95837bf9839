"""Pictures of every page in light, dark and on a phone, and the small ones of the README: `make screenshots`."""

import argparse
import io
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS, Visitor
from tests.browser.walking import STAFF, STRANGER, STUDENT
from tests.demo_site import Site, serving

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "docs" / "images"
WINDOWS: Mapping[str, Mapping[str, object]] = {
    "light": {"viewport": {"width": 1200, "height": 800}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1200, "height": 800}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
}
SHOWN = {
    "/competitions/demo": ("competition", "light"),
    "/submissions/5": ("report", "light"),
    "/competitions/demo/leaderboard": ("leaderboard", "dark"),
}
"""Pages of the README, their file and their theme."""
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
    if CHROMIUM is None:
        raise SystemExit("no chromium on this machine")
    options.folder.mkdir(parents=True, exist_ok=True)
    with _site() as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        _hand_in(browser, site)
        for name, window in WINDOWS.items():
            _walk(browser, site, name, window, None if options.readme_only else options.folder)
        browser.close()


@contextmanager
def _site() -> Iterator[Site]:
    with tempfile.TemporaryDirectory() as folder:
        yield from serving(Path(folder), f"sqlite:///{folder}/secateur.sqlite")


def _visitor(browser: Browser, site: Site, window: Mapping[str, object]) -> Visitor:
    return Visitor(browser.new_context(**window).new_page(), site, [])  # type: ignore[arg-type] # Playwright's keywords


def _hand_in(browser: Browser, site: Site) -> None:
    """Gives Ada a history: something before what she has."""
    visitor = _visitor(browser, site, {})
    visitor.sign_in("ada@example.org")
    for sample, state in (("wrong-architecture", "rejected"), ("pruned-50", "scored"), ("pruned-93", "scored")):
        visitor.hand_in(sample)
        visitor.page.locator(f".state-{state}").first.wait_for(timeout=60_000)
    visitor.page.context.close()


def _walk(browser: Browser, site: Site, name: str, window: Mapping[str, object], folder: Path | None) -> None:
    visitor = _visitor(browser, site, window)
    for who, paths in (
        (None, STRANGER),
        ("ada@example.org", [*STUDENT, "/submissions/3", "/submissions/5"]),
        ("admin@example.org", STAFF),
    ):
        visitor.page.context.clear_cookies()
        if who is not None:
            visitor.sign_in(who)
        for path in paths:
            if folder is None and (who != "ada@example.org" or path not in SHOWN or SHOWN[path][1] != name):
                continue
            visitor.open(path)
            visitor.page.wait_for_load_state("networkidle")
            if folder is not None:
                visitor.page.screenshot(path=folder / f"{_file(who, path)}-{name}.png", full_page=True)
            if who == "ada@example.org" and SHOWN.get(path, ("", ""))[1] == name:
                _keep(visitor.page, SHOWN[path][0])
    visitor.page.context.close()


def _keep(page: Page, name: str) -> None:
    """The top of a page for the README, small."""
    README.mkdir(parents=True, exist_ok=True)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture = picture.resize((WIDTH, picture.height * WIDTH // picture.width), Image.Resampling.LANCZOS)
    picture.quantize(COLOURS).save(README / f"{name}.png", optimize=True)


def _file(who: str | None, path: str) -> str:
    whose = (who or "stranger").partition("@")[0]
    return f"{whose}{path.replace('/', '-').replace('?', '-').rstrip('-')}"


if __name__ == "__main__":
    main()
