"""What a pruned network saves against the dense one that it came from, and what that costs."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any


@dataclass(frozen=True, slots=True)
class Savings:
    """A network against its dense reference.

    `accuracy_drop` is the reference's accuracy minus the network's, in shares of 1 (negative: it gained). `flops_saved`
    and `parameters_saved` are shares of the reference's, counted on what is left when channels and neurons that are
    zero are removed from both.
    """

    accuracy_drop: Fraction
    flops_saved: Fraction
    parameters_saved: Fraction


@dataclass(frozen=True, slots=True)
class TimeRatio:
    """Inference time of a network divided by that of its reference: median and quartiles of `rounds` paired runs."""

    median: float
    low: float
    high: float
    rounds: int
    examples: int

    def as_json(self) -> dict[str, float | int]:
        """The ratio as plain JSON."""
        return {
            "median": round(self.median, 4),
            "low": round(self.low, 4),
            "high": round(self.high, 4),
            "rounds": self.rounds,
            "examples": self.examples,
        }


@dataclass(frozen=True, slots=True)
class Lineage:
    """The dense reference that a result was timed against: SHA-256 of its file, and the ratio of the times."""

    reference: str
    time_ratio: TimeRatio

    def as_json(self) -> dict[str, Any]:
        """The lineage as plain JSON."""
        return {"reference": self.reference, "time_ratio": self.time_ratio.as_json()}


def time_ratio(network: Sequence[float], reference: Sequence[float], examples: int) -> TimeRatio:
    """The ratio of times, in seconds, that were taken in turns. Raises ValueError where they are no positive pairs."""
    if len(network) != len(reference) or len(network) < 2:
        raise ValueError("times of two networks in pairs are needed, two pairs at least")
    if not all(math.isfinite(each) and each > 0 for each in (*network, *reference)):
        raise ValueError("a time is a positive number of seconds")
    ratios = [ours / theirs for ours, theirs in zip(network, reference, strict=True)]
    low, median, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return TimeRatio(median, low, high, len(ratios), examples)


def savings(reference: Mapping[str, Any], report: Mapping[str, Any]) -> Savings | None:
    """What a scored report saves against the report of its reference; None where either lacks a number for it."""
    numbers = [_numbers(each) for each in (reference, report)]
    if numbers[0] is None or numbers[1] is None:
        return None
    dense, pruned = numbers[0], numbers[1]
    return Savings(
        accuracy_drop=dense.accuracy - pruned.accuracy,
        flops_saved=1 - Fraction(pruned.macs, dense.macs),
        parameters_saved=1 - Fraction(pruned.parameters, dense.parameters),
    )


@dataclass(frozen=True, slots=True)
class _Numbers:
    accuracy: Fraction
    macs: int
    parameters: int


def _numbers(report: Mapping[str, Any]) -> _Numbers | None:
    splits = report.get("splits") or {}
    split = next(iter(splits.values()), None)
    macs, compacted = report.get("macs") or {}, report.get("compacted") or {}
    effective = macs.get("dense") if macs.get("effective") is None else macs["effective"]
    parameters = compacted.get("parameters", report.get("parameters"))
    if split is None or not effective or not parameters:
        return None
    return _Numbers(Fraction(split["correct"], split["examples"]), effective, parameters)
