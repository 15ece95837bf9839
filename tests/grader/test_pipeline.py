import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader import messages, pipeline
from grader.airlock.protocol import Answer, JobLimits
from grader.airlock.runner import Airlock
from grader.checked import Checked, Known, digest_of_weights
from grader.competition import Definition
from grader.errors import Cause, ChildDied
from grader.facts import AnyArray
from grader.own_file import OwnFile
from grader.pipeline import Watch
from grader.report import Report, Status
from grader.running import READING_JOB, Runner

Opener = Callable[[Path], int]
Writer = Callable[[Path, AnyArray, AnyArray], Path]
ZERO_BIAS = np.zeros(3, np.float32)


class Crashing:
    """A runner whose every child crashes."""

    level = "A"

    def run(self, arguments: Mapping[str, Any], inputs: Sequence[int], job_limits: JobLimits) -> Answer:
        raise ChildDied(Cause.CRASH, "signal 11")


def check(file: int, definition: Definition, reader: Runner | None = None) -> Checked:
    reader = reader or OwnFile(READING_JOB)
    return pipeline.check(pipeline.begin(file, definition, reader), Watch())


def test_a_file_is_checked_without_any_data(tiny: Path, tiny_definition: Definition, open_file: Opener) -> None:
    file = open_file(tiny / "my_good.h5")

    checked = check(file, tiny_definition)

    assert checked.accepted
    report = checked.report
    assert (report.status, report.competition, report.airlock) == (Status.CHECKED, "tiny", "none")
    assert report.counts is not None
    assert (report.counts.parameters, report.counts.zeros) == (15, 12)
    assert report.file_bytes == os.fstat(file).st_size
    assert (report.score, report.splits, report.digests.dataset) == (None, {}, None)


def test_a_file_that_is_known_is_not_hashed_again_and_its_weights_are(
    tiny: Path, tiny_definition: Definition, open_file: Opener
) -> None:
    file, reader = open_file(tiny / "my_good.h5"), OwnFile(READING_JOB)
    first = check(file, tiny_definition)

    again = pipeline.check(pipeline.begin(file, tiny_definition, reader, Known("file", "other")), Watch())

    assert again.report.digests == replace(first.report.digests, file="file")


def test_a_check_that_is_not_in_full_leaves_out_what_no_verdict_needs(
    tiny: Path, tiny_definition: Definition, open_file: Opener
) -> None:
    def report(name: str, *, in_full: bool) -> Report:
        upload = pipeline.begin(open_file(tiny / name), tiny_definition, OwnFile(READING_JOB))
        return replace(pipeline.check(upload, Watch(), in_full=in_full).report, timings={})

    full, short = (report("my_good.h5", in_full=each) for each in (True, False))
    assert None not in (full.macs, full.shrunk, full.magnitudes)
    assert short == replace(full, macs=None, shrunk=None, magnitudes=None)
    wrong = [report("my_wrong.h5", in_full=each) for each in (True, False)]
    assert wrong[0].problems
    assert wrong[0] == wrong[1]


def test_a_wrong_file_is_told_all_its_problems(tiny: Path, tiny_definition: Definition, open_file: Opener) -> None:
    checked = check(open_file(tiny / "my_wrong.h5"), tiny_definition)

    assert not checked.accepted
    assert checked.report.status is Status.REJECTED
    assert [(problem.code, problem.where) for problem in checked.report.problems] == [
        ("shape-mismatch", "dense/kernel"),
        ("shape-mismatch", "dense/bias"),
    ]
    assert list(checked.report.timings) == ["reading", "checking"]
    assert checked.report.counts is None


def test_shapes_and_values_are_told_together(
    tmp_path: Path, tiny_definition: Definition, open_file: Opener, write_weights: Writer
) -> None:
    path = write_weights(tmp_path / "x.h5", np.ones((4, 2), np.float32), np.full(3, np.nan, np.float32))

    problems = check(open_file(path), tiny_definition).report.problems

    assert [(problem.code, problem.where) for problem in problems] == [
        ("shape-mismatch", "dense/kernel"),
        ("not-finite", "dense/bias"),
    ]


def test_a_file_that_is_no_weight_file_is_rejected_with_its_digest(
    tmp_path: Path, tiny_definition: Definition, open_file: Opener, reading_airlock: Airlock
) -> None:
    (tmp_path / "my_model.h5").write_bytes(b"")

    report = check(open_file(tmp_path / "my_model.h5"), tiny_definition, reading_airlock).report

    assert [problem.code for problem in report.problems] == ["empty-file"]
    assert report.digests.file == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert list(report.timings) == ["reading"]


def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    tmp_path: Path, tiny_definition: Definition, open_file: Opener
) -> None:
    (tmp_path / "large.h5").write_bytes(bytes(20_001))
    (problem,) = check(open_file(tmp_path / "large.h5"), tiny_definition, Crashing()).report.problems

    assert (problem.code, problem.expected, problem.got) == ("too-large", "20,000 bytes", "20,001 bytes")


def test_negative_zeros_change_neither_the_count_nor_the_digest_of_the_weights(
    tmp_path: Path, tiny_definition: Definition, open_file: Opener, write_weights: Writer
) -> None:
    kernel = np.eye(4, 3, dtype=np.float32)
    plain = check(open_file(write_weights(tmp_path / "a.h5", kernel, ZERO_BIAS)), tiny_definition).report
    signed = np.where(kernel == 0, np.float32(-0.0), kernel)
    minus = check(open_file(write_weights(tmp_path / "b.h5", signed, -ZERO_BIAS)), tiny_definition).report

    assert plain.counts == minus.counts
    assert plain.digests.weights == minus.digests.weights
    assert plain.digests.file != minus.digests.file


def test_the_digest_of_weights_changes_with_one_number_and_with_a_name() -> None:
    weights = {"a": np.zeros((2, 3), np.float32), "b": np.ones(2, np.float32)}
    changed = weights | {"b": np.nextafter(weights["b"], np.float32(2))}
    others = [changed, {"a": weights["a"], "c": weights["b"]}, weights | {"a": weights["a"].reshape(3, 2)}]

    assert len({digest_of_weights(each) for each in [weights, *others]}) == 4


def test_weights_that_are_small_and_not_zero_are_remarked_upon(
    tmp_path: Path, tiny_definition: Definition, open_file: Opener, write_weights: Writer
) -> None:
    path = write_weights(tmp_path / "x.h5", np.full((4, 3), 1e-9, np.float32), np.ones(3, np.float32))

    (note,) = check(open_file(path), tiny_definition).report.notes

    assert note == messages.note("almost-zero", got="12", expected="0")


def test_a_fault_of_ours_is_no_problem_of_the_file(tiny: Path, tiny_definition: Definition, open_file: Opener) -> None:
    with pytest.raises(ChildDied):
        check(open_file(tiny / "my_good.h5"), tiny_definition, Crashing())
