"""Every file of the corpus gets exactly the verdict that it must: at home, in the jail, through the service."""

import hashlib
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from client.checking import accepts
from client.checking import check as at_home
from grader import pipeline
from grader.airlock.runner import Airlock
from grader.own_file import OwnFile
from grader.pipeline import Watch
from grader.report import Report, Status
from grader.running import READING_JOB, Runner
from tests.corpus.cases import FOLDER, Case, all_cases, definition_of
from tests.corpus.conftest import Service

LARGEST_FILE_BYTES = 20_000
PROCESSES = {"web": 1, "worker": 2, "-X": 4}
"""What runs when nothing is graded: one worker for everything, one that only checks, and the two zygotes of each."""
FILES = tuple(case for case in all_cases() if not case.runs_code)
one_database = pytest.mark.only_on(
    "sqlite",
    reason="one live service is asked: a verdict comes from the grader, and its way into rows is tested on both",
)
every_case = pytest.mark.parametrize("case", FILES, ids=lambda case: case.id)


def check(case: Case, reader: Runner, exporter: Runner | None = None) -> Report:
    with tempfile.TemporaryFile() as file:
        file.write(case.content)
        file.flush()
        definition = definition_of(case.competition)
        return pipeline.check(pipeline.begin(file.fileno(), definition, reader, exporter=exporter), Watch()).report


def expect(case: Case, report: Report) -> None:
    assert [(problem.code, problem.message) for problem in report.problems] == case.problems
    if case.accepted:
        assert report.status is Status.CHECKED
        assert report.counts is not None
        assert report.counts.zeros == case.facts["zeros"]
        assert [note.code for note in report.notes] == case.facts.get("notes", [])


@every_case
def test_a_file_gets_its_verdict_at_home(case: Case, tmp_path: Path) -> None:
    """By what `secateur check` runs, in this process."""
    (tmp_path / "file").write_bytes(case.content)

    report = at_home(tmp_path / "file", definition_of(case.competition), case.file_name)

    expect(case, report)
    assert accepts(report) is case.accepted


@every_case
def test_a_file_gets_its_verdict_in_the_jail(case: Case, jail: Airlock) -> None:
    expect(case, check(case, jail))


@one_database
@every_case
def test_a_file_gets_its_verdict_from_the_service(case: Case, service: Service, jail: Airlock) -> None:
    expect_from_service(case, service, jail)


def expect_from_service(case: Case, service: Service, jail: Airlock) -> None:
    answer = service.verdict(case)

    if answer["status_code"] == 422:
        assert (answer["code"], answer["detail"]) == case.problems[0]
        assert [(problem["code"], problem["message"]) for problem in answer["errors"]] == case.problems
        return
    report = answer["report"]
    assert [(problem["code"], problem["message"]) for problem in report["problems"]] == case.problems
    assert (answer["state"], report["airlock"]) == ("scored" if case.accepted else "rejected", str(jail.level))
    assert not case.accepted or report["zeros"] == case.facts["zeros"]


@one_database
def test_no_file_killed_a_child_or_left_a_process_behind(service: Service) -> None:
    for case in FILES:
        service.verdict(case)

    kinds = Counter(line.split()[3] for line in service.processes().values())
    assert "died" not in service.log.read_text(encoding="utf-8")
    assert kinds == PROCESSES


def test_the_corpus_is_large_enough() -> None:
    accepted = sum(case.accepted for case in all_cases())

    assert len(all_cases()) >= 80
    assert accepted >= 20


def test_the_corpus_has_enough_checkpoints() -> None:
    accepted = Counter(case.accepted for case in all_cases() if case.competition == "corpus-torch")

    assert accepted.total() >= 80
    assert accepted[True] >= 20


def test_the_corpus_has_enough_networks() -> None:
    accepted = Counter(case.accepted for case in all_cases() if case.competition == "corpus-onnx")

    assert accepted.total() >= 60
    assert accepted[True] >= 15


def test_no_checkpoint_runs_what_it_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    gadgets = [case for case in FILES if b"marker" in case.content]

    for case in gadgets:
        check(case, OwnFile(READING_JOB))

    assert len(gadgets) >= 8
    assert list(tmp_path.iterdir()) == []


def test_every_class_of_trouble_has_three_cases() -> None:
    classes = Counter(case.trouble for case in all_cases() if not case.accepted)

    assert len(classes) >= 20
    assert {name: count for name, count in classes.items() if count < 3} == {}


def test_files_beside_the_cases_are_small_and_used() -> None:
    used = {case.path.parent / case.facts["file"] for case in all_cases() if "file" in case.facts}

    assert used == set(FOLDER.rglob("*.h5"))
    assert all(path.stat().st_size < LARGEST_FILE_BYTES for path in used)


def test_no_two_cases_are_the_same_file() -> None:
    files = Counter((case.competition, hashlib.sha256(case.content).digest()) for case in all_cases())

    assert max(files.values()) == 1
