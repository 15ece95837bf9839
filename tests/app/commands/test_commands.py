"""The operator's commands: a real course from an empty database, and errors in one line."""

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select, text, update

from app.accounts import service as accounts
from app.accounts.touches import Touches
from app.cli import main
from app.database import Database
from app.services import make_passwords
from app.settings import Settings
from models import Membership, Role, User
from models.audit import AuditEntry
from models.gradings import Grading
from models.submissions import Submission
from tests.app.world import FOLDER, write_images
from tests.databases import Backend


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The data folder of an operator, empty."""
    monkeypatch.setenv("SECATEUR_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("SECATEUR_ARGON2_MEMORY_KIB", "8192")
    monkeypatch.setenv("SECATEUR_ARGON2_PASSES", "1")
    umask = os.umask(0o022)
    yield tmp_path / "var"
    os.umask(umask)


@pytest.fixture
def newcomer(backend: Backend, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """An operator with an empty data folder and an empty database."""
    with backend.empty(folder) as url:
        monkeypatch.setenv("SECATEUR_DATABASE_URL", url)
        yield Settings()


@pytest.fixture
def operator(backend: Backend, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """An operator who has run `secateur migrate`."""
    with backend.copied(backend.migrated(), folder) as url:
        monkeypatch.setenv("SECATEUR_DATABASE_URL", url)
        yield Settings()


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


def test_a_course_starts_from_an_empty_database(newcomer: Settings, tmp_path: Path) -> None:
    images = write_images(tmp_path / "images.npz", 20)
    run("migrate")
    boss = password_in(run("admin", "create", "boss@example.org"))
    run("course", "create", "ml", "--title", "Machine Learning", "--time-zone", "America/New_York")
    iris = password_in(run("user", "add", "iris@example.org", "--course", "ml", "--role", "instructor"))
    run(
        "user",
        "add",
        "ada@example.org",
        "--name",
        "Ada",
        "--course",
        "ml",
        "--password-stdin",
        given="prune with care\n",
    )
    assert "20 examples" in run("dataset", "add", "hidden", str(images))
    definition = str(FOLDER / "demo.yaml")
    assert "592,933 parameters" in run("competition", "check", definition)
    applied = run(
        "competition", "apply", definition, "--course", "ml", "--dataset", "hidden", "--author", "iris@example.org"
    )

    assert "version 1" in applied
    assert can_sign_in(newcomer, "boss@example.org", boss)
    assert can_sign_in(newcomer, "iris@example.org", iris)
    assert can_sign_in(newcomer, "ada@example.org", "prune with care")
    database = Database(newcomer.database_url)
    with database.read() as session:
        roles = session.execute(select(User.email, Membership.role).join(Membership.user).order_by(User.email)).all()
    database.close()
    assert [tuple(row) for row in roles] == [
        ("ada@example.org", Role.STUDENT),
        ("iris@example.org", Role.INSTRUCTOR),
    ]


def test_what_commands_do_with_test_sets_and_competitions_is_in_the_audit_log(
    operator: Settings, tmp_path: Path
) -> None:
    images = str(write_images(tmp_path / "hidden.npz", 20))
    shutil.copytree(FOLDER, tmp_path / "definitions")
    definition = tmp_path / "definitions" / "demo.yaml"
    run("course", "create", "ml", "--title", "ML", "--time-zone", "UTC")
    run("user", "add", "iris@example.org")
    apply = ("competition", "apply", str(definition), "--course", "ml", "--dataset", "hidden")

    for _ in range(2):
        run("dataset", "add", "hidden", images)
        run(*apply)
    text = definition.read_text(encoding="utf-8")
    definition.write_text(text.replace("scores: shown", "scores: staff"), encoding="utf-8")
    run(*apply, "--author", "iris@example.org")

    with opened(operator) as database, database.read() as session:
        found = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        iris = session.scalars(select(User.id).where(User.email == "iris@example.org")).one()
    assert [(each.action, each.subject, each.competition_id, each.actor_id) for each in found[1:]] == [
        ("dataset.add", "dataset:1", None, None),
        ("competition.create", "competition:1", 1, None),
        ("competition.change", "competition:1", 1, iris),
    ]
    assert found[-1].detail == {"before": 1, "after": 2}


def test_migrating_twice_says_that_all_is_well(newcomer: Settings) -> None:
    assert "migrated" in run("migrate")
    assert "up to date" in run("migrate")


def test_a_new_password_replaces_the_old_one(operator: Settings) -> None:
    old = password_in(run("admin", "create", "boss@example.org"))

    new = password_in(run("user", "password", "boss@example.org"))

    assert not can_sign_in(operator, "boss@example.org", old)
    assert can_sign_in(operator, "boss@example.org", new)


def test_a_new_password_ends_every_way_in_from_before(operator: Settings) -> None:
    run("user", "add", "ada@example.org")
    token, cookie = run("user", "token", "ada@example.org").strip(), sign_in(operator, "ada@example.org")

    run("user", "password", "ada@example.org")

    assert not token_works(operator, token)
    assert not session_works(operator, cookie)


def test_an_account_that_came_by_code_gets_rights_only_with_a_new_password(operator: Settings) -> None:
    run("course", "create", "ml", "--title", "ML", "--time-zone", "UTC")
    run("user", "add", "ada@example.org")
    with opened(operator) as database, database.write() as session:
        session.execute(update(User).values(is_unproven=True))

    assert "join code" in run("admin", "create", "ada@example.org", status=1)
    assert "join code" in run("user", "add", "ada@example.org", "--course", "ml", "--role", "ta", status=1)
    run("user", "password", "ada@example.org")
    assert "added to ml as ta" in run("user", "add", "ada@example.org", "--course", "ml", "--role", "ta")


def test_a_token_for_the_command_line_works(operator: Settings) -> None:
    run("admin", "create", "boss@example.org")

    token = run("user", "token", "boss@example.org").strip()

    with opened(operator) as database, database.read() as session:
        found = accounts.user_of_token(session, Touches(database, time.monotonic), token)
    assert found is not None
    assert found.user.email == "boss@example.org"


def test_adding_somebody_again_changes_the_role_and_not_the_password(operator: Settings) -> None:
    run("course", "create", "ml", "--title", "ML", "--time-zone", "UTC")
    password = password_in(run("user", "add", "ada@example.org", "--course", "ml"))

    again = run("user", "add", "ada@example.org", "--course", "ml", "--role", "ta")

    assert "password" not in again
    assert can_sign_in(operator, "ada@example.org", password)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("user", "password", "nobody@example.org"), "no account for nobody@example.org"),
        (("user", "add", "ada@example.org", "--course", "nothing"), "secateur course create nothing"),
        (("user", "add", "not an address"), "not an e-mail address"),
        (("course", "create", "ML!", "--title", "x", "--time-zone", "UTC"), "short name"),
        (("course", "create", "ml", "--title", "x", "--time-zone", "Mars"), "time zone"),
        (("dataset", "add", "x", __file__), "test_commands.py"),
        (("competition", "check", __file__), "test_commands.py"),
    ],
)
def test_what_a_person_can_mend_is_told_in_a_line(operator: Settings, arguments: tuple[str, ...], says: str) -> None:
    output = run(*arguments, status=1)

    assert says in output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    "command", [("admin", "create", "boss@example.org"), ("demo",), ("dataset", "add", "hidden", __file__)]
)
def test_nothing_is_written_to_an_outdated_database(newcomer: Settings, command: tuple[str, ...]) -> None:
    assert "run `secateur migrate` first" in run(*command, status=1)


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("SECATEUR_PORT", "abc", "SECATEUR_PORT: Input should be a valid integer"),
        ("SECATEUR_PUBLIC_URL", "grader.example.edu", "SECATEUR_PUBLIC_URL: must begin with http"),
        ("SECATEUR_WORKER_DEAD_SECONDS", "1", "SECATEUR: worker_dead_seconds is 1.0"),
        ("SECATEUR_DATABASE_URL", "mysql://x:word@y/z", "the database URL begins with mysql; use sqlite or"),
        ("SECATEUR_DATABASE_URL", "nonsense", "the database says: Could not parse"),
    ],
)
def test_a_setting_that_will_not_do_is_named_in_a_line(
    newcomer: Settings, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, says: str
) -> None:
    monkeypatch.setenv(variable, value)

    output = run("migrate", status=1)

    assert output.startswith(f"Error: {says}")
    assert output.count("\n") == 1
    assert "word" not in output


def test_what_the_database_refuses_is_told_in_a_line(operator: Settings) -> None:
    with opened(operator) as database, database.write() as session:
        session.execute(text("ALTER TABLE courses RENAME TO lost"))

    output = run("course", "create", "ml", "--title", "ML", "--time-zone", "UTC", status=1)

    assert output.startswith("Error: the database says: ")
    assert "courses" in output
    assert output.count("\n") == 1
    assert "SELECT" not in output


@pytest.mark.parametrize("command", ["check", "apply"])
def test_a_definition_that_is_not_utf_8_is_named(operator: Settings, tmp_path: Path, command: str) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("title: Élaguer".encode("latin-1"))
    more = () if command == "check" else ("--course", "ml", "--dataset", "hidden")

    output = run("competition", command, str(path), *more, status=1)

    assert "latin.yaml" in output
    assert "utf-8" in output


def test_what_is_written_is_for_the_services_own_user(newcomer: Settings) -> None:
    run("migrate")
    run("demo")

    written = list(newcomer.data_dir.rglob("*"))
    assert len(written) > 5
    assert {path.stat().st_mode & 0o077 for path in written} == {0}


def test_adding_an_instructor_again_keeps_the_role(operator: Settings) -> None:
    run("course", "create", "ml", "--title", "ML", "--time-zone", "UTC")
    assert "added to ml as instructor" in run(
        "user", "add", "iris@example.org", "--course", "ml", "--role", "instructor"
    )

    assert "stays instructor in ml" in run("user", "add", "iris@example.org", "--course", "ml")
    assert "is ta in ml now, was instructor" in run("user", "add", "iris@example.org", "--course", "ml", "--role", "ta")


@pytest.mark.parametrize("command", [("user", "add"), ("admin", "create")])
def test_a_password_for_an_account_that_is_there_is_refused(operator: Settings, command: tuple[str, str]) -> None:
    password = password_in(run("user", "add", "ada@example.org"))

    output = run(*command, "ada@example.org", "--password-stdin", status=1, given="another password\n")

    assert "secateur user password ada@example.org" in output
    assert can_sign_in(operator, "ada@example.org", password)


def test_an_account_becomes_an_administrator_and_ceases_to_be_one(operator: Settings) -> None:
    password = password_in(run("user", "add", "ada@example.org", "--name", "Ada"))

    assert "is an administrator now" in run("admin", "create", "ada@example.org")
    assert is_admin(operator, "ada@example.org")
    assert can_sign_in(operator, "ada@example.org", password)
    run("admin", "remove", "ada@example.org")
    assert not is_admin(operator, "ada@example.org")


def test_a_disabled_person_is_let_in_no_more_until_enabled(operator: Settings) -> None:
    password = password_in(run("user", "add", "ada@example.org"))
    token = run("user", "token", "ada@example.org").strip()
    cookie = sign_in(operator, "ada@example.org")

    run("user", "disable", "ada@example.org")
    assert not can_sign_in(operator, "ada@example.org", password)
    assert not token_works(operator, token)
    run("user", "enable", "ada@example.org")
    assert can_sign_in(operator, "ada@example.org", password)
    assert token_works(operator, token)
    assert not session_works(operator, cookie)


def test_somebody_is_taken_out_of_a_course(operator: Settings) -> None:
    run("course", "create", "ml", "--title", "ML", "--time-zone", "UTC")
    run("user", "add", "ada@example.org", "--course", "ml")

    assert "no longer in ml" in run("user", "remove", "ada@example.org", "--course", "ml")
    assert "is not in the course ml" in run("user", "remove", "ada@example.org", "--course", "ml", status=1)


@pytest.mark.parametrize("command", ["run", "web"])
def test_nothing_runs_on_an_outdated_database(newcomer: Settings, command: str) -> None:
    assert "secateur migrate" in run(command, status=1)


def test_a_weak_password_is_refused(operator: Settings) -> None:
    assert "10" in run("admin", "create", "boss@example.org", "--password-stdin", status=1, given="short\n")


def test_the_demo_is_made_once_with_two_files_in_the_queue(operator: Settings) -> None:
    first, second = run("demo"), run("demo")

    words = dict(re.findall(r"^  (\S+@example\.org)\s+(\S+)", first, re.MULTILINE))
    assert len(words) == 5
    assert all(can_sign_in(operator, email, word) for email, word in words.items())
    assert "is there" in second
    database = Database(operator.database_url)
    with database.read() as session:
        assert session.scalars(select(func.count()).select_from(Submission)).one() == 2
        assert session.scalars(select(Grading.state)).all() == ["queued", "queued"]
    database.close()


def test_a_person_is_erased_when_the_address_is_typed_once_more(operator: Settings) -> None:
    run("course", "create", "ml", "--title", "ML", "--time-zone", "UTC")
    run("user", "add", "ada@example.org", "--name", "Ada Lovelace", "--course", "ml")

    told = run("user", "erase", "ada@example.org", given="ada@example.com\n", status=1)
    assert "nothing was done" in told
    with opened(operator) as database, database.read() as session:
        assert session.scalars(select(User.name)).one() == "Ada Lovelace"

    assert "0 submissions" in run("user", "erase", "ada@example.org", "--confirm", "ada@example.org")
    with opened(operator) as database, database.read() as session:
        assert session.scalars(select(User.name)).one() == "Erased person"
    assert "There is no account" in run("user", "erase", "ada@example.org", "--confirm", "ada@example.org", status=1)


def test_standings_are_computed_anew_and_checked(operator: Settings) -> None:
    assert "written down anew" in run("standings", "rebuild")
    assert "all standings are" in run("standings", "check")
