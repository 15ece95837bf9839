"""What each file of an archive is for: a step before pruning, after it or after retraining, or an attachment.

A manifest says it, or else the names do: `series.yaml` and its rules are in `manifest`, the rules for names in `naming`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Declared: TypeAlias = Mapping[str, float | str]
"""What a student says about a series and nobody can check, such as training seconds or a method's name."""


class Stage(StrEnum):
    """The three measurements of a step, in order."""

    BEFORE = "before"
    PRUNED = "pruned"
    RETRAINED = "retrained"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of pruning: its name, the layer that was pruned where that was said, and a file for each stage."""

    name: str
    files: Mapping[Stage, str]
    layer: str | None = None

    @property
    def last(self) -> str:
        """The file of the step's last stage."""
        return next(self.files[stage] for stage in reversed(Stage) if stage in self.files)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is done with an archive. `final` is the file that is scored and ranks."""

    final: str
    steps: tuple[Step, ...] = ()
    declared: Declared | None = None
    attachments: tuple[str, ...] = ()

    @property
    def weights(self) -> Sequence[str]:
        """Every weight file once, the final one first."""
        return tuple(dict.fromkeys([self.final, *self._of_steps()]))

    def _of_steps(self) -> Iterator[str]:
        for step in self.steps:
            yield from (step.files[stage] for stage in Stage if stage in step.files)


def chained(steps: Sequence[Step], base: str | None) -> tuple[Step, ...]:
    """The steps, each without a file of its own for `before` given the last one of the step ahead; the first one `base`."""
    linked: list[Step] = []
    before = base
    for step in steps:
        files = dict(step.files)
        if before is not None:
            files.setdefault(Stage.BEFORE, before)
        linked.append(Step(step.name, files, step.layer))
        before = linked[-1].last
    return tuple(linked)
