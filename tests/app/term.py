"""A competition with all the rules of a term: the food-11 assignment's, on the demo's network."""

from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from app.competitions import definition
from app.competitions import service as competitions
from app.database import Database
from app.storage import Store
from grader.facts import Outcome, SplitResult
from grader.report import Report
from models.competitions import Competition
from tests.app.world import FOLDER, World, hand_in, scored_report, settle, store_bytes

TAIPEI = ZoneInfo("Asia/Taipei")
EXAMPLES = 1109
"""Images of each part."""
GRADING = """\
  splits:
    seed: 13
    parts: {public: 1109, private: 1109}
  score: accuracy
"""
COURSE = """\
course:
  time_zone: Asia/Taipei
  phases:
    - {name: term, opens: 2023-03-24 00:00, closes: 2023-03-31 23:59}
  late: {until: 2023-04-02 23:59, per_day: 0.1, grace_minutes: 10}
  submissions: {per_day: 5, refused_per_day: 3}
  board: {select: chosen, choose: 2, top: 3}
  baselines:
    - {name: simple, public: 0.44364, private: 0.44364}
    - {name: medium, public: "0.68440", private: "0.68440"}
    - {name: strong, public: 0.78268, private: 0.78268}
    - {name: boss, public: 0.82326, private: 0.82326}
  points:
    maximum: 10
    parts:
      - {name: baselines, formula: 0.5 * (public_baselines + private_baselines)}
      - {name: code, by_hand: 2}
      - {name: report, by_hand: 4}
    bonus: {name: top three, top: 3, points: 0.5}
    shown: true
"""


def at(text: str) -> datetime:
    """A moment in Taipei."""
    return datetime.fromisoformat(text).replace(tzinfo=TAIPEI)


def text(course: str = COURSE) -> str:
    """The definition's YAML."""
    demo = (FOLDER / "demo.yaml").read_text(encoding="utf-8")
    head, _, rest = demo.partition("  split: test\n")
    assert rest.count("\ncourse:\n") == 1
    return head + GRADING + course


def apply(database: Database, world: World, folder: Path, course: str = COURSE) -> None:
    """The world's competition under these rules, on a test set of 2,218 images."""
    path = folder / "food.npz"
    if not path.exists():
        labels = np.arange(2 * EXAMPLES, dtype=np.int64) % 5
        np.savez(path, images=np.zeros((2 * EXAMPLES, 25, 25, 3), np.uint8), labels=labels)
    copied = competitions.copy_dataset(Store(world.folder), "food", path)
    with database.write() as session:
        dataset = competitions.add_dataset(session, copied)
        read = definition.from_yaml(text(course), "term.yaml", FOLDER)
        of = session.get_one(Competition, 1).course
        competitions.apply(session, of, read, text(course), dataset, None)


def report_of(public: int, private: int) -> Report:
    """A report of so many correct images of 1,109 in each part, whose score is the accuracy."""
    correct = {"public": public, "private": private}
    outcomes = {name: Outcome(Fraction(each, EXAMPLES), None, None) for name, each in correct.items()}
    return replace(
        scored_report(outcomes["public"].score),
        splits={name: SplitResult(EXAMPLES, each) for name, each in correct.items()},
        scores=outcomes,
        full_credit=None,
    )


def graded(database: Database, world: World, name: str, public: int, private: int) -> int:
    """A submission at the service's present time, with so many correct images in each part; its file is stored."""
    stored = store_bytes(Store(world.folder), f"{name} {public:x} {private:x}".encode())
    number = hand_in(database, world, name, sha256_hex=stored.sha256)
    settle(database, number, Fraction(public, EXAMPLES), report=report_of(public, private))
    return number
