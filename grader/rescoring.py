"""A score under other formulas, from what an earlier grading kept: its counts, and the predicted class of every sample.

Nothing is read and nothing is evaluated; the arithmetic is that of grading.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from grader import scoring, splits
from grader.competition import Definition
from grader.datasets import Labels
from grader.errors import GraderFault
from grader.facts import Counts, Macs, Outcome, SplitResult
from grader.report import outcome_as_json, split_as_json

FORMULAS = frozenset({"score", "full_credit", "rank_if", "lower_is_better", "split", "splits", "classes", "file"})
"""Keys of `grading` that say what a result is worth, or what may come in, and not what it is."""
AT_THE_DOOR = frozenset({"names", "max_bytes"})
"""Keys of `grading.file` that an upload meets once, before it is stored."""
Classes = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Rescored:
    """A scored report under other rules, with what it comes to on each part of the test set, the public one first."""

    report: Mapping[str, Any]
    outcomes: Mapping[str, Outcome]

    @property
    def public(self) -> Outcome:
        """On the public part, or on the whole test set where it has no parts."""
        return next(iter(self.outcomes.values()))

    @property
    def private(self) -> Outcome | None:
        """On the private part; None where there are no parts."""
        return self.outcomes.get(splits.Part.PRIVATE)


class NotKept(GraderFault):
    """What would be needed to score without evaluating was not kept."""


def obstacle(old: Definition, new: Definition) -> str:
    """What of the rules keeps a result under the old ones from being scored under the new ones; empty where nothing does."""
    before, after = _decisive(old), _decisive(new)
    changed = sorted(key for key in before if before[key] != after[key])
    return f"`{'`, `'.join(changed)}` changed" if changed else ""


def rescore(
    report: Mapping[str, Any], classes: Callable[[], Classes | None], new: Definition, labels: Callable[[], Labels]
) -> Rescored:
    """A scored report under new formulas, with which `obstacle` finds nothing at odds.

    Raises NotKept where parts changed and predictions are missing, FormulaError where a formula has no value.
    """
    results = _results(report, classes, new, labels)
    counts = Counts(report["parameters"], report["zeros"], report.get("buffers") or 0, ())
    macs = Macs(**report["macs"])
    formulas = new.score, new.full_credit, new.rank_if
    outcomes = {
        name: scoring.outcome(*formulas, scoring.metrics(counts, macs, result, report["file_bytes"]))
        for name, result in results.items()
    }
    return Rescored(_told(report, results, outcomes, new), outcomes)


def _results(
    report: Mapping[str, Any], classes: Callable[[], Classes | None], new: Definition, labels: Callable[[], Labels]
) -> Mapping[str, SplitResult]:
    """Correct predictions in each part. What the report counted holds where the parts are the same."""
    rules = new.grading
    known = {name: SplitResult(each["examples"], each["correct"]) for name, each in report["splits"].items()}
    if report["digests"].get("split") == (rules.splits.digest if rules.splits else None):
        return known if rules.splits else {rules.split: next(iter(known.values()))}
    predicted = classes()
    if predicted is None:
        raise NotKept("the predictions of this grading were not kept, and the parts of the test set changed")
    return splits.results(predicted, labels(), rules.splits, rules.split)


def _told(
    report: Mapping[str, Any], results: Mapping[str, SplitResult], outcomes: Mapping[str, Outcome], new: Definition
) -> Mapping[str, Any]:
    parts = new.grading.splits
    first = next(iter(outcomes.values()))
    split = parts.digest if parts else None
    return {
        **report,
        "competition": new.slug,
        "splits": {name: split_as_json(result) for name, result in results.items()},
        "scores": {name: outcome_as_json(found) for name, found in outcomes.items()} if parts else {},
        **outcome_as_json(first),
        "digests": {**report["digests"], "definition": new.digest, "split": split},
    }


def _decisive(definition: Definition) -> Mapping[str, Any]:
    rules = definition.grading.model_dump(mode="json")
    decisive: dict[str, Any] = {key: value for key, value in rules.items() if key not in FORMULAS}
    file = {key: value for key, value in rules["file"].items() if key not in AT_THE_DOOR}
    return decisive | {"file": file, "classes": len(rules["classes"])}
