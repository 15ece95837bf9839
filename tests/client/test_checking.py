"""`secateur check` says what the server says: the same verdict, code and sentence for every file of the corpus."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from client.checking import accepts, check
from grader.exports import has_torch
from tests.app.world import FOLDER, SAMPLES
from tests.corpus.cases import COMPETITIONS, Case, all_cases, definition_of

Run = Callable[..., Result]
DEMO = FOLDER / "demo.yaml"
TRUSTED = {
    "plain",
    "class-alone",
    "ensemble",
    "notebook",
    "missing",
    "other-names",
    "other-shapes",
    "left-out",
    "syntax",
}
"""Cases of code that build a network and do nothing else, or fail to. At home one checks one's own, and nothing contains it."""
CASES = [case for case in all_cases() if not case.runs_code or (has_torch() and case.path.stem in TRUSTED)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_file_gets_the_servers_verdict(case: Case, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(case.content)

    report = check(tmp_path / "file", definition_of(case.competition), case.file_name)

    assert [(each.code, each.message) for each in report.problems] == case.problems
    assert accepts(report) is case.accepted
    assert not case.accepted or (report.counts is not None and report.counts.zeros == case.facts["zeros"])


def some(*, accepted: bool) -> Case:
    return next(case for case in CASES if case.accepted is accepted and case.competition == "corpus")


@pytest.mark.parametrize(("accepted", "status"), [(True, 0), (False, 1)])
def test_the_command_ends_with_the_verdict(run: Run, home: Path, accepted: bool, status: int) -> None:
    case = some(accepted=accepted)
    (home / "my_model_weights.h5").write_bytes(case.content)

    done = run("check", "my_model_weights.h5", "-c", COMPETITIONS["corpus"])

    assert done.exit_code == status
    assert all(f"[{code}] {message}" in done.output for code, message in case.problems)


def test_problems_come_as_rows_for_a_spreadsheet(run: Run, home: Path) -> None:
    case = some(accepted=False)
    (home / "my_model_weights.h5").write_bytes(case.content)

    done = run("check", "my_model_weights.h5", "-c", COMPETITIONS["corpus"], "--format", "csv")

    assert done.output.startswith("code,where,expected,got,message,hint\n")
    assert case.problems[0][0] in done.output


def test_a_name_that_the_assignment_does_not_take_is_told(run: Run, home: Path) -> None:
    (home / "other.h5").write_bytes((SAMPLES / "pruned-50" / "my_model_weights.h5").read_bytes())

    assert "[wrong-file-name]" in run("check", "other.h5", "-c", DEMO).output
    assert run("check", "other.h5", "--name", "my_model_weights.h5", "-c", DEMO).exit_code == 0


def test_without_server_and_definition_it_says_what_to_name(run: Run, home: Path) -> None:
    (home / "my_model_weights.h5").write_bytes(b"x")

    done = run("check", "my_model_weights.h5")

    assert (done.exit_code, "--competition FILE.yaml" in done.output) == (2, True)
