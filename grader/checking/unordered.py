"""Layers of a file of PyTorch that keeps no order, in the network's: told by names, by shapes, by numbers in names.

A .safetensors file sorts its layers by name, which is not how a network uses them: `body` stands before `conv_in`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias, TypeVar

from grader import messages
from grader.checking.arrays import axes_of, leaf, shapes_of
from grader.checking.fit import names_of
from grader.checking.stored_kinds import differ_in_a_number, in_order_of_names
from grader.errors import Finding
from grader.facts import NetworkLayer, Note, Shape, StoredLayer

_Shapes: TypeAlias = frozenset[tuple[str, Shape]]  # of a layer's arrays, by the name of each
_Layer = TypeVar("_Layer", NetworkLayer, StoredLayer)


@dataclass(frozen=True, slots=True)
class Placed:
    """Layers in an order, whether each is the network's layer at its place, and what there is to say of that."""

    layers: Sequence[StoredLayer]
    is_told: bool
    problems: tuple[Finding, ...] = ()
    notes: tuple[Note, ...] = ()


def by_name(found: Sequence[StoredLayer], wanted: Sequence[NetworkLayer]) -> list[StoredLayer] | None:
    """The layers in the network's order where their names are the network's, perhaps all behind one prefix (`model.`)."""
    named = {layer.name: layer for layer in found}
    first = found[0].name if found else ""
    for prefix in ("", *(first[: at + 1] for at, letter in enumerate(first) if letter == ".")):
        if named.keys() == {prefix + layer.name for layer in wanted}:
            return [named[prefix + layer.name] for layer in wanted]
    return None


def place(found: Sequence[StoredLayer], wanted: Sequence[NetworkLayer]) -> Placed:
    """Layers with names of the student's own: by shapes, those of equal shapes by the numbers in their names.

    Where no number tells layers of equal shapes apart there is a problem, since any order of them would fit.
    """
    own = _arranged(in_order_of_names(found), wanted)
    alike, needed = _by_shapes(own), _by_shapes(wanted)
    if {each: len(layers) for each, layers in alike.items()} != {each: len(layers) for each, layers in needed.items()}:
        return Placed(_nearly_placed(own, wanted), is_told=False)
    left = {each: iter(layers) for each, layers in alike.items()}
    layers = [next(left[_shapes(layer)]) for layer in wanted]
    untold = [layer.name for group in alike.values() if not _are_numbered(group) for layer in group]
    names = [layer.name for layer in layers]
    if untold:
        expected = names_of([layer.name for layer in wanted])
        return Placed(layers, True, (Finding("order-untold", expected=expected, got=names_of(untold)),))
    if len(alike) == len(wanted) and names == [layer.name for layer in own]:
        return Placed(layers, True)
    return Placed(layers, True, (), (messages.note("order-of-shapes", got=names_of(names)),))


def _arranged(found: Sequence[StoredLayer], wanted: Sequence[NetworkLayer]) -> list[StoredLayer]:
    """The layers with their arrays in the network's order: the weight before the bias."""
    leaves = dict.fromkeys(leaf(slot, layer) for layer in wanted for slot in layer.slots)
    places = {name: at for at, name in enumerate(leaves)}
    return [
        replace(layer, arrays=dict(sorted(layer.arrays.items(), key=lambda pair: places.get(pair[0], len(places)))))
        for layer in found
    ]


def _shapes(layer: NetworkLayer | StoredLayer) -> _Shapes:
    if isinstance(layer, NetworkLayer):
        return frozenset((leaf(slot, layer), slot.shape) for slot in layer.slots)
    return frozenset((name, array.shape) for name, array in layer.arrays.items())


def _by_shapes(layers: Sequence[_Layer]) -> Mapping[_Shapes, Sequence[_Layer]]:
    groups: dict[_Shapes, list[_Layer]] = {}
    for layer in layers:
        groups.setdefault(_shapes(layer), []).append(layer)
    return groups


def _are_numbered(group: Sequence[StoredLayer]) -> bool:
    """Whether numbers in the names of layers, which stand in the order of their names, give them that order."""
    return all(differ_in_a_number(one.name, next_one.name) for one, next_one in pairwise(group))


def _nearly_placed(own: Sequence[StoredLayer], wanted: Sequence[NetworkLayer]) -> list[StoredLayer]:
    """What has a layer's shapes at its place, else what could be meant for it; what is left over comes last."""
    placed: dict[int, StoredLayer] = {}
    left = list(own)
    for alike in (shapes_of, axes_of):
        waiting: dict[object, list[StoredLayer]] = {}
        for layer in left:
            waiting.setdefault(alike(layer), []).append(layer)
        for at, needed in enumerate(wanted):
            if at not in placed and (candidates := waiting.get(alike(needed))):
                placed[at] = candidates.pop(0)
        taken = {layer.name for layer in placed.values()}
        left = [layer for layer in left if layer.name not in taken]
    return [*(placed[at] for at in sorted(placed)), *left]
