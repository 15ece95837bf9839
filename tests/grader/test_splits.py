"""Which sample is in which part, and what each part comes to."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import competition, pipeline, splits
from grader.competition import Definition, Grading
from grader.dataset_errors import DatasetError
from grader.errors import DefinitionError, GraderFault
from grader.own_file import OwnFile
from grader.pipeline import Watch
from grader.report import Report
from grader.running import READING_JOB
from grader.splits import PartsRule, SplitsRule
from grader.testset import TestSet, check_parts
from tests.grader.test_pipeline_evaluating import RIGHT, Stub, answer_of

FOOD = SplitsRule(seed=13, parts=PartsRule(public=1109, private=1109))
LINES = "  splits:\n    seed: 13\n    parts: {public: 6, private: 4}\n"


PUBLIC_OF_13 = [2, 4, 5, 6, 11, 13, 14, 15, 16, 18, 21, 22]
DIGEST_OF_13 = "8106aa7beba9021eed2b1f39b14911b89d0e2a3b01d5b7d563b397baae0f5007"


@pytest.fixture
def parted(tiny_definition: Definition) -> Definition:
    """The tiny competition with six public and four private samples of ten."""
    rules = tiny_definition.grading.model_dump(mode="json")
    parts = {"seed": 13, "parts": {"public": 6, "private": 4}}
    return Definition("tiny", Grading.model_validate(rules | {"splits": parts}))


def graded(tiny: Path, definition: Definition, test_set: TestSet) -> Report:
    with (tiny / "my_good.h5").open("rb") as file:
        upload = pipeline.begin(file.fileno(), definition, OwnFile(READING_JOB))
        checked = pipeline.check(upload, Watch())
    return pipeline.evaluate(upload, checked, test_set, Stub(answer_of(RIGHT)), Watch())


@given(
    seed=st.integers(0, 2**63 - 1), public=st.integers(1, 60), private=st.integers(1, 60), other=st.integers(0, 1000)
)
def test_every_sample_is_in_one_part_and_the_parts_have_their_sizes(
    seed: int, public: int, private: int, other: int
) -> None:
    rule = SplitsRule(seed=seed, parts=PartsRule(public=public, private=private))
    found = rule.members()

    assert [len(part) for part in found.values()] == [public, private]
    assert sorted([*found["public"], *found["private"]]) == list(range(public + private))
    assert all(np.all(np.diff(part) > 0) for part in found.values())
    assert rule.digest == SplitsRule(seed=seed, parts=rule.parts).digest


def test_the_parts_are_those_of_every_release() -> None:
    assert FOOD.members()["public"][:12].tolist() == PUBLIC_OF_13
    assert FOOD.digest == DIGEST_OF_13


def test_another_seed_gives_other_parts() -> None:
    assert SplitsRule(seed=14, parts=FOOD.parts).digest != FOOD.digest


def test_each_part_is_scored_by_the_same_formula(tiny: Path, parted: Definition, tiny_test_set: TestSet) -> None:
    report = graded(tiny, parted, tiny_test_set)

    members = SplitsRule(seed=13, parts=PartsRule(public=6, private=4)).members()
    correct = {name: int(np.sum(RIGHT[part] == tiny_test_set.labels[part])) for name, part in members.items()}
    assert list(report.splits) == list(report.scores) == ["public", "private"]
    assert {name: part.correct for name, part in report.splits.items()} == correct
    assert {name: part.examples for name, part in report.splits.items()} == {"public": 6, "private": 4}
    for name, part in report.splits.items():
        accuracy = Fraction(correct[name], part.examples)
        assert report.scores[name].score == ((accuracy + Fraction(12, 15)) / 2 if accuracy > Fraction(3, 5) else 0)
    assert report.score == report.scores["public"].score
    assert report.digests.split == members_digest(parted)


def members_digest(definition: Definition) -> str:
    assert definition.grading.splits is not None
    return definition.grading.splits.digest


def test_without_parts_there_is_one_score_and_no_digest(
    tiny: Path, tiny_definition: Definition, tiny_test_set: TestSet
) -> None:
    report = graded(tiny, tiny_definition, tiny_test_set)

    assert (list(report.splits), report.scores, report.digests.split) == (["test"], {}, None)


def test_the_json_holds_both_scores_exactly(tiny: Path, parted: Definition, tiny_test_set: TestSet) -> None:
    report = graded(tiny, parted, tiny_test_set)

    told = replace(report, predictions=None).as_json()["scores"]

    for name, outcome in report.scores.items():
        assert told[name] == {
            "score": float(outcome.score),
            "score_exact": str(outcome.score),
            "full_credit": outcome.full_credit,
            "ranks": None,
        }


def test_parts_that_are_not_the_whole_test_set_are_told_with_all_three_numbers(tiny_test_set: TestSet) -> None:
    with pytest.raises(DatasetError, match="expected 1,109 public and 1,109 private samples, got 10 samples"):
        check_parts(tiny_test_set, FOOD, "tiny.npz")
    with pytest.raises(GraderFault, match="2,218 in all; the data set has 10"):
        splits.results(RIGHT, tiny_test_set.labels, FOOD, "test")


@pytest.mark.parametrize(
    ("lines", "line", "told"),
    [
        ("  split: hidden\n" + LINES, 15, "leave `split` out"),
        (LINES.replace("private: 4", "private: 0"), 16, "greater than 0"),
        (LINES.replace("private: 4", "secret: 4"), 16, "splits.parts.private: this key is missing"),
        (LINES.replace("seed: 13", "seed: -1"), 15, "greater than or equal to 0"),
    ],
)
def test_what_is_wrong_with_the_parts_is_told_with_its_line(
    tiny: Path, tmp_path: Path, lines: str, line: int, told: str
) -> None:
    text = (tiny / "tiny.yaml").read_text(encoding="utf-8")
    (tmp_path / "tiny.keras.json").write_bytes((tiny / "tiny.keras.json").read_bytes())
    (tmp_path / "tiny.yaml").write_text(text + lines, encoding="utf-8")

    with pytest.raises(DefinitionError) as caught:
        competition.load(tmp_path / "tiny.yaml")

    assert told in str(caught.value)
    assert caught.value.line == line


def test_a_series_would_tell_of_the_private_part() -> None:
    rules = competition.load(Path(competition.__file__).parents[1] / "competitions" / "cs6886.yaml").grading
    parts = {"seed": 13, "parts": {"public": 5000, "private": 5000}}

    with pytest.raises(ValueError, match="would tell of the private ones"):
        Grading.model_validate(rules.model_dump(mode="json") | {"splits": parts})
