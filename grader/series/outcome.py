"""What a series measured: each step's three stages, its drop in accuracy, and where the rule about the drop stops."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from grader.facts import Counts, Macs, SplitResult
from grader.series.plan import Declared, Plan, Stage, Step


@dataclass(frozen=True, slots=True)
class Measured:
    """One weight file of a series: what was counted, what it came to, and the units that are zero in each layer."""

    file: str
    counts: Counts
    macs: Macs
    result: SplitResult
    removed: Mapping[str, int]

    @property
    def accuracy(self) -> Fraction:
        """Correct predictions among all, from 0 to 1."""
        return Fraction(self.result.correct, self.result.examples)

    def as_json(self) -> dict[str, Any]:
        """The measurement as plain JSON; `flops_effective` is twice the effective multiply-accumulates."""
        effective = self.macs.dense if self.macs.effective is None else self.macs.effective
        return {
            "file": self.file,
            "accuracy": float(self.accuracy),
            "correct": self.result.correct,
            "parameters": self.counts.parameters,
            "zeros": self.counts.zeros,
            "flops_effective": 2 * effective,
        }


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """A step with its measurements. `drop` is the accuracy before minus that after retraining (or after pruning alone)."""

    step: Step
    measured: Mapping[Stage, Measured]
    drop: Fraction | None
    exceeds: bool

    @property
    def layer(self) -> str | None:
        """The layer that the student names, else those in which more units are zero after the step than before it."""
        if self.step.layer is not None:
            return self.step.layer
        before, after = self.measured.get(Stage.BEFORE), self.measured.get(Stage.PRUNED) or self._last
        if before is None:
            return None
        grown = [name for name, units in after.removed.items() if units > before.removed.get(name, 0)]
        return ", ".join(grown) or None

    @property
    def _last(self) -> Measured:
        return next(self.measured[stage] for stage in reversed(Stage) if stage in self.measured)

    def as_json(self) -> dict[str, Any]:
        """The step as plain JSON."""
        stages = {stage.value: found.as_json() if (found := self.measured.get(stage)) else None for stage in Stage}
        drop = None if self.drop is None else float(self.drop)
        return {"name": self.step.name, "layer": self.layer, **stages, "drop": drop, "exceeds": self.exceeds}


@dataclass(frozen=True, slots=True)
class Series:
    """A series as it was measured. `limit` is the drop of a single step that the course allows."""

    final: str
    steps: tuple[StepOutcome, ...]
    limit: Fraction
    declared: Declared

    @property
    def stops_at(self) -> str | None:
        """The first step whose drop exceeds the limit, None where each stays within."""
        return next((each.step.name for each in self.steps if each.exceeds), None)

    def as_json(self) -> dict[str, Any]:
        """The series as plain JSON."""
        return {
            "steps": [each.as_json() for each in self.steps],
            "limit": float(self.limit),
            "stops_at": self.stops_at,
            "final": self.final,
            "declared": dict(self.declared),
        }


def outcome(plan: Plan, measured: Mapping[str, Measured], limit: Fraction) -> Series:
    """The series of a plan from the measurements of its files, by name."""
    steps = [_step(step, measured, limit) for step in plan.steps]
    return Series(plan.final, tuple(steps), limit, plan.declared or {})


def _step(step: Step, measured: Mapping[str, Measured], limit: Fraction) -> StepOutcome:
    found = {stage: measured[step.files[stage]] for stage in Stage if stage in step.files}
    drop = _drop(found)
    return StepOutcome(step, found, drop, exceeds=drop is not None and drop > limit)


def _drop(found: Mapping[Stage, Measured]) -> Fraction | None:
    """The accuracy before the step minus that at its end; None where one of the two is not there."""
    if Stage.BEFORE not in found:
        return None
    ends: Sequence[Stage] = [stage for stage in (Stage.RETRAINED, Stage.PRUNED) if stage in found]
    return found[Stage.BEFORE].accuracy - found[ends[0]].accuracy if ends else None
