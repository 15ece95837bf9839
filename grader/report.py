"""The result of grading one file, as a record and as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any

from grader.facts import Counts, LayerCount, Macs, Magnitudes, Note, Outcome, Predictions, Problem, Shrunk, SplitResult
from grader.lineage import Lineage
from grader.series.outcome import Series


class Status(StrEnum):
    """How grading ended: with a score, with problems of the file, or (for `check`) with a file that may be evaluated."""

    SCORED = "scored"
    REJECTED = "rejected"
    CHECKED = "checked"


@dataclass(frozen=True, slots=True)
class Digests:
    """SHA-256 of what went into a result; None where grading ended before it was known."""

    file: str
    definition: str
    weights: str | None = None
    dataset: str | None = None
    split: str | None = None
    """Of which sample is in which part, where a definition has parts."""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that grading found out about one file. A value that was not reached is None, never 0."""

    status: Status
    competition: str
    digests: Digests
    file_bytes: int
    airlock: str
    layout: str | None = None
    problems: tuple[Problem, ...] = ()
    notes: tuple[Note, ...] = ()
    counts: Counts | None = None
    macs: Macs | None = None
    magnitudes: Magnitudes | None = None
    splits: Mapping[str, SplitResult] = field(default_factory=dict)
    scores: Mapping[str, Outcome] = field(default_factory=dict)
    """What each part of the test set comes to, the first being `score` and the conditions below; empty without parts."""
    score: Fraction | None = None
    full_credit: bool | None = None
    ranks: bool | None = None
    engine: str | None = None
    timings: Mapping[str, float] = field(default_factory=dict)
    predictions: Predictions | None = None
    shrunk: Shrunk | None = None
    series: Series | None = None
    lineage: Lineage | None = None
    artifacts: Mapping[str, bytes] = field(default_factory=dict)
    """The verified smaller network for download, by format: `onnx`, and `state-dict` for PyTorch."""

    def as_json(self) -> dict[str, Any]:
        """The report as plain JSON. Timings are in seconds; predictions and artifacts are not part of it."""
        counts = self.counts
        return {
            "status": self.status.value,
            "competition": self.competition,
            "layout": self.layout,
            "file_bytes": self.file_bytes,
            "parameters": counts.parameters if counts else None,
            "buffers": counts.buffers if counts else None,
            "zeros": counts.zeros if counts else None,
            "sparsity": counts.zeros / counts.parameters if counts else None,
            "splits": {name: split_as_json(result) for name, result in self.splits.items()},
            "scores": {name: outcome_as_json(found) for name, found in self.scores.items()},
            "score": None if self.score is None else float(self.score),
            "score_exact": None if self.score is None else str(self.score),
            "full_credit": self.full_credit,
            "ranks": self.ranks,
            "macs": _macs(self.macs),
            "magnitudes": None if self.magnitudes is None else _magnitudes(self.magnitudes),
            "compacted": None if self.shrunk is None else _shrunk(self.shrunk),
            "series": None if self.series is None else self.series.as_json(),
            "lineage": None if self.lineage is None else self.lineage.as_json(),
            "layers": [_layer(layer) for layer in counts.layers] if counts else [],
            "problems": [_problem(problem) for problem in self.problems],
            "notes": [{"code": note.code, "message": note.message} for note in self.notes],
            "digests": {
                "file": self.digests.file,
                "weights": self.digests.weights,
                "dataset": self.digests.dataset,
                "split": self.digests.split,
                "definition": self.digests.definition,
            },
            "timings": {name: round(seconds, 6) for name, seconds in self.timings.items()},
            "engine": self.engine,
            "rechecked": self.predictions.rechecked if self.predictions else None,
            "airlock": self.airlock,
        }


def split_as_json(result: SplitResult) -> dict[str, Any]:
    """One part of the test set, as reports tell it."""
    return {
        "examples": result.examples,
        "correct": result.correct,
        "accuracy": result.correct / result.examples,
    }


def outcome_as_json(found: Outcome) -> dict[str, Any]:
    """What formulas come to, as reports tell it."""
    return {
        "score": float(found.score),
        "score_exact": str(found.score),
        "full_credit": found.full_credit,
        "ranks": found.ranks,
    }


def _macs(macs: Macs | None) -> dict[str, int | None]:
    return {
        "dense": macs.dense if macs else None,
        "nonzero": macs.nonzero if macs else None,
        "effective": macs.effective if macs else None,
    }


def _magnitudes(found: Magnitudes) -> dict[str, Any]:
    return {"lowest": found.lowest, "counts": list(found.counts)}


def _shrunk(shrunk: Shrunk) -> dict[str, Any]:
    return {
        "parameters": shrunk.parameters,
        "removed": dict(shrunk.removed),
        "folded": shrunk.folded,
        "verified": shrunk.verified,
    }


def _layer(layer: LayerCount) -> dict[str, Any]:
    return {"name": layer.name, "shape": list(layer.shape), "parameters": layer.parameters, "zeros": layer.zeros}


def _problem(problem: Problem) -> dict[str, str]:
    return {
        "code": problem.code,
        "where": problem.where,
        "expected": problem.expected,
        "got": problem.got,
        "message": problem.message,
        "hint": problem.hint,
    }
