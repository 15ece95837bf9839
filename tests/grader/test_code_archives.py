"""A zip with code and weights: what its files are for, what is counted, and what is made of what the code jail answers."""

import os
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader import code_archives, competition, exports, pipeline
from grader.airlock.layers import Layer
from grader.airlock.protocol import Answer, JobLimits, Usage
from grader.airlock.runner import Airlock
from grader.checked import Checked
from grader.competition import Definition
from grader.errors import Cause, ChildDied, Finding, GraderFault, Refusal
from grader.facts import AnyArray, Contents, Member
from grader.own_file import OwnFile
from grader.pipeline import Watch
from grader.report import Status
from grader.running import READING_JOB, Runner
from grader.upload_rules import CodeRule
from tests.corpus.makers import checkpoint, onnx

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
RULE = CodeRule(scripts=("hw13.py", "hw13.ipynb"), checkpoints=("student_best*.ckpt",))
USAGE = Usage(0.0, 0.0, 0)


@dataclass
class Exporter:
    """Stands in for the code jail: gives one answer after the other, or raises it."""

    answers: list[Any]
    level: str = "A"
    runs: int = 0

    def run(self, arguments: Mapping[str, Any], inputs: Sequence[int], job_limits: JobLimits) -> Answer:
        self.runs += 1
        answer = self.answers[min(self.runs, len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return Answer({"dropped": 3}, {"graph": np.frombuffer(answer, np.uint8)}, USAGE)


@pytest.fixture(scope="module")
def definition() -> Definition:
    return competition.load(CORPUS / "competition-code.yaml")


@contextmanager
def opened(files: Mapping[str, bytes]) -> Iterator[int]:
    with tempfile.TemporaryFile() as stream:
        with zipfile.ZipFile(stream, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        stream.flush()
        yield stream.fileno()


def graph() -> bytes:
    """A network of 47 parameters."""
    return onnx.make({}, 0)


def files(**more: bytes) -> dict[str, bytes]:
    return {"hw13.py": b"def build(): ...", "student_best.ckpt": checkpoint.make({}, 0), **more}


def check(definition: Definition, exporter: Runner | None, given: Mapping[str, bytes] | None = None) -> Checked:
    with opened(files() if given is None else given) as file:
        return pipeline.check(pipeline.begin(file, definition, OwnFile(READING_JOB), exporter=exporter), Watch())


def codes(checked: Checked) -> list[str]:
    return [problem.code for problem in checked.report.problems]


def contents(*names: str) -> Contents:
    return Contents(tuple(Member(name, 1) for name in names))


def test_script_and_checkpoints_are_found_by_name_in_any_folder_and_case() -> None:
    found = code_archives.plan_of(
        contents("r1/HW13.py", "r1/report.pdf", "r1/student_best_2.ckpt", "r1/student_best.ckpt"), RULE
    )

    assert found.script == "r1/HW13.py"
    assert found.checkpoints == ("r1/student_best.ckpt", "r1/student_best_2.ckpt")
    assert found.attachments == ("r1/HW13.py", "r1/report.pdf")


def test_of_several_scripts_the_one_is_taken_that_the_definition_names_first() -> None:
    assert code_archives.plan_of(contents("hw13.ipynb", "hw13.py", "student_best.ckpt"), RULE).script == "hw13.py"


def test_everything_that_a_zip_lacks_is_told_at_once() -> None:
    with pytest.raises(Refusal) as refused:
        code_archives.plan_of(contents("notes.txt"), RULE)

    assert [finding.code for finding in refused.value.findings] == ["code-no-script", "code-no-checkpoint"]


def test_a_network_of_code_is_checked_like_an_onnx_file_and_says_so(definition: Definition) -> None:
    checked = check(definition, Exporter([graph()]))

    assert checked.report.status is Status.CHECKED
    assert [note.code for note in checked.report.notes] == ["counters-ignored", "code-exported"]
    assert "3 statements" in checked.report.notes[1].message
    assert [*checked.attachments] == ["hw13.py"]


def test_weights_that_the_graph_lost_are_counted_all_the_same(definition: Definition) -> None:
    checked = check(definition, Exporter([graph()]))

    assert checked.report.counts is not None
    assert checked.report.counts.parameters == 51
    assert checked.report.counts.layers[-1].name == code_archives.BEYOND
    assert sum(layer.parameters for layer in checked.report.counts.layers) == 51
    assert checked.accepted is not None
    assert checked.accepted.counts == checked.report.counts


def test_a_checkpoint_above_the_limit_is_refused_with_its_table(definition: Definition) -> None:
    small = definition.grading.model_copy(
        update={"limits": definition.grading.limits.model_copy(update={"max_parameters": 50})}
    )

    checked = check(Definition("small", small), Exporter([graph()]))

    assert [(problem.code, problem.got) for problem in checked.report.problems] == [("too-many-parameters", "51")]
    assert checked.report.counts is not None


def test_running_statistics_are_no_parameters_and_equal_arrays_are_one() -> None:
    arrays: dict[str, AnyArray] = {
        "a.weight": np.arange(4.0),
        "tied.weight": np.arange(4.0),
        "bn.weight": np.ones(3),
        "bn.running_mean": np.zeros(3),
        "bn.running_var": np.ones(3) / 2,
    }

    assert code_archives.weights_and_biases([arrays]) == 7


def test_problems_of_every_checkpoint_are_told_with_its_name(definition: Definition) -> None:
    given = files() | {"student_best.ckpt": b"no checkpoint", "student_best_2.ckpt": checkpoint.make({}, 0)[:-1]}

    checked = check(definition, Exporter([graph()]), given)

    assert [problem.where for problem in checked.report.problems] == ["student_best.ckpt", "student_best_2.ckpt"]
    assert checked.report.problems[0].message.startswith("student_best.ckpt: ")


def test_a_checkpoint_that_came_alone_is_told_what_belongs_to_it(definition: Definition) -> None:
    with tempfile.TemporaryFile() as stream:
        stream.write(checkpoint.make({}, 0))
        stream.flush()
        exporter = Exporter([graph()])
        checked = pipeline.check(
            pipeline.begin(stream.fileno(), definition, OwnFile(READING_JOB), exporter=exporter), Watch()
        )

    assert codes(checked) == ["code-checkpoint-alone"]


def test_an_onnx_file_is_taken_beside_zips_and_needs_no_exporter(definition: Definition) -> None:
    with tempfile.TemporaryFile() as stream:
        stream.write(graph())
        stream.flush()
        checked = pipeline.check(pipeline.begin(stream.fileno(), definition, OwnFile(READING_JOB)), Watch())

    assert checked.report.status is Status.CHECKED


def test_a_jail_without_every_layer_refuses_code_and_offers_onnx(definition: Definition) -> None:
    exporter = Exporter([graph()], level="B")

    checked = check(definition, exporter)

    assert codes(checked) == ["code-level"]
    assert "level B" in checked.report.problems[0].message
    assert "secateur export" in checked.report.problems[0].hint
    assert exporter.runs == 0


def test_a_real_jail_without_landlock_runs_no_code() -> None:
    with Airlock(READING_JOB, layers=[Layer.SECCOMP]) as airlock, pytest.raises(Refusal) as refused:
        exports.ready(airlock)

    assert refused.value.findings == (Finding("code-level", got="B"),)


def test_a_machine_without_torch_says_what_is_missing_and_blames_nobody(definition: Definition) -> None:
    with pytest.raises(GraderFault, match=r"pip install 'secateur\[torch\]'"):
        check(definition, None)


@pytest.mark.parametrize(
    ("cause", "code", "runs"),
    [
        (Cause.CPU, "code-too-slow", 1),
        (Cause.WALL, "code-too-slow", 1),
        (Cause.MEMORY, "code-memory", 1),
        (Cause.OUTPUT, "code-output", 1),
        (Cause.ANSWER, "code-died", 1),
        (Cause.CRASH, "code-died", 2),
    ],
)
def test_a_child_that_dies_does_so_by_the_code_and_a_crash_twice(
    definition: Definition, cause: Cause, code: str, runs: int
) -> None:
    exporter = Exporter([ChildDied(cause, "it died")])

    assert codes(check(definition, exporter)) == [code]
    assert exporter.runs == runs


def test_a_crash_that_does_not_happen_again_costs_nothing(definition: Definition) -> None:
    assert codes(check(definition, Exporter([ChildDied(Cause.CRASH, "signal 9"), graph()]))) == []


@pytest.mark.parametrize("code", ["no-such-code", "too-heavy", "onnx-empty"])
def test_a_refusal_that_the_exporter_does_not_have_is_not_told(definition: Definition, code: str) -> None:
    assert codes(check(definition, Exporter([Refusal(Finding(code, got="<script>"))]))) == ["code-died"]


@pytest.mark.parametrize("answer", [b"\x08\x08", b"marker", graph()[:-1]])
def test_a_graph_that_is_none_is_refused_by_the_reader_of_onnx(definition: Definition, answer: bytes) -> None:
    (code,) = codes(check(definition, Exporter([answer])))

    assert code.startswith(("onnx-", "not-onnx"))


NO_GRAPHS: list[dict[str, AnyArray]] = [
    {},
    {"graph": np.zeros(0, np.uint8)},
    {"graph": np.zeros(4, np.float32)},
    {"graph": np.zeros((2, 2), np.uint8)},
    {"graph": np.zeros(2, np.uint8), "more": np.zeros(2)},
]


@pytest.mark.parametrize("arrays", NO_GRAPHS)
def test_other_arrays_than_a_graph_are_no_answer(arrays: dict[str, AnyArray]) -> None:
    with pytest.raises(Refusal) as refused:
        exports._graph(Answer({}, arrays, USAGE), "hw13.py")

    assert refused.value.findings[0].code == "code-died"


def test_the_code_is_given_to_the_jail_without_a_way_to_change_it(definition: Definition) -> None:
    seen: list[bytes] = []

    class Watching(Exporter):
        def run(self, arguments: Mapping[str, Any], inputs: Sequence[int], job_limits: JobLimits) -> Answer:
            for each in inputs:
                with pytest.raises(PermissionError):
                    os.pwrite(each, b"marker", 0)
            seen.append(os.pread(inputs[0], 1 << 20, 0))
            assert job_limits.cpu_seconds == 2
            return super().run(arguments, inputs, job_limits)

    check(definition, Watching([graph()]))

    assert seen == [b"def build(): ..."]
