"""Commands about people."""

import secrets
import sys
from datetime import timedelta

import click
from sqlalchemy.orm import Session

from app.accounts import links, service
from app.accounts import queries as accounts
from app.audit.recording import note
from app.commands.courses import course_named
from app.commands.erasure import erase_user
from app.commands.named import user_named
from app.commands.writing import writing
from app.courses import queries as courses
from app.courses import service as course_service
from app.errors import Conflict
from app.people.service import check_is_proven
from app.services import make_passwords
from app.settings import Settings
from models.accounts import Scope, User
from models.courses import Course, Role

_password = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")


@click.group("admin")
def admin() -> None:
    """Administrators."""


@admin.command("create")
@click.argument("email")
@click.option("--name", default="Administrator", show_default=True)
@_password
def create_admin(email: str, name: str, password_stdin: bool) -> None:
    """Make somebody an administrator. A new account's password is printed, this once."""
    settings = Settings()
    password = _new_password(read=password_stdin)
    password_hash = make_passwords(settings).hash(password)
    with writing(settings) as session:
        person = accounts.user_by_email(session, email)
        is_new = person is None
        if person is None:
            person = service.create_user(session, email=email, name=name, password_hash=password_hash, is_admin=True)
        else:
            _check_password_is_kept(email, password_stdin)
            check_is_proven(person)
            service.set_admin(session, person.id, is_admin=True)
        note(session, None, "user.rights", f"user:{person.id}", is_admin=True)
    if is_new:
        _tell(email, None if password_stdin else password)
    else:
        click.echo(f"{email} had an account and is an administrator now; name and password stay")


@admin.command("remove")
@click.argument("email")
def remove_admin(email: str) -> None:
    """Make an administrator an ordinary person again; the account and its courses stay."""
    with writing(Settings()) as session:
        person = user_named(session, email)
        service.set_admin(session, person.id, is_admin=False)
        note(session, None, "user.rights", f"user:{person.id}", is_admin=False)
    click.echo(f"{email} is not an administrator; the account stays")


@click.group("user")
def user() -> None:
    """Students and staff."""


@user.command("add")
@click.argument("email")
@click.option("--name", default=None, help="Full name; default: the e-mail address.")
@click.option("--course", "slug", default=None, help="The course to add the person to.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    help="Default: the role so far; student for somebody new.",
)
@_password
def add_user(email: str, name: str | None, slug: str | None, role: str | None, password_stdin: bool) -> None:
    """Add a person to a course, with a new account where there is none. A new password is printed, this once."""
    settings = Settings()
    password = _new_password(read=password_stdin)
    password_hash = make_passwords(settings).hash(password)
    part = None
    with writing(settings) as session:
        person = accounts.user_by_email(session, email)
        is_new = person is None
        if person is None:
            person = service.create_user(session, email=email, name=name or email, password_hash=password_hash)
        else:
            _check_password_is_kept(email, password_stdin)
        if slug is not None:
            part = _enrol(session, course_named(session, slug), person, Role(role) if role else None)
    if is_new:
        _tell(email, None if password_stdin else password)
    else:
        click.echo(f"{email} had an account, which stays as it is")
    if part is not None:
        click.echo(part)


@user.command("remove")
@click.argument("email")
@click.option("--course", "slug", required=True, help="The course to take the person out of.")
def remove_user(email: str, slug: str) -> None:
    """Take a person out of a course. Account and submissions stay; the row on the board goes."""
    with writing(Settings()) as session:
        course, person = course_named(session, slug), user_named(session, email)
        course_service.remove_member(session, course, person)
        note(session, None, "member.remove", f"course:{course.id}", user=person.id)
    click.echo(f"{email} is no longer in {slug}; the account and the submissions stay")


@user.command("disable")
@click.argument("email")
def disable_user(email: str) -> None:
    """Let a person in no more: browsers are signed out, password and API tokens are refused."""
    with writing(Settings()) as session:
        person = user_named(session, email)
        service.disable(session, person.id)
        note(session, None, "user.disable", f"user:{person.id}")
    click.echo(f"{email} is disabled; `secateur user enable {email}` lets them in again")


@user.command("enable")
@click.argument("email")
def enable_user(email: str) -> None:
    """Let a disabled person in again."""
    with writing(Settings()) as session:
        person = user_named(session, email)
        service.enable(session, person.id)
        note(session, None, "user.enable", f"user:{person.id}")
    click.echo(f"{email} is enabled; password and API tokens are those from before")


@user.command("password")
@click.argument("email")
@_password
def reset_password(email: str, password_stdin: bool) -> None:
    """Give a person a new password, print it, and end all their sessions and API tokens."""
    settings = Settings()
    password = _new_password(read=password_stdin)
    password_hash = make_passwords(settings).hash(password)
    with writing(settings) as session:
        person = user_named(session, email)
        service.hand_over(session, person.id, password_hash)
        note(session, None, "user.set_password", f"user:{person.id}")
    _tell(email, None if password_stdin else password)


@user.command("token")
@click.argument("email")
@click.option("--name", default="command line", show_default=True, help="What the token is for.")
@click.option("--days", type=click.IntRange(min=1), default=180, show_default=True)
@click.option(
    "--scope",
    type=click.Choice([scope.value for scope in Scope]),
    default=Scope.ADMIN.value,
    show_default=True,
    help="What it may do: look, hand in too, or all that its person may.",
)
def create_token(email: str, name: str, days: int, scope: str) -> None:
    """Make an API token for a person and print it, this once."""
    with writing(Settings()) as session:
        person = user_named(session, email)
        text = service.create_token(session, person.id, name, timedelta(days=days), Scope(scope)).text
        note(session, None, "user.token", f"user:{person.id}", scope=scope)
    click.echo(text)


@user.command("link")
@click.argument("email")
def make_link(email: str) -> None:
    """Make a link with which a person sets a password, once, and print it. The one before works no more."""
    settings = Settings()
    with writing(settings) as session:
        issued = links.make(session, user_named(session, email), None)
    click.echo(f"{settings.public_url}{issued.path}")


def _enrol(session: Session, course: Course, person: User, wanted: Role | None) -> str:
    """What became of the person's part in the course, as a sentence. No role wanted: the one so far, or student."""
    before = courses.role(session, course.id, person.id)
    role = wanted or before or Role.STUDENT
    if role.is_staff and role is not before:
        check_is_proven(person)
    course_service.add_member(session, course.id, person.id, role)
    if role is not before:
        note(
            session, None, "member.change" if before else "member.add", f"course:{course.id}", user=person.id, role=role
        )
    if before is None:
        return f"added to {course.slug} as {role}"
    return f"stays {role} in {course.slug}" if role is before else f"is {role} in {course.slug} now, was {before}"


def _check_password_is_kept(email: str, password_stdin: bool) -> None:
    """Raise Conflict where a password was given for an account that has one."""
    if password_stdin:
        raise Conflict(
            "email-taken",
            f"There is already an account for {email}; `secateur user password {email}` changes its password.",
        )


def _new_password(*, read: bool) -> str:
    return sys.stdin.readline().rstrip("\n") if read else secrets.token_urlsafe(12)


def _tell(email: str, password: str | None) -> None:
    click.echo(f"{email}  password: {password}" if password else email)


user.add_command(erase_user)
COMMANDS = (admin, user)
