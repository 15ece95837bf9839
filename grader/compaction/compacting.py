"""A network without what its zeros make useless, and how many multiply-accumulates are then left."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from grader.compaction.cutting import cut, folds
from grader.compaction.keeping import Stays, places_of, what_stays
from grader.compaction.rebuilding import rebuilt
from grader.compaction.rules import RULES
from grader.compaction.trace import LARGEST, Trace
from grader.compaction.views import Floats
from grader.facts import NetworkLayer, Slot, SlotRole, Weights
from grader.networks.graph import Network, placed_shape


@dataclass(frozen=True, slots=True)
class Compacted:
    """A smaller network that computes the same, and its weights.

    `exact` has the biases that constants were folded into, in float64 as they were before they were rounded; `removed`
    names for each layer that lost some the units (filters, neurons, channels) that are gone, counted from 0.
    """

    network: Network
    weights: Weights
    exact: Mapping[str, Floats]
    removed: Mapping[str, tuple[int, ...]]

    @property
    def folded(self) -> bool:
        """Whether a constant went into a bias, so that the weights are more than a part of the original's."""
        return bool(self.exact)


@dataclass(frozen=True, slots=True)
class Outline:
    """What a compacted network comes to, without making it: multiply-accumulates for one sample, and parameters."""

    macs: int
    parameters: int
    removed: Mapping[str, int]
    """How many units of each layer are gone, of those layers that lost some."""
    folded: bool


def outline(network: Network, weights: Weights) -> Outline:
    """What `compact` would leave of a network."""
    trace, stays, folded = _settled(network, weights, fold=True)
    sizes = {slot.name: _size(trace, stays, slot) for slot in network.slots}
    return Outline(
        macs=sum(slot.positions * sizes[slot.name] for slot in network.slots),
        parameters=sum(sizes[slot.name] for slot in network.slots if slot.role is SlotRole.PARAMETER),
        removed={layer.name: len(gone) for layer in network.layers if (gone := _removed(trace, stays, layer))},
        folded=bool(folded),
    )


def compact(network: Network, weights: Weights, *, fold: bool = True) -> Compacted:
    """The network and its canonical weights without the units that no logit depends on.

    Without `fold` a unit that is constant but not zero stays, and every array is a part of the original's.
    """
    trace, stays, folded = _settled(network, weights, fold=fold)
    exact = cut(trace, stays, folded)
    parts = cut(trace, stays, {name: array for name, array in weights.items() if name not in exact})
    rounded = {name: array.astype(np.float32) for name, array in exact.items()}
    removed = {layer.name: gone for layer in network.layers if (gone := _removed(trace, stays, layer))}
    smaller = {slot.name: (parts | rounded)[slot.name] for slot in network.slots}
    return Compacted(rebuilt(network, trace, stays), smaller, exact, removed)


def _settled(network: Network, weights: Weights, *, fold: bool) -> tuple[Trace, Stays, Mapping[str, Floats]]:
    """What stays, and the biases that constants are folded into; there are none where one would not fit float32."""
    trace = Trace(network, weights, fold=fold).run(RULES)
    stays = what_stays(trace)
    folded = folds(trace, stays, weights)
    if all((np.abs(bias) <= LARGEST).all() for bias in folded.values()):
        return trace, stays, folded
    return _settled(network, weights, fold=False)


def _size(trace: Trace, stays: Stays, slot: Slot) -> int:
    """How many elements of a slot stay."""
    shape = placed_shape(slot)
    kept = places_of(trace, stays.kept, slot.name, shape)
    return math.prod(
        size if mask is None else int(np.count_nonzero(mask)) for size, mask in zip(shape, kept, strict=True)
    )


def _removed(trace: Trace, stays: Stays, layer: NetworkLayer) -> tuple[int, ...]:
    """A layer's units that are gone, by the last of its arrays that makes or follows them."""
    every = [trace.own[slot.name] for slot in layer.slots if slot.name in trace.own]
    return tuple(np.flatnonzero(~stays.kept[every[-1]]).tolist()) if every else ()
