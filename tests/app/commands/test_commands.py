"""The operator's commands: a real course from an empty database, and errors in one line."""

import re
import shutil
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from app.database import Database
from app.settings import Settings
from models import Membership, Role, User
from models.audit import AuditEntry
from models.gradings import Grading
from models.submissions import Submission
from tests.app.commands.operating import (
    can_sign_in,
    opened,
    password_in,
    run,
)
from tests.app.world import FOLDER, write_images


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


@pytest.mark.parametrize("command", ["run", "web"])
def test_nothing_runs_on_an_outdated_database(newcomer: Settings, command: str) -> None:
    assert "secateur migrate" in run(command, status=1)


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


def test_standings_are_computed_anew_and_checked(operator: Settings) -> None:
    assert "written down anew" in run("standings", "rebuild")
    assert "all standings are" in run("standings", "check")
