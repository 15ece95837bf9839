"""A network without what its zeros make useless, and how many multiply-accumulates are then left."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from grader.compaction.cutting import cut, folds
from grader.compaction.effort import Effort, TooLarge
from grader.compaction.keeping import Stays, places_of, what_stays
from grader.compaction.rebuilding import rebuilt
from grader.compaction.rules import RULES
from grader.compaction.trace import LARGEST, Trace
from grader.compaction.views import Floats
from grader.facts import AnyArray, NetworkLayer, Slot, SlotRole, Weights
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
    followed: bool = True
    """Whether units that do nothing were looked for; in a network that is too large for it, all of them stay."""


def outline(network: Network, weights: Weights) -> Outline:
    """What `compact` would leave of a network."""
    try:
        return _outline(network, weights)
    except TooLarge:
        sizes = {slot.name: math.prod(slot.shape) for slot in network.slots}
        return replace(_outlined(network, sizes, {}, folded=False), followed=False)


def _outline(network: Network, weights: Weights) -> Outline:
    effort = Effort()
    trace, stays, folded = _settled(network, weights, fold=True, effort=effort)
    if _lost_groups(trace, stays):
        return _outline_of(_compact(network, weights, fold=True, effort=effort))
    sizes = {slot.name: _size(trace, stays, slot) for slot in network.slots}
    removed = _all_removed(_Left(network, weights, {}), trace, stays)
    return _outlined(network, sizes, removed, folded=bool(folded))


def compact(network: Network, weights: Weights, *, fold: bool = True) -> Compacted:
    """The network and its canonical weights without the units that no logit depends on.

    Without `fold` a unit that is constant but not zero stays, and every array is a part of the original's. A network
    that is too large to be followed stays as it is.
    """
    try:
        return _compact(network, weights, fold=fold, effort=Effort())
    except TooLarge:
        return Compacted(network, weights, {}, {})


def _compact(network: Network, weights: Weights, *, fold: bool, effort: Effort) -> Compacted:
    now = _once(_Left(network, weights, {}), fold=fold, effort=effort)
    while now.lost_groups:
        now = _once(now, fold=fold, effort=effort)
    exact = {name: array for name, array in now.arrays.items() if array.dtype == np.float64}
    rounded = {slot.name: now.arrays[slot.name].astype(np.float32, copy=False) for slot in network.slots}
    return Compacted(now.network, rounded, exact, now.removed)


@dataclass(frozen=True, slots=True)
class _Left:
    """What is left: arrays in float32, in float64 those that constants were folded into; `removed` as in `Compacted`.

    `lost_groups`: a grouped convolution has become an ordinary one, so that another walk may find more.
    """

    network: Network
    arrays: Mapping[str, AnyArray]
    removed: Mapping[str, tuple[int, ...]]
    lost_groups: bool = False


def _once(left: _Left, *, fold: bool, effort: Effort) -> _Left:
    """What is left after one walk through the graph and back."""
    trace, stays, folded = _settled(left.network, left.arrays, fold=fold, effort=effort)
    arrays, removed = cut(trace, stays, {**left.arrays, **folded}), _all_removed(left, trace, stays)
    return _Left(rebuilt(left.network, trace, stays), arrays, removed, _lost_groups(trace, stays))


def _lost_groups(trace: Trace, stays: Stays) -> bool:
    """Whether a grouped convolution has only one group left: an ordinary one, whose filters may go one by one."""
    for node in trace.nodes:
        if (groups := node.attributes.get("group", 1)) > 1:
            channels = stays.axes(trace.tensors[node.inputs[0]])[1]
            if np.count_nonzero(channels) * groups == len(channels):
                return True
    return False


def _outline_of(found: Compacted) -> Outline:
    sizes = {slot.name: math.prod(slot.shape) for slot in found.network.slots}
    return _outlined(found.network, sizes, found.removed, folded=found.folded)


def _outlined(
    network: Network, sizes: Mapping[str, int], removed: Mapping[str, tuple[int, ...]], *, folded: bool
) -> Outline:
    """The outline of a network whose slots have so many elements left."""
    return Outline(
        macs=sum(slot.positions * sizes[slot.name] for slot in network.slots),
        parameters=sum(sizes[slot.name] for slot in network.slots if slot.role is SlotRole.PARAMETER),
        removed={name: len(gone) for name, gone in removed.items()},
        folded=folded,
    )


def _settled(
    network: Network, weights: Mapping[str, AnyArray], *, fold: bool, effort: Effort
) -> tuple[Trace, Stays, Mapping[str, Floats]]:
    """What stays, and the biases that constants are folded into; there are none where one would not fit float32."""
    trace = Trace(network, weights, fold=fold, effort=effort).run(RULES)
    stays = what_stays(trace)
    folded = folds(trace, stays, weights)
    if all((np.abs(bias) <= LARGEST).all() for bias in folded.values()):
        return trace, stays, folded
    return _settled(network, weights, fold=False, effort=effort)


def _size(trace: Trace, stays: Stays, slot: Slot) -> int:
    """How many elements of a slot stay."""
    shape = placed_shape(slot)
    kept = places_of(trace, stays.kept, slot.name, shape)
    return math.prod(
        size if mask is None else int(np.count_nonzero(mask)) for size, mask in zip(shape, kept, strict=True)
    )


def _all_removed(left: _Left, trace: Trace, stays: Stays) -> Mapping[str, tuple[int, ...]]:
    """For each layer that lost some the units that are gone, as they were counted at first."""
    return {layer.name: gone for layer in left.network.layers if (gone := _removed(left, trace, stays, layer))}


def _removed(left: _Left, trace: Trace, stays: Stays, layer: NetworkLayer) -> tuple[int, ...]:
    """A layer's units that are gone, by the last of its arrays that makes or follows them."""
    every = [trace.own[slot.name] for slot in layer.slots if slot.name in trace.own]
    if not every:
        return ()
    gone, before = np.flatnonzero(~stays.kept[every[-1]]), left.removed.get(layer.name, ())
    if before:
        gone = np.setdiff1d(np.arange(len(every[-1]) + len(before)), before)[gone]
    return tuple(sorted((*before, *gone.tolist())))
