"""What a run trains, in which order: a queue of steps, each of which starts from steps before it."""

from collections.abc import Iterable
from dataclasses import dataclass

FIRST, DENSE, ONE_THRESHOLD, LAYERWISE = "first", "dense", "global", "layerwise"
FREEZE, MASKED, GRADUAL = "freeze", "masked", "gradual"
TITLES = {
    FIRST: "dense network, first cycle",
    DENSE: "dense network",
    ONE_THRESHOLD: "1 global threshold",
    LAYERWISE: "2 layerwise threshold",
    FREEZE: "3 freeze and retrain",
    MASKED: "4 masked retraining",
    GRADUAL: "5 gradual pruning",
}
"""As tables, figures and boards call the methods; the numbers are the assignment's, and 5 is the one beyond it."""


RATE = 1e-3
SPARSE = 3e-3  # of what retrains few weights: they bear larger steps, and learn as much in half the epochs
AGAIN = 5e-4  # the dense network's second cycle begins lower, so as not to forget the first


@dataclass(frozen=True)
class Step:
    """One network to make: a method at a sparsity, from the weights of the best of the steps named in `start`."""

    method: str
    sparsity: float = 0.0
    start: tuple[str, ...] = ()
    epochs: int = 0
    rate: float = RATE  # the highest of its cycle
    ramp: int = 0  # gradual: the epochs in which the sparsity grows; the rest trains what is left

    @property
    def name(self) -> str:
        """What its folder is called: `gradual-97.5`."""
        return self.method if self.method in (FIRST, DENSE) else f"{self.method}-{100 * self.sparsity:g}"


@dataclass(frozen=True)
class Length:
    """How many epochs a run spends on what."""

    first: int
    dense: int
    freeze: int
    masked: int
    ramp: int
    tune: int


SHORT = Length(first=30, dense=10, freeze=3, masked=8, ramp=3, tune=5)
LONG = Length(first=40, dense=20, freeze=10, masked=30, ramp=6, tune=15)

THRESHOLDS = (0.2, 0.42, 0.5, 0.59, 0.75, 0.9, 0.95)
FREEZING = (0.75, 0.9, 0.5)
MASKING = ((0.9, 1), (0.95, 1), (0.97, 2), (0.98, 2))
GRADUALLY = ((0.95, 1), (0.98, 2))
"""Sparsities, each with how many times `masked` or `tune` the network is trained on there: the fewer weights, the longer."""


def plan(length: Length) -> list[Step]:
    """All steps of a run, the ones that others or the figures rest on first."""
    thresholds = [Step(method, sparsity, (DENSE,)) for sparsity in THRESHOLDS for method in (ONE_THRESHOLD, LAYERWISE)]
    freezing = [Step(FREEZE, sparsity, (DENSE,), length.freeze) for sparsity in FREEZING]
    first = freezing[:2]
    best = tuple(step.name for step in first)
    return [
        Step(FIRST, epochs=length.first),
        Step(DENSE, 0.0, (FIRST,), length.dense, AGAIN),
        *first,
        *_masking(best, length),
        *thresholds,
        *_gradually(GRADUALLY, length),
        *freezing[2:],
    ]


def _masking(start: tuple[str, ...], length: Length) -> list[Step]:
    """From the best frozen network to few weights in steps: with nearly all of them gone at once, nothing is left to retrain."""
    steps: list[Step] = []
    for sparsity, times in MASKING:
        steps.append(Step(MASKED, sparsity, start, times * length.masked, SPARSE))
        start = (steps[-1].name,)
    return steps


def _gradually(sparsities: Iterable[tuple[float, int]], length: Length) -> list[Step]:
    """A chain: each sparsity goes on from the one before, so that all of them together cost one long training."""
    steps: list[Step] = []
    start = DENSE
    for sparsity, times in sparsities:
        epochs = length.ramp + times * length.tune
        steps.append(Step(GRADUAL, sparsity, (start,), epochs, SPARSE, length.ramp))
        start = steps[-1].name
    return steps
