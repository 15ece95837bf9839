"""The smaller network is offered only if it decides each image as the whole one does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader import competition, pipeline, shrinking
from grader.airlock.protocol import Answer, JobLimits, Usage
from grader.checked import Accepted
from grader.competition import Definition
from grader.facts import AnyArray, Predictions, Shrunk
from grader.own_file import OwnFile
from grader.pipeline import Watch
from grader.running import READING_JOB
from grader.testset import TestSet
from tests.grader.test_archives import DEFINITION, network, saved

CLASSES = np.arange(10, dtype=np.int32) % 3


@dataclass
class Answers:
    """An evaluator that gives one prepared answer after the other."""

    prepared: list[AnyArray]
    asked: list[Mapping[str, Any]] = field(default_factory=list)
    level: str = "A"

    def run(self, arguments: Mapping[str, Any], inputs: Sequence[int], job_limits: JobLimits) -> Answer:
        self.asked.append(arguments)
        return Answer({"engine": "x", "rechecked": 0}, {"classes": self.prepared.pop(0)}, Usage(0, 0, 0))


@pytest.fixture
def definition(tmp_path: Path) -> Definition:
    (tmp_path / "steps.yaml").write_text(DEFINITION, encoding="utf-8")
    return competition.load(tmp_path / "steps.yaml")


@pytest.fixture
def constant(tmp_path: Path, definition: Definition) -> Accepted:
    """A network of four filters: one is zero, and one gives the same number everywhere, which a bias can take."""
    tensors = network(dead=2)
    tensors["conv.bias"][1] = 0.5
    (tmp_path / "model.pt").write_bytes(saved(tensors))
    with (tmp_path / "model.pt").open("rb") as file:
        accepted = pipeline.check(pipeline.begin(file.fileno(), definition, OwnFile(READING_JOB)), Watch()).accepted
    assert accepted is not None
    return accepted


def verify(
    accepted: Accepted, definition: Definition, test_set: TestSet, *answers: AnyArray
) -> tuple[Shrunk, Mapping[str, bytes]]:
    outlined = accepted.outline
    shrunk = Shrunk(outlined.parameters, outlined.removed, outlined.folded)
    predictions = Predictions(CLASSES, 0, "x")
    return shrinking.verify(accepted, shrunk, predictions, definition, test_set, Answers(list(answers)))


def test_a_network_that_decides_alike_is_offered_as_it_is(
    constant: Accepted, definition: Definition, tiny_test_set: TestSet
) -> None:
    shrunk, files = verify(constant, definition, tiny_test_set, CLASSES)

    assert (shrunk.removed, shrunk.folded, shrunk.verified) == ({"conv1": 2}, True, True)
    assert files.keys() == {"onnx", "state-dict"}


def test_where_a_folded_constant_changes_a_class_the_network_without_folding_is_offered(
    constant: Accepted, definition: Definition, tiny_test_set: TestSet
) -> None:
    shrunk, files = verify(constant, definition, tiny_test_set, CLASSES[::-1].copy(), CLASSES)

    assert (shrunk.removed, shrunk.folded, shrunk.verified) == ({"conv1": 1}, False, True)
    assert shrunk.parameters == 3 * 9 + 3 + 3 * 16 * 3 + 3
    assert files


def test_where_no_smaller_network_decides_alike_none_is_offered(
    constant: Accepted, definition: Definition, tiny_test_set: TestSet
) -> None:
    other = CLASSES[::-1].copy()

    shrunk, files = verify(constant, definition, tiny_test_set, other, other)

    assert (shrunk.verified, files) == (False, {})
