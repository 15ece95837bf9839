"""`secateur check` says what the server says, with the same code and sentence: here of code, in `tests/corpus` of all else."""

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
AT_HOME = {"code", "code-entry", "code-steady", "code-weights"}
"""Classes of code that builds a network and does nothing else, or fails to: what `secateur check` says of it is compared."""
IN_THE_JAIL_ALONE = {
    "code-imports": "what is installed differs from machine to machine, and some replace parts of Python",
    "code-processes": "the jail forbids the call; here it would start one",
    "code-network": "the jail forbids the call; here it would be made",
    "code-files": "the jail forbids the call; here it would be made",
    "code-limits": "the jail's memory and time run out; here nothing is limited",
    "code-signals": "it ends or stops its own process",
    "code-faked": "it replaces the exporter or its answer, in its own process",
}
"""Classes whose verdict is the jail's doing: at home one checks one's own code, and nothing contains it."""
BESIDES = {"catches-all", "thread-left"}
"""Of them what also tries a call that the jail forbids, or leaves a thread behind."""
CODE = [case for case in all_cases() if case.runs_code]
COMPARED = [case for case in CODE if case.trouble in AT_HOME and case.path.stem not in BESIDES]


@pytest.mark.skipif(not has_torch(), reason="needs torch, as `secateur check` does for code")
@pytest.mark.parametrize("case", COMPARED, ids=lambda case: case.id)
def test_code_of_ones_own_gets_the_servers_verdict(case: Case, tmp_path: Path) -> None:
    """Files without code: `tests/corpus/test_corpus.py`, all of them."""
    (tmp_path / "file").write_bytes(case.content)

    report = check(tmp_path / "file", definition_of(case.competition), case.file_name)

    assert [(each.code, each.message) for each in report.problems] == case.problems
    assert accepts(report) is case.accepted
    assert not case.accepted or (report.counts is not None and report.counts.zeros == case.facts["zeros"])


def test_every_class_of_code_is_compared_or_has_a_reason() -> None:
    assert {case.trouble for case in CODE} == AT_HOME | IN_THE_JAIL_ALONE.keys()
    assert len(COMPARED) >= 30


def some(*, accepted: bool) -> Case:
    return next(case for case in all_cases() if case.accepted is accepted and case.competition == "corpus")


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
