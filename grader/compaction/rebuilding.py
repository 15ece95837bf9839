"""The smaller graph: the same operators in the same order on tensors that lost what does not stay."""

from dataclasses import replace

import numpy as np
import onnx

from grader.compaction.keeping import Stays, places_of
from grader.compaction.trace import Node, Trace
from grader.compaction.units import Mask
from grader.facts import AnyArray, NetworkLayer, Shape, Slot
from grader.networks.graph import Network, placed_shape, tensor


def rebuilt(network: Network, trace: Trace, stays: Stays) -> Network:
    """The network on what stays: its slots are smaller, its layers and their positions the same."""
    graph = onnx.GraphProto()
    graph.CopyFrom(network.graph)
    del graph.initializer[:]
    rebuilding = _Rebuilding(trace, stays, graph)
    for node, traced in zip(graph.node, trace.nodes, strict=True):
        rebuilding.fit(node, traced)
    layers = tuple(
        NetworkLayer(layer.name, layer.kind, tuple(_smaller(trace, stays, slot) for slot in layer.slots))
        for layer in network.layers
    )
    return replace(network, graph=graph, layers=layers)


class _Rebuilding:
    """A copy of a graph whose operators are being fitted to smaller tensors, one after the other."""

    def __init__(self, trace: Trace, stays: Stays, graph: onnx.GraphProto) -> None:
        self._trace, self._stays, self._graph = trace, stays, graph

    def fit(self, node: onnx.NodeProto, before: Node) -> None:
        """Gives an operator the constants and the attributes that fit what it takes now."""
        for place, name in enumerate(before.inputs):
            if name in self._trace.fixed:
                node.input[place] = self._constant(before, place)
        if before.attributes.get("group", 1) > 1:
            channels = self._stays.axes(self._trace.tensors[before.inputs[0]])[1]
            for attribute in node.attribute:
                if attribute.name == "group":
                    attribute.i = attribute.i * int(np.count_nonzero(channels)) // len(channels)

    def _constant(self, node: Node, place: int) -> str:
        """The name of a constant of the architecture, cut as the tensor is that it is used with."""
        name = node.inputs[place]
        array = self._fitted(node, place, self._trace.fixed[name])
        if array is not self._trace.fixed[name]:
            name = f"{name}_{node.output}"
        if all(each.name != name for each in self._graph.initializer):
            self._graph.initializer.append(tensor(name, array))
        return name

    def _fitted(self, node: Node, place: int, array: AnyArray) -> AnyArray:
        if node.operator == "Reshape":
            sizes = [np.count_nonzero(mask) for mask in self._stays.axes(self._trace.tensors[node.output])]
            return np.array([0, *sizes[1:]], np.int64)
        if node.operator == "Slice":
            return self._sliced(node, place, array)
        if node.operator in ("Pad", "Resize"):
            return array
        masks = self._stays.axes(self._trace.tensors[node.output])
        first = 1 if node.operator == "BatchNormalization" else len(masks) - array.ndim
        for axis, size in enumerate(array.shape):
            if size > 1 and not masks[first + axis].all():
                array = array.compress(masks[first + axis], axis)
        return array

    def _sliced(self, node: Node, place: int, array: AnyArray) -> AnyArray:
        """Where a slice begins and ends, counted in what stays."""
        if place > 2:  # the axes
            return array
        masks, axes = self._stays.axes(self._trace.tensors[node.inputs[0]]), self._trace.fixed[node.inputs[3]]
        places = [int(np.count_nonzero(masks[axis][:at])) for axis, at in zip(axes, array, strict=True)]
        return np.array(places, np.int64)


def _smaller(trace: Trace, stays: Stays, slot: Slot) -> Slot:
    placed = placed_shape(slot)
    kept = places_of(trace, stays.kept, slot.name, placed)
    sizes = tuple(
        size if mask is None else int(np.count_nonzero(mask)) for size, mask in zip(placed, kept, strict=True)
    )
    shape = tuple(
        len(each) if each is not None else size for each, size in zip(stored_axes(slot, kept), slot.shape, strict=True)
    )
    return replace(slot, shape=shape, reshaped=sizes if slot.reshaped else None)


def stored_axes(slot: Slot, kept: list[Mask | None]) -> list[AnyArray | None]:
    """For each axis of a slot as the student's framework has it the places that stay; None where all of them do.

    `kept` is the same for the axes that the graph has. Where the graph has the array in another shape, what it keeps of
    it is a block in the student's framework, too, since the parts of one such axis stay or go together.
    """
    permutation = slot.permutation or tuple(range(len(slot.shape)))
    if slot.reshaped is None:
        places = [None if mask is None else np.flatnonzero(mask) for mask in kept]
        return [places[permutation.index(axis)] for axis in range(len(slot.shape))]
    block = np.ones(slot.reshaped, np.bool_)
    for axis, mask in enumerate(kept):
        if mask is not None:
            block &= mask.reshape([-1 if each == axis else 1 for each in range(len(kept))])
    turned: Shape = tuple(slot.shape[axis] for axis in permutation)
    stored = block.reshape(turned).transpose(np.argsort(permutation))
    every = [
        stored.any(axis=tuple(other for other in range(stored.ndim) if other != axis)) for axis in range(stored.ndim)
    ]
    return [None if mask.all() else np.flatnonzero(mask) for mask in every]
