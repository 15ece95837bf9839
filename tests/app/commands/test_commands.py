"""The operator's commands: a real course from an empty database, and errors in one line."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from app.accounts import service as accounts
from app.cli import main
from app.database import Database
from app.services import make_passwords
from app.settings import Settings
from models import Membership, Role, User
from models.gradings import Grading
from models.submissions import Submission
from tests.app.world import FOLDER, write_images


@pytest.fixture
def operator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An operator with an empty data folder."""
    monkeypatch.setenv("SECATEUR_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("SECATEUR_ARGON2_MEMORY_KIB", "8192")
    monkeypatch.setenv("SECATEUR_ARGON2_PASSES", "1")
    return Settings()


def run(*arguments: str, status: int = 0, given: str | None = None) -> str:
    result: Result = CliRunner().invoke(main, list(arguments), input=given)
    assert result.exit_code == status, (result.output, result.exception)
    return result.output


def can_sign_in(settings: Settings, email: str, password: str) -> bool:
    database = Database(settings.database_url)
    try:
        with database.read() as session:
            return accounts.authenticate(session, make_passwords(settings), email, password) is not None
    finally:
        database.close()


def password_in(output: str) -> str:
    found = re.search(r"password: (\S+)", output)
    assert found is not None, output
    return found.group(1)


def test_a_course_starts_from_an_empty_database(operator: Settings, tmp_path: Path) -> None:
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
    assert can_sign_in(operator, "boss@example.org", boss)
    assert can_sign_in(operator, "iris@example.org", iris)
    assert can_sign_in(operator, "ada@example.org", "prune with care")
    database = Database(operator.database_url)
    with database.read() as session:
        roles = session.execute(select(User.email, Membership.role).join(Membership.user).order_by(User.email)).all()
    database.close()
    assert [tuple(row) for row in roles] == [
        ("ada@example.org", Role.STUDENT),
        ("iris@example.org", Role.INSTRUCTOR),
    ]


def test_migrating_twice_says_that_all_is_well(operator: Settings) -> None:
    assert "migrated" in run("migrate")
    assert "up to date" in run("migrate")


def test_a_new_password_replaces_the_old_one(operator: Settings) -> None:
    run("migrate")
    old = password_in(run("admin", "create", "boss@example.org"))

    new = password_in(run("user", "password", "boss@example.org"))

    assert not can_sign_in(operator, "boss@example.org", old)
    assert can_sign_in(operator, "boss@example.org", new)


def test_a_token_for_the_command_line_works(operator: Settings) -> None:
    run("migrate")
    run("admin", "create", "boss@example.org")

    token = run("user", "token", "boss@example.org").strip()

    database = Database(operator.database_url)
    found = accounts.user_of_token(database, token)
    database.close()
    assert found is not None
    assert found.user.email == "boss@example.org"


def test_adding_somebody_again_changes_the_role_and_not_the_password(operator: Settings) -> None:
    run("migrate")
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
    run("migrate")

    output = run(*arguments, status=1)

    assert says in output
    assert "Traceback" not in output


@pytest.mark.parametrize("command", ["run", "web"])
def test_nothing_runs_on_an_outdated_database(operator: Settings, command: str) -> None:
    assert "secateur migrate" in run(command, status=1)


def test_a_weak_password_is_refused(operator: Settings) -> None:
    run("migrate")

    assert "10" in run("admin", "create", "boss@example.org", "--password-stdin", status=1, given="short\n")


def test_the_demo_is_made_once_with_two_files_in_the_queue(operator: Settings) -> None:
    run("migrate")

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
