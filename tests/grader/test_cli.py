import json
import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader import cli, pipeline
from grader.airlock.runner import Airlock
from grader.errors import Cause, ChildDied, GraderFault

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "competitions" / "demo"
Capture = pytest.CaptureFixture[str]


def as_process(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "grader", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120, check=False)


def grade(folder: Path, *more: object, file: str = "my_good.h5", dataset: str = "tiny.npz") -> int:
    rules = ("--competition", folder / "tiny.yaml", "--dataset", folder / dataset)
    return cli.main([str(part) for part in ("grade", folder / file, *rules, *more)])


def check(folder: Path, *more: object, file: str | Path = "my_good.h5") -> int:
    return cli.main([str(part) for part in ("check", folder / file, "--competition", folder / "tiny.yaml", *more)])


def codes(content: dict[str, Any]) -> list[str]:
    return [problem["code"] for problem in content["problems"]]


def test_a_scored_file_ends_with_0_and_its_report_as_json() -> None:
    done = as_process(
        *("grade", DEMO / "samples/pruned-93/my_model_weights.h5", "--competition", ROOT / "competitions/demo.yaml"),
        *("--dataset", DEMO / "hidden-test.npz", "--json"),
    )

    content = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (cli.Exit.SCORED, "")
    assert (content["status"], content["score_exact"]) == ("scored", "262965613/296466500")
    assert content["airlock"] in ("A", "B")
    assert list(content["timings"]) == ["reading", "checking", "evaluating", "scoring"]


def test_a_rejected_file_ends_with_1_and_all_its_problems() -> None:
    file = DEMO / "samples/wrong-architecture/my_model_weights.h5"
    done = as_process("check", file, "--competition", ROOT / "competitions/demo.yaml")

    assert (done.returncode, done.stderr) == (cli.Exit.REJECTED, "")
    assert done.stdout.startswith("demo: rejected\n")
    for place in ("conv2d_1/kernel", "conv2d_1/bias", "conv2d_2/kernel"):
        assert f"[shape-mismatch] {place} has shape" in done.stdout


@pytest.mark.parametrize(
    "arguments", [(), ("judge",), ("grade", "x.h5"), ("check",), ("check", "x.h5", "--competition")]
)
def test_a_command_that_is_not_understood_ends_with_2(arguments: tuple[str, ...], capsys: Capture) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(list(arguments))

    assert caught.value.code == cli.Exit.USAGE
    assert "usage: python -m grader" in capsys.readouterr().err


@pytest.mark.parametrize("file", ["absent.h5", ".", "/dev/zero"])
def test_what_is_no_file_ends_with_2(tiny: Path, file: str, capsys: Capture) -> None:
    assert check(tiny, file=file) == cli.Exit.USAGE
    assert capsys.readouterr().err.startswith("error: ")


def test_a_pipe_is_no_file_and_is_not_waited_for(tmp_path: Path, tiny: Path, capsys: Capture) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert check(tiny, file=str(tmp_path / "pipe")) == cli.Exit.USAGE
    assert capsys.readouterr().err.endswith("pipe is not a file\n")


def test_a_wrong_definition_ends_with_2_and_its_line(tmp_path: Path, tiny: Path, capsys: Capture) -> None:
    shutil.copytree(tiny, tmp_path, dirs_exist_ok=True)
    text = (tiny / "tiny.yaml").read_text(encoding="utf-8")
    (tmp_path / "tiny.yaml").write_text(text.replace("20000", "lots"), encoding="utf-8")

    assert check(tmp_path) == cli.Exit.USAGE
    assert capsys.readouterr().err.startswith("error: tiny.yaml, line 6: grading.file.max_bytes: ")


@pytest.mark.parametrize(
    ("shape", "labels", "part"),
    [
        ((2, 25, 25, 3), [0, 1], "expected images of shape (2, 2, 1), which the network takes, got shape (25, 25, 3)"),
        ((2, 2, 2, 1), [0, 7], "expected labels from 0 to 2, one for each class of the network, got labels up to 7"),
        ((2, 2, 2, 1), [0, 1, 2], "expected one label for each image, got 2 images and 3 labels"),
        ((2, 2, 2), [0, 1], "expected 4 dimensions"),
    ],
)
def test_a_data_set_that_does_not_fit_ends_with_2(
    tmp_path: Path, tiny: Path, shape: tuple[int, ...], labels: list[int], part: str, capsys: Capture
) -> None:
    np.savez(tmp_path / "other.npz", images=np.zeros(shape, np.uint8), labels=np.array(labels))

    assert grade(tiny, dataset=str(tmp_path / "other.npz")) == cli.Exit.USAGE
    assert part in capsys.readouterr().err


@pytest.mark.parametrize("dataset", ["absent.npz", "tiny.yaml", "my_good.h5"])
def test_a_data_set_that_is_none_ends_with_2(tiny: Path, dataset: str, capsys: Capture) -> None:
    assert grade(tiny, dataset=dataset) == cli.Exit.USAGE
    assert dataset in capsys.readouterr().err


