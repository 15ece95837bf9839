"""The smaller network's weights: what stays of each array, with the constants of what was taken out in the biases.

A sum that goes into a bias is computed in float64 and rounded once.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from grader.compaction.keeping import Stays, places_of
from grader.compaction.products import added
from grader.compaction.rebuilding import stored_axes
from grader.compaction.trace import Trace
from grader.compaction.views import Floats
from grader.facts import AnyArray, Shape, Slot, SlotRole
from grader.networks.graph import placed_shape


def folds(trace: Trace, stays: Stays, weights: Mapping[str, AnyArray]) -> Mapping[str, Floats]:
    """The biases that take up constants of units that go, by slot name: whole, in float64, not rounded."""
    found: dict[str, Floats] = {}
    for product in trace.products:
        working = (stays.kept & ~stays.idle)[product.inputs]
        told = np.flatnonzero(product.foldable & (product.constants != 0) & ~working)
        if product.bias is not None and product.connected[:, told].any():
            sums = added(product.matrix[:, told], product.constants[told])
            found[product.bias] = weights[product.bias].astype(np.float64) + sums
    return found


def cut(trace: Trace, stays: Stays, arrays: Mapping[str, AnyArray]) -> dict[str, AnyArray]:
    """What stays of some slots' arrays."""
    return {name: _part(trace, stays, trace.slots[name], array) for name, array in arrays.items()}


def _part(trace: Trace, stays: Stays, slot: Slot, whole: AnyArray) -> AnyArray:
    """What stays of one array; where an idle unit stands, its parameters are zero."""
    shape = placed_shape(slot)
    working = stored_axes(slot, places_of(trace, ~stays.idle, slot.name, shape))
    if slot.role is SlotRole.PARAMETER and any(each is not None for each in working):
        block = np.zeros_like(whole)
        block[_block(working, whole.shape)] = whole[_block(working, whole.shape)]
        whole = block
    axes = stored_axes(slot, places_of(trace, stays.kept, slot.name, shape))
    return whole if all(each is None for each in axes) else whole[_block(axes, whole.shape)]


def _block(axes: Sequence[AnyArray | None], shape: Shape) -> tuple[AnyArray, ...]:
    """The index of the given places of an array, all places of an axis where there is None."""
    return np.ix_(*(np.arange(size) if places is None else places for places, size in zip(axes, shape, strict=True)))
