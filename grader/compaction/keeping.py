"""Which units stay: those that a logit needs, and one of zeros where a tensor would be empty."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grader.compaction.trace import Trace, Traced
from grader.compaction.units import PINNED, Ids, Mask
from grader.compaction.views import cores, varying
from grader.facts import Shape


@dataclass(frozen=True, slots=True)
class Stays:
    """What is left of the units. `kept` says for each number whether a tensor still has it.

    `idle` are those among them that nothing needs: one unit in each tensor that would otherwise have none.
    """

    kept: Mask
    idle: Mask

    def axes(self, traced: Traced) -> list[Mask]:
        """For each axis of a tensor the places that stay, the batch included."""
        core = self.kept[cores([traced.ids])[0]]
        others = [tuple(each for each in range(core.ndim) if each != axis) for axis in range(core.ndim)]
        return [np.broadcast_to(core.any(axis=over), size) for over, size in zip(others, traced.shape, strict=True)]


def what_stays(trace: Trace) -> Stays:
    """The units that stay in a traced network."""
    every = [cores([traced.ids])[0] for traced in trace.tensors.values()]
    roots = _cut_along_one_axis(trace, every)
    needed = _needed(trace, roots)
    idle = np.zeros_like(needed)
    for ids in every:
        if not (needed | idle)[roots[ids]].any():
            idle[roots[ids.flat[0]]] = True
    return Stays((needed | idle)[roots], idle[roots])


def places_of(trace: Trace, units: Mask, slot: str, shape: Shape) -> list[Mask | None]:
    """For each axis of a slot, as the graph has it, the places of some units; None where it is all places."""
    follow = [trace.axes[slot].get(axis) for axis in range(len(shape))]
    places = [None if ids is None else units[ids] for ids in follow]
    return [None if mask is None or mask.all() else mask for mask in places]


def _cut_along_one_axis(trace: Trace, every: Sequence[Ids]) -> Ids:
    """Each unit's root. A tensor whose units differ along several axes would not be a block any more: they stay in."""
    roots = trace.units.roots()
    wide = [ids for ids in every if ids.ndim > 2 and sum(size > 1 for size in ids.shape) > 1]
    crooked = [ids for ids in wide if len(varying(roots[ids])) > 1]
    for ids in crooked:
        trace.units.pin(ids)
    return trace.units.roots() if crooked else roots


def _needed(trace: Trace, roots: Ids) -> Mask:
    """The roots that lead to a logit: backward along products and other needs, until nothing is added."""
    needed = np.zeros(len(roots), np.bool_)
    needed[PINNED] = True
    products = [(each, roots[each.outputs], roots[each.inputs]) for each in reversed(trace.products)]
    pairs = [(roots[users], roots[used]) for users, used in reversed(trace.units.needs)]
    seen: dict[int, int] = {}
    while True:
        before = np.count_nonzero(needed)
        for place, (product, outputs, inputs) in enumerate(products):
            rows = needed[outputs]
            if seen.get(place, 0) != (count := int(np.count_nonzero(rows))):
                seen[place] = count
                taken = (product.connected & rows[:, None]).any(axis=0)
                needed[inputs[taken & ~product.foldable]] = True
        for users, used in pairs:
            needed[used[needed[users]]] = True
        if np.count_nonzero(needed) == before:
            return needed