def test_ones_own_file_gives_the_same_report_without_a_jail(tiny: Path, capsys: Capture) -> None:
    reports = []
    for more in ((), ("--own-file",)):
        assert grade(tiny, "--json", *more) == cli.Exit.SCORED
        reports.append(json.loads(capsys.readouterr().out))

    jailed, own = reports
    assert jailed.pop("airlock") in ("A", "B")
    assert own.pop("airlock") == "none"
    assert jailed.pop("timings").keys() == own.pop("timings").keys()
    assert jailed == own


def test_check_needs_no_data_and_says_that_nothing_was_scored(tiny: Path, capsys: Capture) -> None:
    assert check(tiny, "--json") == cli.Exit.SCORED

    content = json.loads(capsys.readouterr().out)
    assert (content["status"], content["zeros"], content["splits"]) == ("checked", 12, {})
    assert (content["score"], content["digests"]["dataset"]) == (None, None)
    assert list(content["timings"]) == ["reading", "checking"]


def test_the_name_of_a_file_counts_only_for_an_upload(tmp_path: Path, tiny: Path, capsys: Capture) -> None:
    other = shutil.copy(tiny / "my_good.h5", tmp_path / "weights.h5")

    assert check(tiny, "--own-file", file=other) == cli.Exit.SCORED
    assert check(tiny, "--own-file", "--as-upload") == cli.Exit.SCORED
    capsys.readouterr()
    assert check(tiny, "--own-file", "--as-upload", "--json", file=other) == cli.Exit.REJECTED
    assert codes(json.loads(capsys.readouterr().out)) == ["wrong-file-name"]


def test_a_wrong_name_is_told_together_with_what_is_wrong_inside(tmp_path: Path, tiny: Path, capsys: Capture) -> None:
    other = shutil.copy(tiny / "my_wrong.h5", tmp_path / "weights.h5")

    assert check(tiny, "--own-file", "--as-upload", "--json", file=other) == cli.Exit.REJECTED
    assert codes(json.loads(capsys.readouterr().out)) == ["shape-mismatch", "shape-mismatch", "wrong-file-name"]


def test_a_machine_without_a_jail_ends_with_3_and_reads_nothing(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(cli, "Airlock", partial(Airlock, layers=()))

    assert check(tiny) == cli.Exit.FAULT
    assert capsys.readouterr().err.startswith("our fault, not the file's: the jail is at level C")


def test_a_job_that_cannot_be_loaded_ends_with_3(tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(cli, "READING_JOB", "grader.reading.no_such_job")

    assert check(tiny) == cli.Exit.FAULT
    assert capsys.readouterr().err.startswith("our fault, not the file's: ")


def test_a_mistake_in_our_code_ends_with_3_and_not_as_a_rejection(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def stumble(*arguments: object) -> None:
        raise KeyError("no such key")

    monkeypatch.setattr(pipeline, "check", stumble)

    assert check(tiny, "--own-file") == cli.Exit.FAULT
    assert "KeyError: 'no such key'" in capsys.readouterr().err


def out_of_time(*_: object) -> None:
    raise ChildDied(Cause.CPU, "as the test wants it")


def test_a_file_that_meets_its_own_limit_twice_is_rejected_as_too_heavy(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(pipeline, "check", out_of_time)

    assert check(tiny, "--json") == cli.Exit.REJECTED
    content = json.loads(capsys.readouterr().out)
    assert codes(content) == ["too-heavy"]
    assert content["problems"][0]["got"] == "cpu"


def test_an_evaluation_that_meets_its_own_limit_twice_keeps_what_was_counted(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(pipeline, "evaluate", out_of_time)

    assert grade(tiny, "--json") == cli.Exit.REJECTED
    content = json.loads(capsys.readouterr().out)
    assert (codes(content), content["zeros"], content["score"]) == (["too-heavy"], 12, None)


@pytest.mark.parametrize(
    ("endings", "result"),
    [
        ([None], "done"),
        ([Cause.CRASH, None], "done"),
        ([Cause.CPU, None], "done"),
        ([Cause.CPU, Cause.MEMORY], Cause.MEMORY),
        ([Cause.MEMORY, Cause.CPU], Cause.CPU),
    ],
)
def test_a_step_whose_child_died_is_tried_once_more(endings: list[Cause | None], result: object) -> None:
    left = iter(endings)

    def step() -> str:
        if cause := next(left):
            raise ChildDied(cause, "as the test wants it")
        return "done"

    assert cli._twice(step) == result
    assert next(left, "nothing left") == "nothing left"


@pytest.mark.parametrize(
    "endings",
    [
        (Cause.WALL, Cause.WALL),
        (Cause.CRASH, Cause.CRASH),
        (Cause.CPU, Cause.CRASH),
        (Cause.CRASH, Cause.CPU),
        (Cause.ANSWER,) * 2,
    ],
)
def test_two_deaths_that_are_not_both_by_a_limit_are_our_fault(endings: tuple[Cause, ...]) -> None:
    left = iter(endings)

    def step() -> str:
        raise ChildDied(next(left), "as the test wants it")

    with pytest.raises(GraderFault):
        cli._twice(step)
