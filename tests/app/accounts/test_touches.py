"""Uses of sessions and tokens are written down together, without anybody waiting."""

from datetime import datetime

import pytest
from sqlalchemy import event, select, update

from app.accounts import service
from app.accounts.touches import PAUSE_SECONDS, Touches
from app.database import Database
from models import ApiToken, User
from tests.databases import Backend


@pytest.fixture
def tokens(database: Database, ada: User) -> list[int]:
    with database.write() as session:
        return [service.create_token(session, ada.id, f"token {number}").token.id for number in range(3)]


class Moment:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def used(database: Database) -> dict[int, datetime | None]:
    with database.read() as session:
        return dict(session.execute(select(ApiToken.id, ApiToken.last_used_at)).all())


def written(database: Database) -> set[int]:
    return {number for number, at in used(database).items() if at is not None}


def test_the_first_is_written_at_once_and_later_ones_together(database: Database, tokens: list[int]) -> None:
    moment = Moment()
    touches = Touches(database, moment)
    commits: list[object] = []
    event.listen(database._hasty, "commit", commits.append)

    touches.token(tokens[0])
    touches.token(tokens[1])
    touches.token(tokens[2])
    assert written(database) == {tokens[0]}

    moment.now += PAUSE_SECONDS
    touches.token(tokens[2])

    assert written(database) == set(tokens)
    assert len(commits) == 2


def test_what_is_left_is_written_at_the_end(database: Database, tokens: list[int]) -> None:
    touches = Touches(database, Moment())
    touches.token(tokens[0])
    touches.token(tokens[1])

    touches.close()

    assert written(database) == set(tokens[:2])


def test_what_could_not_be_written_is_written_the_next_time(database: Database, tokens: list[int]) -> None:
    moment = Moment()
    touches = Touches(database, moment)
    with database.write() as writer:  # on Postgres the row is what is locked
        writer.execute(update(ApiToken).where(ApiToken.id == tokens[0]).values(name="taken"))
        touches.token(tokens[0])
    assert written(database) == set()

    moment.now += PAUSE_SECONDS
    touches.token(tokens[1])

    assert written(database) == set(tokens[:2])


def test_an_end_without_a_database_is_an_end(backend: Backend, database: Database, tokens: list[int]) -> None:
    touches = Touches(database, Moment())
    touches.token(tokens[0])
    touches.token(tokens[1])

    with backend.refusing(database.url.render_as_string(hide_password=False)):
        touches.close()

    assert written(database) == {tokens[0]}
