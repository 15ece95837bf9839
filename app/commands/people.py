"""Commands about people and courses."""

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import click
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts import service
from app.courses import queries as courses
from app.courses import service as course_service
from app.database import Database
from app.errors import NotFound
from app.services import make_passwords
from app.settings import Settings
from models.accounts import User
from models.courses import Course, Role

_password = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")


@contextmanager
def writing(settings: Settings) -> Iterator[Session]:
    """A session that writes, on a connection of its own."""
    database = Database(settings.database_url)
    try:
        with database.write() as session:
            yield session
    finally:
        database.close()


@click.group("admin")
def admin() -> None:
    """Administrators."""


@admin.command("create")
@click.argument("email")
@click.option("--name", default="Administrator", show_default=True)
@_password
def create_admin(email: str, name: str, password_stdin: bool) -> None:
    """Create an administrator and print the password, this once."""
    settings = Settings()
    password = _new_password(read=password_stdin)
    password_hash = make_passwords(settings).hash(password)
    with writing(settings) as session:
        service.create_user(session, email=email, name=name, password_hash=password_hash, is_admin=True)
    _tell(email, None if password_stdin else password)


@click.group("user")
def user() -> None:
    """Students and staff."""


@user.command("add")
@click.argument("email")
@click.option("--name", default=None, help="Full name; default: the e-mail address.")
@click.option("--course", "slug", default=None, help="The course to add the person to.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.STUDENT.value, show_default=True)
@_password
def add_user(email: str, name: str | None, slug: str | None, role: str, password_stdin: bool) -> None:
    """Add a person to a course, with a new account where there is none. A new password is printed, this once."""
    settings = Settings()
    password = _new_password(read=password_stdin)
    password_hash = make_passwords(settings).hash(password)
    with writing(settings) as session:
        person = accounts.user_by_email(session, email)
        is_new = person is None
        if person is None:
            person = service.create_user(session, email=email, name=name or email, password_hash=password_hash)
        if slug is not None:
            course_service.add_member(session, course_named(session, slug).id, person.id, Role(role))
    _tell(email, password if is_new and not password_stdin else None)


@user.command("password")
@click.argument("email")
@_password
def reset_password(email: str, password_stdin: bool) -> None:
    """Give a person a new password, print it, and sign all their browsers out."""
    settings = Settings()
    password = _new_password(read=password_stdin)
    password_hash = make_passwords(settings).hash(password)
    with writing(settings) as session:
        service.set_password(session, user_named(session, email).id, password_hash)
    _tell(email, None if password_stdin else password)


@user.command("token")
@click.argument("email")
@click.option("--name", default="command line", show_default=True, help="What the token is for.")
@click.option("--days", type=click.IntRange(min=1), default=180, show_default=True)
def create_token(email: str, name: str, days: int) -> None:
    """Make an API token for a person and print it, this once."""
    with writing(Settings()) as session:
        text = service.create_token(session, user_named(session, email).id, name, timedelta(days=days)).text
    click.echo(text)


@click.group("course")
def course() -> None:
    """Courses."""


@course.command("create")
@click.argument("slug")
@click.option("--title", required=True)
@click.option("--time-zone", required=True, help="IANA name, such as America/New_York.")
def create_course(slug: str, title: str, time_zone: str) -> None:
    """Create a course."""
    with writing(Settings()) as session:
        course_service.create_course(session, slug=slug, title=title, time_zone=time_zone)
    click.echo(f"course {slug}: add people with `secateur user add EMAIL --course {slug} --role instructor`")


def course_named(session: Session, slug: str) -> Course:
    """The course with this slug. Raises NotFound."""
    found = courses.course_by_slug(session, slug)
    if found is None:
        raise NotFound(f"There is no course {slug!r}; create it with `secateur course create {slug}`.")
    return found


def user_named(session: Session, email: str) -> User:
    """The person with this e-mail address. Raises NotFound."""
    found = accounts.user_by_email(session, email)
    if found is None:
        raise NotFound(f"There is no account for {email}; create it with `secateur user add {email}`.")
    return found


def _new_password(*, read: bool) -> str:
    return sys.stdin.readline().rstrip("\n") if read else secrets.token_urlsafe(12)


def _tell(email: str, password: str | None) -> None:
    click.echo(f"{email}  password: {password}" if password else email)


COMMANDS = (admin, user, course)
