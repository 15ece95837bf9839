"""Something to show on every page: a class with a board, and a homework with all that a course may ask for."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from click.testing import CliRunner
from playwright.sync_api import APIRequestContext, FilePayload, Playwright

import competitions
from app.cli import main
from tests.browser.conftest import SAMPLES
from tests.demo_site import Site, wait_until_graded

CLASS = ("Edsger", "Barbara", "Donald", "Frances", "John", "Radia")
VARIANTS = (
    ("dense", 0.4),
    ("pruned-50", 0.6),
    ("dense", 0.7),
    ("dense", 0.8),
    ("pruned-93", 0.95),
    ("pruned-93", 0.97),
)
"""For each of the class a sample, and the share of its smallest weights that is set to zero as well."""
HOMEWORK = """course:
  time_zone: UTC
  phases:
    - {name: homework, opens: 2020-01-01 00:00, closes: CLOSES}
  submissions: {per_day: 5, refused_per_day: 20}
  board: {select: chosen, choose: 2, scores: shown, top: 3}
  teams: {size: 3}
  finalists: {top: 3, forbidden: [tensorflow_model_optimization], checks: [Only the given data, Runs as described]}
  baselines:
    - {name: simple, public: "0.6", private: "0.6"}
    - {name: strong, public: "0.85", private: "0.85"}
  points:
    maximum: 10
    parts:
      - {name: public baselines, formula: 2 * public_baselines}
      - {name: private baselines, formula: 2 * private_baselines}
      - {name: report, by_hand: 4}
    bonus: {name: top 3, top: 3, points: 0.5}
    shown: true
  description: |
    The homework of a term: two boards, a choice of submissions, teams, and points.
"""


@dataclass(frozen=True)
class Show:
    """A service with something to show, and who asks it by programs."""

    site: Site
    folder: Path
    url: str
    playwright: Playwright

    def command(self, *arguments: str) -> str:
        """What a command of the service says."""
        settings = {"SECATEUR_DATA_DIR": str(self.folder), "SECATEUR_DATABASE_URL": self.url}
        done = CliRunner().invoke(main, arguments, env=settings, catch_exceptions=False)
        if done.exit_code:
            raise AssertionError(f"{' '.join(arguments)}: {done.output}")
        return done.output

    def program(self, email: str, password: str = "") -> APIRequestContext:
        """Somebody who is signed in and takes JSON."""
        headers = {"Origin": self.site.url, "Accept": "application/json"}
        asked = self.playwright.request.new_context(base_url=self.site.url, extra_http_headers=headers)
        post(asked, "/login", form={"email": email, "password": password or self.site.passwords[email]})
        return asked

    def homework(self, closes: str) -> None:
        """Applies the definition of the homework, which takes files until then."""
        demo = (Path(competitions.__file__).parent / "demo.yaml").read_text(encoding="utf-8")
        grading = demo[: demo.index("course:")].replace("slug: demo", "slug: homework")
        grading = grading.replace("  split: test\n", "  splits: {seed: 1, parts: {public: 500, private: 500}}\n")
        network = Path(competitions.__file__).parent / "cmu-10605.keras.json"
        (self.folder / network.name).write_bytes(network.read_bytes())
        file = self.folder / "homework.yaml"
        title = "title: Homework 3, prune a network\n"
        lines = [title if line.startswith("title:") else line for line in grading.splitlines(keepends=True)]
        file.write_text("".join(lines) + HOMEWORK.replace("CLOSES", closes), encoding="utf-8")
        self.command("competition", "apply", str(file), "--course", "demo", "--dataset", "demo-test")


def post(asked: APIRequestContext, path: str, **given: Any) -> Any:
    """The JSON of an answer that is no refusal."""
    answer = asked.post(path, **given)
    if not answer.ok:
        raise AssertionError(f"{path}: {answer.status} {answer.text()[:400]}")
    return answer.json() if "json" in answer.headers.get("content-type", "") and answer.text() else None


def hand_in(asked: APIRequestContext, competition: str, content: bytes) -> None:
    """Hands in a weight file."""
    file: FilePayload = {"name": "my_model_weights.h5", "mimeType": "application/octet-stream", "buffer": content}
    post(asked, "/submissions", multipart={"competition": competition, "file": file})


def sample(name: str) -> bytes:
    """A file of the demo."""
    return (SAMPLES / name / "my_model_weights.h5").read_bytes()


def pruned(name: str, share: float, folder: Path) -> bytes:
    """A file of the demo with its smallest weights set to zero as well, up to a share of all."""
    file = folder / "variant.h5"
    file.write_bytes(sample(name))
    with h5py.File(file, "r+") as opened:
        arrays: list[h5py.Dataset] = []
        opened.visititems(lambda _, item: arrays.append(item) if isinstance(item, h5py.Dataset) else None)
        weights = [array for array in arrays if array.dtype.kind == "f" and array.ndim]
        least = np.quantile(np.abs(np.concatenate([array[()].ravel() for array in weights])), share)
        for array in weights:
            array[...] = np.where(np.abs(array[()]) <= least, 0, array[()])
    return file.read_bytes()


def furnish(show: Show) -> None:
    """Fills the demo's board, and sets a homework with hand-ins of three."""
    show.homework("null")
    for name, variant in zip(CLASS, VARIANTS, strict=True):
        email = f"{name.lower()}@example.org"
        told = show.command("user", "add", email, "--name", f"{name} Student", "--course", "demo")
        asked = show.program(email, told.partition("password: ")[2].split()[0])
        hand_in(asked, "demo", pruned(*variant, show.folder))
    ada = show.program("ada@example.org")
    for name in ("wrong-architecture", "pruned-50", "pruned-93"):
        hand_in(ada, "demo", sample(name))
    for email, names in (
        ("ada@example.org", ("pruned-50", "pruned-93")),
        ("grace@example.org", ("pruned-50", "dense")),
    ):
        for name in names:
            hand_in(show.program(email), "homework", sample(name))
    post(ada, "/competitions/homework/team/name", form={"name": "Lopping Shears"})
    staff = show.program("admin@example.org")
    words = "The homework is **due on Friday**. Ask in the forum what is not clear."
    post(staff, "/competitions/homework/announcements", form={"text": words})
    wait_until_graded(show.url)


def close_homework(show: Show) -> None:
    """Ends the homework's phase with the minute before the present one: the private board is shown from now on."""
    minute = datetime.now(UTC) - timedelta(minutes=1)
    show.homework(f"{minute:%Y-%m-%d %H:%M}")
