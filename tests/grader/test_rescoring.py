"""Scores under other formulas from what a grading kept: exact, and only where nothing else changed."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import competitions
from grader import competition, yaml_source
from grader.competition import Definition
from grader.facts import Counts, Macs, SplitResult
from grader.formula import FormulaError
from grader.references import in_folder
from grader.report import Digests, Report, Status
from grader.rescoring import NotKept, Rescored, obstacle, rescore

FOLDER = Path(competitions.__file__).parent
LABELS = np.arange(20, dtype=np.int64) % 5
CLASSES = np.where(np.arange(20) % 4 == 0, 0, LABELS).astype(np.int32)
CORRECT = int((CLASSES == LABELS).sum())
PARTS = "  splits: {seed: 13, parts: {public: 12, private: 8}}\n"


def definition(*changes: tuple[str, str]) -> Definition:
    """The demo's rules with pieces of their text changed."""
    text = (FOLDER / "demo.yaml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return competition.from_source(yaml_source.parse(text, "demo.yaml"), in_folder(FOLDER))


def formula(text: str) -> tuple[str, str]:
    """The change of the demo's score to this one."""
    [line] = [each for each in (FOLDER / "demo.yaml").read_text(encoding="utf-8").splitlines() if "  score:" in each]
    return line, f"  score: {text}"


def report() -> Mapping[str, Any]:
    """A report on the demo's rules, whose predictions are CLASSES."""
    made = Report(
        status=Status.SCORED,
        competition="demo",
        digests=Digests("f", "d", dataset="s"),
        file_bytes=1000,
        airlock="A",
        counts=Counts(592_933, 300_000, 0, ()),
        macs=Macs(10_000_000, 5_000_000, 4_000_000),
        splits={"test": SplitResult(20, CORRECT)},
        score=Fraction(1, 2),
    )
    return made.as_json()


def rescored(new: Definition, kept: Mapping[str, Any] | None = None) -> Rescored:
    return rescore(kept or report(), lambda: CLASSES, new, lambda: LABELS)


@pytest.mark.parametrize(
    "change",
    [
        formula("accuracy"),
        ("  split: test\n", "  split: hidden\n"),
        ("  split: test\n", PARTS),
        ("  split: test\n", "  split: test\n  lower_is_better: true\n  rank_if: accuracy > 0.9\n"),
        ("my_model_weights*.h5", "*.h5"),
        ("max_bytes: 16777216", "max_bytes: 1000"),
    ],
)
def test_formulas_and_parts_are_no_obstacle(change: tuple[str, str]) -> None:
    assert obstacle(definition(), definition(change)) == ""


def test_what_decides_about_a_result_is_named_as_an_obstacle() -> None:
    assert obstacle(definition(), definition(("divide_by: 255", "divide_by: 127"))) == "`input` changed"


def test_a_score_is_exact_and_told_like_a_graded_one() -> None:
    found = rescored(definition(formula("(accuracy + sparsity) / 2")))

    exact = (Fraction(CORRECT, 20) + Fraction(300_000, 592_933)) / 2
    assert found.public.score == exact
    assert (found.report["score"], found.report["score_exact"]) == (float(exact), str(exact))
    assert found.private is None
    assert found.report["layers"] == report()["layers"]


def test_every_metric_of_the_report_can_be_used() -> None:
    found = rescored(definition(formula("macs_effective + file_bytes + flops / macs_dense")))

    assert found.public.score == 4_000_000 + 1000 + 2


def test_new_parts_are_counted_in_the_kept_predictions() -> None:
    new = definition(("  split: test\n", PARTS), formula("accuracy"))

    found = rescored(new)

    assert new.grading.splits is not None
    members = new.grading.splits.members()
    told = {name: Fraction(int((CLASSES[each] == LABELS[each]).sum()), each.size) for name, each in members.items()}
    assert {name: each.score for name, each in found.outcomes.items()} == told
    assert found.report["digests"]["split"] == new.grading.splits.digest
    assert found.private is not None


def test_parts_that_stay_need_no_predictions() -> None:
    new = definition(formula("accuracy"))

    found = rescore(report(), lambda: pytest.fail("asked for"), new, lambda: pytest.fail("asked for"))

    assert found.public.score == Fraction(CORRECT, 20)


def test_new_parts_without_predictions_are_not_guessed() -> None:
    with pytest.raises(NotKept):
        rescore(report(), lambda: None, definition(("  split: test\n", PARTS)), lambda: LABELS)


def test_a_formula_without_a_value_is_told() -> None:
    with pytest.raises(FormulaError, match="divides by zero"):
        rescored(definition(formula("1 / (file_bytes - 1000)")))
