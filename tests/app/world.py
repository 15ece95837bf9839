"""A small course for tests: its people, each signed in and with an API token, and one competition.

The competition is the demo's, on a test set of one's choice; submissions and results can be put into it without going
through HTTP or a worker.
"""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import numpy as np
from sqlalchemy import select, update
from sqlalchemy.orm import Session

import competitions
from app.accounts import service as accounts
from app.accounts.passwords import Passwords
from app.clock import db_now, read_clock
from app.competitions import definition
from app.competitions import service as competition_service
from app.competitions.access import enter
from app.competitions.stored import Definitions
from app.courses import service as courses
from app.database import Database
from app.settings import Settings
from app.storage import Store, Stored
from app.submissions import service as submissions
from app.submissions.admission import Admission
from app.submissions.intake import Upload
from grader import messages
from grader.errors import Finding
from grader.facts import Counts, LayerCount, Macs, SplitResult
from grader.report import Digests, Report, Status
from grader.splits import Part
from models.accounts import User
from models.courses import Role
from models.gradings import Grading, Phase, State
from models.submissions import Via
from tests.databases import FILE, Backend

FOLDER = Path(competitions.__file__).parent
SAMPLES = FOLDER / "demo" / "samples"
SHARED = Path(__file__).resolve().parents[2].parent / "shared"
SLUG = "demo"
PASSWORD = "prune with care"
DAY = timedelta(days=1)
STUDENTS = ("ada", "grace", "alan")
PARAMETERS = 592_933


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a browser that is signed in (`cookie`) and a program that has a token."""

    id: int
    email: str
    cookie: str
    token: str


@dataclass(frozen=True, slots=True)
class World:
    """A data folder with a course in it."""

    folder: Path
    database_url: str
    people: Mapping[str, Person]
    course_id: int
    version_id: int


def populate(database: Database, folder: Path, passwords: Passwords, images: Path) -> World:
    """Fills a migrated database; the competition has the test set in that file."""
    password_hash = passwords.hash(PASSWORD)
    with database.write() as session:
        course = courses.create_course(session, slug="ml", title="Machine Learning", time_zone="America/New_York")
        other = courses.create_course(session, slug="other", title="Another course", time_zone="UTC")
        roles = {
            "admin": None,
            "instructor": (course, Role.INSTRUCTOR),
            **dict.fromkeys(STUDENTS, (course, Role.STUDENT)),
            "outsider": (other, Role.STUDENT),
            "assistant": (course, Role.TA),
            "rival": (other, Role.INSTRUCTOR),
        }
        people = {}
        for name, part in roles.items():
            user = accounts.create_user(
                session,
                email=f"{name}@example.org",
                name=name.title(),
                password_hash=password_hash,
                is_admin=part is None,
            )
            if part is not None:
                courses.add_member(session, part[0].id, user.id, part[1])
            cookie = accounts.open_session(session, user.id, lifetime=DAY, user_agent="Browser/1")
            token = accounts.create_token(session, user.id, "laptop", DAY).text
            people[name] = Person(user.id, user.email, cookie, token)
        dataset = competition_service.add_dataset(
            session, competition_service.copy_dataset(Store(folder), "hidden", images)
        )
        text = (FOLDER / "demo.yaml").read_text(encoding="utf-8")
        read = definition.from_yaml(text, "demo.yaml", FOLDER)
        version = competition_service.apply(session, course, read, text, dataset, None)
    return World(folder, database.url.render_as_string(hide_password=False), people, course.id, version.id)


def settings_of(world: World) -> Settings:
    """The settings of a service on that world, with password hashes that cost little."""
    return Settings(
        data_dir=world.folder,
        database_url=world.database_url,
        public_url="http://testserver",
        argon2_memory_kib=8 * 1024,
        argon2_passes=1,
        min_free_disk_bytes=0,
        worker_processes=0,
    )


@contextmanager
def copied(backend: Backend, template: World, folder: Path) -> Iterator[World]:
    """The same course in a folder and a database of its own."""
    shutil.copytree(template.folder, folder, ignore=shutil.ignore_patterns(f"{FILE}*"))
    with backend.copied(template.database_url, folder) as url:
        yield replace(template, folder=folder, database_url=url)


def write_images(path: Path, examples: int) -> Path:
    """Images of noise, as many of each class."""
    random = np.random.default_rng(5)
    images = random.integers(0, 256, (examples, 25, 25, 3), dtype=np.uint8)
    np.savez(path, images=images, labels=np.arange(examples, dtype=np.int64) % 5)
    return path


def change_rules(database: Database, world: World, old: str, new: str, *also: tuple[str, str]) -> None:
    """Applies the competition once more, with one piece of its text changed, or several."""
    text = (FOLDER / "demo.yaml").read_text(encoding="utf-8")
    for piece, other in ((old, new), *also):
        assert piece in text
        text = text.replace(piece, other)
    with database.write() as session:
        read = definition.from_yaml(text, "demo.yaml", FOLDER)
        version = competition_service.current_version(session, 1)
        assert version is not None
        course = version.competition.course
        competition_service.apply(session, course, read, text, version.dataset, None)


def hand_in(
    database: Database,
    world: World,
    name: str,
    *,
    file: str = "weights",
    sha256_hex: str | None = None,
    slug: str = SLUG,
) -> int:
    """The number of a new submission by that person, queued. Equal `file`s are equal files."""
    stored = Stored(sha256_hex or sha256(file.encode()).hexdigest(), 1000)
    with database.write() as session:
        user = session.get_one(User, world.people[name].id)
        entry = enter(session, Definitions(), slug, user)
        admission = Admission(entry, user, read_clock(session))
        upload = Upload("my_model_weights.h5", stored)
        return submissions.record(session, admission, upload, Via.API, None).submission_id


def settle(
    database: Database,
    submission_id: int,
    score: Fraction | None = None,
    state: State = State.SCORED,
    report: Report | None = None,
) -> None:
    """Ends the live grading of a submission, as a worker would have; a `report` of one's own decides whether it ranks."""
    report = report or (scored_report(score or Fraction(0)) if state is State.SCORED else rejected_report())
    private = report.scores.get(Part.PRIVATE)
    with database.write() as session:
        session.execute(
            update(Grading)
            .where(Grading.submission_id == submission_id, Grading.is_live)
            .values(
                state=state,
                phase=Phase.DONE,
                finished_at=db_now(),
                report=None if state is State.FAILED else report.as_json(),
                score=float(score or 0) if state is State.SCORED else None,
                score_exact=str(score or 0) if state is State.SCORED else None,
                ranks=report.ranks,
                private_score=float(private.score) if private else None,
                private_score_exact=str(private.score) if private else None,
                private_ranks=private.ranks if private else None,
            )
        )


