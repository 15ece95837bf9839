"""Sessions on real databases: who waits for whom, who may write, and what time it is."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, make_url, select, text, update
from sqlalchemy.exc import DatabaseError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.clock import db_now
from app.database import PAGE_WRITES, Database
from app.engines import (
    POSTGRES_LIMITS,
    UnsupportedDatabase,
    hasty_engine,
    migration_engine,
    read_engine,
    write_engine,
)
from models import AuditEntry, Course, Membership, Role, User
from tests.databases import Backend
from tests.faults.tree import wait_for

THREADS = 8
ROUNDS = 50


def add_person(database: Database, email: str = "ada@example.org") -> int:
    with database.write() as session:
        person = User(email=email, name="Ada")
        session.add(person)
        session.flush()
        return person.id


def count_up(database: Database, rounds: int) -> None:
    """Read, then write what was read plus one: loses counts or fails unless the whole is one write transaction."""
    for _ in range(rounds):
        with database.write() as session:
            counter = select(AuditEntry).where(AuditEntry.subject == "counter").with_for_update()
            entry = session.scalars(counter).one()
            entry.detail = {"count": entry.detail["count"] + 1}


def test_reading_then_writing_never_finds_the_database_locked(database_url: str) -> None:
    # Two objects with pools of their own stand for two processes.
    databases = [Database(database_url), Database(database_url)]
    with databases[0].write() as session:
        session.add(AuditEntry(action="test", subject="counter", detail={"count": 0}))

    with ThreadPoolExecutor(THREADS) as pool:
        runs = [pool.submit(count_up, databases[number % 2], ROUNDS) for number in range(THREADS)]
        for run in runs:
            run.result()

    with databases[1].read() as session:
        assert session.scalars(select(AuditEntry.detail)).one() == {"count": THREADS * ROUNDS}
    for each in databases:
        each.close()


def test_a_read_answers_while_a_write_is_open(database: Database) -> None:
    add_person(database)

    with database.write() as writer:
        writer.execute(update(User).values(name="Grace"))
        with database.read() as reader:
            seen = reader.scalars(select(User.name)).all()

    assert seen == ["Ada"]


def test_a_read_session_cannot_write(database: Database) -> None:
    with database.read() as session, pytest.raises(DBAPIError, match=r"read-?only"):
        session.execute(update(User).values(name="Grace"))


def test_a_read_session_sees_one_moment(database: Database) -> None:
    with database.read() as session:
        before = session.scalar(select(func.count()).select_from(User))
        add_person(database)
        after = session.scalar(select(func.count()).select_from(User))

    assert (before, after) == (0, 0)


def test_what_raises_is_rolled_back(database: Database) -> None:
    def write_and_fail() -> None:
        with database.write() as session:
            session.add(User(email="ada@example.org", name="Ada"))
            session.flush()
            raise RuntimeError("too bad")

    with pytest.raises(RuntimeError):
        write_and_fail()

    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 0


def test_a_write_that_may_fail_gives_way_to_another(database: Database) -> None:
    person = add_person(database)
    rename = update(User).where(User.id == person).values(name="Grace")

    with database.write() as writer:
        writer.execute(update(User).where(User.id == person).values(name="Edith"))
        done_meanwhile = database.try_write(lambda session: session.execute(rename))
    done_afterwards = database.try_write(lambda session: session.execute(rename))

    assert (done_meanwhile, done_afterwards) == (False, True)
    with database.read() as session:
        assert session.scalars(select(User.name)).one() == "Grace"


def test_a_page_that_would_write_gives_up_where_many_wait_already(
    backend: Backend, database: Database, database_url: str
) -> None:
    def rename() -> None:
        with database.write_for_page() as session:
            session.execute(update(User).values(name="Grace"))

    def all_wait() -> bool:
        return database._page_writes._value == 0

    with ThreadPoolExecutor(PAGE_WRITES) as pool:
        with backend.locked(database_url):
            waiting = [pool.submit(rename) for _ in range(PAGE_WRITES)]
            wait_for("all of them to wait", all_wait)
            with pytest.raises(PoolTimeoutError, match="20 requests wait"):
                rename()
        for each in waiting:
            each.result()
    rename()


@pytest.mark.only_on("sqlite", reason="Postgres waits 0.1 s for a row")
def test_a_write_that_may_fail_waits_for_nobody(database: Database) -> None:
    waits: list[int | None] = []

    database.try_write(lambda session: waits.append(session.scalar(text("PRAGMA busy_timeout"))))

    assert waits == [0]


def test_a_write_that_may_fail_still_reports_other_faults(database: Database) -> None:
    add_person(database)

    with pytest.raises(IntegrityError):
        database.try_write(lambda session: session.add(User(email="ada@example.org", name="Ada")))


def test_foreign_keys_hold(database: Database) -> None:
    with pytest.raises(DatabaseError, match=r"(?i)foreign key"), database.write() as session:
        session.add(Membership(course_id=1, user_id=1, role=Role.STUDENT))


@pytest.mark.only_on("sqlite", reason="Postgres does so by default, and the tests' server does not")
def test_the_database_keeps_every_commit_over_a_power_cut(database: Database) -> None:
    with database.write() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA synchronous")) == 2


@pytest.mark.only_on("postgres", reason="a file has no connections")
def test_no_connection_waits_for_a_server_that_is_silent(database_url: str) -> None:
    url = make_url(database_url)
    expected = {name: str(value) for name, value in POSTGRES_LIMITS.items()}
    own = url.update_query_dict({"connect_timeout": "9"})
    for make in (read_engine, write_engine, hasty_engine, migration_engine):
        for address, wanted in ((url, expected), (own, expected | {"connect_timeout": "9"})):
            engine = make(address)
            with engine.connect() as connection:
                settings = connection.connection.driver_connection.info.get_parameters()  # type: ignore[union-attr]
            engine.dispose()

            assert wanted.items() <= settings.items(), make.__name__


def test_objects_stay_readable_after_their_session(database: Database) -> None:
    with database.write() as session:
        course = Course(slug="ml", title="Machine Learning", time_zone="Europe/Berlin")
        session.add(course)

    assert (course.id, course.slug) == (1, "ml")
    assert course.created_at.tzinfo is UTC


def test_the_clock_is_aware_and_near_this_machines(database: Database) -> None:
    assert abs(database.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_clock_moves_by_the_shift_in_both_directions(database: Database) -> None:
    with database.read() as session:
        now = select(db_now(), db_now(timedelta(days=2, milliseconds=500)), db_now(timedelta(seconds=-6)))
        present, later, earlier = session.execute(now).one()

    # Postgres looks at the clock for each of them.
    assert abs(later - present - timedelta(days=2, milliseconds=500)) < timedelta(milliseconds=250)
    assert abs(earlier - present + timedelta(seconds=6)) < timedelta(milliseconds=250)


def test_the_clock_compares_with_stored_moments(database: Database) -> None:
    with database.write() as session:
        moments = {"past": timedelta(milliseconds=-1), "future": timedelta(minutes=1)}
        session.add_all(AuditEntry(action="test", subject=name, at=db_now(shift)) for name, shift in moments.items())

    with database.read() as session:
        assert session.scalars(select(AuditEntry.subject).where(AuditEntry.at < db_now())).all() == ["past"]
        assert session.scalars(select(AuditEntry.subject).where(AuditEntry.at > db_now())).all() == ["future"]


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/x", "sqlite+aiosqlite:///x"])
def test_a_database_that_cannot_work_is_refused_at_once(url: str) -> None:
    with pytest.raises(UnsupportedDatabase):
        Database(url)


def test_the_usual_way_to_write_a_postgres_address_works() -> None:
    database = Database("postgresql://somebody@db.example/secateur")

    assert database.url.drivername == "postgresql+psycopg"
    database.close()
