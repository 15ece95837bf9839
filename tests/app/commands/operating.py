"""Running the operator's commands, and what they came to."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from click.testing import CliRunner, Result
from sqlalchemy import select

from app.accounts import service as accounts
from app.accounts.touches import Touches
from app.cli import main
from app.database import Database
from app.services import make_passwords
from app.settings import Settings
from models import User


def run(*arguments: str, status: int = 0, given: str | None = None) -> str:
    result: Result = CliRunner().invoke(main, list(arguments), input=given)
    assert result.exit_code == status, (result.output, result.exception)
    return result.output


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    database = Database(settings.database_url)
    try:
        yield database
    finally:
        database.close()


def can_sign_in(settings: Settings, email: str, password: str) -> bool:
    with opened(settings) as database, database.read() as session:
        return accounts.authenticate(session, make_passwords(settings), email, password) is not None


def sign_in(settings: Settings, email: str) -> str:
    with opened(settings) as database, database.write() as session:
        user_id = session.scalars(select(User.id).where(User.email == email)).one()
        return accounts.open_session(session, user_id, lifetime=timedelta(days=1))


def session_works(settings: Settings, cookie: str) -> bool:
    with opened(settings) as database, database.read() as session:
        return accounts.user_of_session(session, Touches(database, time.monotonic), cookie) is not None


def token_works(settings: Settings, token: str) -> bool:
    with opened(settings) as database, database.read() as session:
        return accounts.user_of_token(session, Touches(database, time.monotonic), token) is not None


def is_admin(settings: Settings, email: str) -> bool:
    with opened(settings) as database, database.read() as session:
        return session.scalars(select(User.is_admin).where(User.email == email)).one()


def password_in(output: str) -> str:
    found = re.search(r"password: (\S+)", output)
    assert found is not None, output
    return found.group(1)
