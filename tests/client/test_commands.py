"""The students' commands against the service: signing in, looking, handing in, and how each of them ends."""

import json
import stat
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import Result

import client as secateur
from app.database import Database
from models.gradings import State
from tests.app.world import SAMPLES, World, change_rules, hand_in, settle

pytestmark = pytest.mark.only_on("sqlite", reason="what commands say is the same on each database")

Run = Callable[..., Result]
SAMPLE = SAMPLES / "pruned-50" / "my_model_weights.h5"


@pytest.fixture
def file(home: Path) -> Path:
    path = home / "my_model_weights.h5"
    path.write_bytes(SAMPLE.read_bytes())
    return path


@pytest.fixture
def graded_soon(records: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """The next submission ends while the command waits for it."""

    def arrange(**outcome: object) -> None:
        waited: list[float] = []

        def rest(seconds: float) -> None:
            if not waited:
                settle(records, 1, **outcome)  # type: ignore[arg-type]
            waited.append(seconds)

        monkeypatch.setattr("client.following.rest", rest)

    return arrange


def test_signing_in_keeps_the_token_for_its_owner_alone(alan: Run, home: Path, world: World) -> None:
    path = home / "settings" / "account.json"

    assert json.loads(path.read_text())["token"] == world.people["alan"].token
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "Forgotten" in alan("logout").output
    assert alan("competitions").exit_code == 2


def test_a_wrong_token_is_not_written_down(run: Run, reached: None, home: Path) -> None:
    done = run("login", "http://testserver", "--token", "sec_wrong")

    assert done.exit_code == 3
    assert not (home / "settings" / "account.json").exists()


def test_handing_in_waits_for_score_and_rank(alan: Run, file: Path, graded_soon: Callable[..., None]) -> None:
    graded_soon(score=Fraction(7857, 10000))

    done = alan("submit", file)

    assert done.exit_code == 0
    assert "Submission 1: scored" in done.stdout
    assert "score        0.7857" in done.stdout
    assert "rank         1" in done.stdout
    assert "http://testserver/submissions/1" in done.stdout
    steps = done.stderr.splitlines()
    assert steps[0].startswith("uploading")
    assert steps[-1] == "scored, rank 1"


def test_a_rejected_file_ends_with_1_and_what_to_change(
    alan: Run, file: Path, graded_soon: Callable[..., None]
) -> None:
    graded_soon(state=State.REJECTED)

    done = alan("submit", file, "-q")

    assert done.exit_code == 1
    assert "[shape-mismatch] conv2d_1/kernel" in done.stdout
    assert done.stderr == ""


def test_a_file_that_is_refused_at_the_door_says_the_same_as_the_check(alan: Run, home: Path) -> None:
    (home / "notes.txt").write_text("weights")

    told, refused = alan("check", "notes.txt"), alan("submit", "notes.txt")

    assert told.exit_code == refused.exit_code == 1
    problem = next(line for line in told.stdout.splitlines() if "[" in line)
    assert problem in refused.stdout


def test_without_waiting_one_has_the_number(alan: Run, file: Path) -> None:
    done = alan("submit", file, "--no-wait", "--format", "json")

    assert (done.exit_code, json.loads(done.stdout)["id"]) == (0, 1)
    assert alan("submit", file, "--timeout", "0", "-q").exit_code == 5


def test_no_try_left_ends_with_4(alan: Run, file: Path, records: Database, world: World) -> None:
    change_rules(records, world, "course:\n", "course:\n  submissions: {per_day: 1}\n")
    hand_in(records, world, "alan")

    done = alan("submit", file)

    assert done.exit_code == 4
    assert "1 of 1 submissions of today are used." in done.stderr


def test_lists_come_as_table_json_and_csv(alan: Run, records: Database, world: World) -> None:
    settle(records, hand_in(records, world, "alan"), Fraction(1, 2))

    assert "demo" in alan("competitions").stdout
    assert (
        alan("submissions", "--format", "csv").stdout.splitlines()[0].startswith("submission,competition,state,score")
    )
    assert json.loads(alan("leaderboard", "--format", "json").stdout)["rows"][0]["is_own"] is True
    assert "(you)" in alan("leaderboard").stdout
    assert "tries left today" in alan("limits").stdout
    assert "Submission 1: scored" in alan("show", 1).stdout
    assert alan("show", 99).exit_code == 2


def test_without_a_number_the_newest_submission_is_shown(alan: Run, records: Database, world: World) -> None:
    assert (alan("show").exit_code, "nothing handed in yet" in alan("show").stderr) == (2, True)
    hand_in(records, world, "alan")
    hand_in(records, world, "alan")

    assert "Submission 2: queued" in alan("show").stdout


def test_rules_that_were_seen_once_check_without_the_server(
    alan: Run, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert alan("check", file).exit_code == 0
    monkeypatch.setattr("client.connection.httpx2.Client", None)

    assert alan("check", file, "--offline").exit_code == 0
    assert alan("check", file, "--offline", "-c", "other").exit_code == 2


def test_a_competition_that_there_is_not_cannot_be_taken(alan: Run) -> None:
    assert alan("use", "none").exit_code == 2
    assert "From now on: demo" in alan("use", "demo").output


def test_one_line_in_a_notebook_gives_a_card(alan: Run, file: Path, graded_soon: Callable[..., None]) -> None:
    graded_soon(score=Fraction(1, 2))

    card = secateur.submit(file)

    assert (card.state, card.score, card.rank) == ("scored", 0.5, 1)
    assert "Submission 1: scored" in card._repr_html_()
    assert secateur.check(file).state == "checked"


def test_a_card_shows_what_others_wrote_as_text() -> None:
    card = secateur.Card({"id": 1, "state": "rejected", "report": {"problems": [{"code": "x", "message": "<script>"}]}})

    assert "&lt;script&gt;" in card._repr_html_()
    assert "<script>" not in card._repr_html_()
