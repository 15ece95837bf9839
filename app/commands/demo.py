"""A course to try things out with: people, a competition, and two files on the board."""

import secrets
from pathlib import Path

import click
from sqlalchemy.orm import Session

import competitions
from app.accounts import service as accounts
from app.clock import read_clock
from app.competitions import definition
from app.competitions import service as competition_service
from app.competitions.access import enter
from app.competitions.stored import Definitions
from app.courses import queries as course_queries
from app.courses import service as courses
from app.database import Database
from app.records import open_database
from app.schema import require_current
from app.services import make_passwords
from app.settings import Settings
from app.storage import open_store
from app.submissions import service as submissions
from app.submissions.admission import Admission
from app.submissions.intake import Upload
from models.accounts import User
from models.courses import Course, Role
from models.datasets import Dataset
from models.submissions import Via

COURSE = "demo"
FOLDER = Path(competitions.__file__).parent
PEOPLE = (
    ("admin@example.org", "Demo Administrator", None),
    ("instructor@example.org", "Iris Instructor", Role.INSTRUCTOR),
    ("ada@example.org", "Ada Student", Role.STUDENT),
    ("grace@example.org", "Grace Student", Role.STUDENT),
    ("alan@example.org", "Alan Student", Role.STUDENT),
)
ON_THE_BOARD = {"ada@example.org": "pruned-93", "grace@example.org": "pruned-50"}


@click.command("demo")
def demo() -> None:
    """Create the demo course where there is none, and print the passwords, this once."""
    settings = Settings()
    require_current(settings.database_url)
    database = open_database(settings.database_url)
    try:
        _make(settings, database)
    finally:
        database.close()


def _make(settings: Settings, database: Database) -> None:
    with database.read() as session:
        if course_queries.course_by_slug(session, COURSE):
            click.echo("the demo course is there; `secateur user password EMAIL` makes a new password")
            return
    hasher = make_passwords(settings)
    words = {email: secrets.token_urlsafe(9) for email, _, _ in PEOPLE}
    hashes = {email: hasher.hash(word) for email, word in words.items()}
    data = competition_service.copy_dataset(open_store(settings), "demo-test", FOLDER / "demo" / "hidden-test.npz")
    files = {email: _store(settings, sample) for email, sample in ON_THE_BOARD.items()}
    with database.write() as session:
        course = courses.create_course(session, slug=COURSE, title="Demo course", time_zone="UTC")
        people = _add_people(session, course, hashes)
        _add_competition(session, course, data)
        for email, upload in files.items():
            _submit(session, people[email], upload)
    click.echo("Demo accounts, shown this once:")
    for email, name, role in PEOPLE:
        click.echo(f"  {email:<24} {words[email]:<14} {role or 'admin':<12} {name}")
    click.echo("Alan has not submitted anything yet: sign in as Alan and upload a file of competitions/demo/samples.")


def _add_people(session: Session, course: Course, hashes: dict[str, str]) -> dict[str, User]:
    people = {}
    for email, name, role in PEOPLE:
        person = accounts.create_user(
            session, email=email, name=name, password_hash=hashes[email], is_admin=role is None
        )
        if role is not None:
            courses.add_member(session, course.id, person.id, role)
        people[email] = person
    return people


def _add_competition(session: Session, course: Course, copied: Dataset) -> None:
    path = FOLDER / "demo.yaml"
    text = path.read_text(encoding="utf-8")
    data = competition_service.add_dataset(session, copied)
    read = definition.from_yaml(text, path.name, path.parent)
    competition_service.apply(session, course, read, text, data, None)


def _store(settings: Settings, sample: str) -> Upload:
    path = FOLDER / "demo" / "samples" / sample / "my_model_weights.h5"
    with open_store(settings).receive() as incoming:
        incoming.write(path.read_bytes())
        return Upload(path.name, incoming.keep())


def _submit(session: Session, person: User, upload: Upload) -> None:
    entry = enter(session, Definitions(), "demo", person)
    submissions.record(session, Admission(entry, person, read_clock(session)), upload, Via.FORM, None)


COMMANDS = (demo,)