def store_bytes(store: Store, content: bytes) -> Stored:
    """The bytes in the file store."""
    with store.receive() as incoming:
        incoming.write(content)
        return incoming.keep()


def live_grading(session: Session, submission_id: int) -> Grading:
    """The grading that counts for a submission."""
    return session.scalars(select(Grading).where(Grading.submission_id == submission_id, Grading.is_live)).one()


def scored_report(score: Fraction) -> Report:
    """A report whose numbers look like those of the competition."""
    layer = LayerCount("dense/kernel", (1024, 512), PARAMETERS, 300_000)
    return Report(
        status=Status.SCORED,
        competition=SLUG,
        digests=Digests(file="0" * 64, definition="1" * 64, weights="2" * 64, dataset="3" * 64),
        file_bytes=1000,
        airlock="A",
        layout="keras2",
        counts=Counts(PARAMETERS, 300_000, 0, (layer,)),
        macs=Macs(10_000_000, 5_000_000),
        splits={"test": SplitResult(20, 15)},
        score=score,
        full_credit=score > Fraction(36, 100),
        engine="onnxruntime",
    )


def rejected_report() -> Report:
    """A report with one problem."""
    finding = Finding("shape-mismatch", "conv2d_1/kernel", "(3, 3, 32, 32)", "(3, 3, 32, 64)")
    return Report(
        status=Status.REJECTED,
        competition=SLUG,
        digests=Digests(file="0" * 64, definition="1" * 64),
        file_bytes=1000,
        airlock="A",
        problems=(messages.problem(finding),),
    )
