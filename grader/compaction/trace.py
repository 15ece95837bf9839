"""What is known of a network before it sees an image: which tensors hold which units, and what is constant.

A constant is a number that a place of a tensor has for every image, in real arithmetic. Tensors have a batch of 1 here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from grader.compaction.units import Ids, Mask, Units
from grader.compaction.views import Floats, first_along, spread
from grader.counting import nonzero
from grader.facts import AnyArray, FloatArray, Shape, Slot
from grader.networks.graph import Network, placed

LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True)
class Node:
    """One operator of a graph, its attributes as Python values."""

    operator: str
    inputs: tuple[str, ...]
    output: str
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Traced:
    """A tensor: for each of its elements the unit that it belongs to, and its constant value, or NaN. One shape."""

    ids: Ids
    values: Floats

    @property
    def shape(self) -> Shape:
        """The tensor's shape, with a batch of 1."""
        return self.ids.shape


@dataclass(frozen=True, slots=True)
class Product:
    """A product with a kernel, by which outputs need inputs.

    `matrix` has shape (outputs, inputs, elements of a window); `connected`, shape (outputs, inputs), says where any of
    them is not zero. What the `foldable` inputs add is constant: nothing, or a sum that `bias` can take up.
    """

    matrix: FloatArray
    connected: Mask
    outputs: Ids
    inputs: Ids
    constants: Floats
    foldable: Mask
    bias: str | None


class Trace:
    """A walk through a network's graph with its weights, operator by operator, in the graph's order."""

    def __init__(self, network: Network, weights: Mapping[str, AnyArray], *, fold: bool) -> None:
        self.fold = fold
        self.units = Units()
        self.products: list[Product] = []
        self.nodes = [_node(each) for each in network.graph.node]
        self.output = network.graph.output[0].name
        self.slots: dict[str, Slot] = {slot.name: slot for slot in network.slots}
        self.axes: dict[str, dict[int, Ids]] = {name: {} for name in self.slots}
        """For each slot the units along those axes of it, as the graph has it, that follow a tensor's."""
        self.own: dict[str, Ids] = {}
        """For each slot that makes its layer's units, those units."""
        self.fixed = {each.name: numpy_helper.to_array(each) for each in network.graph.initializer}
        shape = (1, *network.input_shape)
        images = Traced(np.zeros(shape, np.int64), unknown(shape))
        self.tensors: dict[str, Traced] = {network.graph.input[0].name: images}
        self._weights = weights

    def run(self, rules: Mapping[str, Callable[["Trace", Node], Traced]]) -> "Trace":
        """Puts every operator's rule to work; the logits' units stay in."""
        for node in self.nodes:
            self.tensors[node.output] = rules[node.operator](self, node)
        self.units.pin(self.tensors[self.output].ids)
        return self

    def users(self, name: str) -> list[Node]:
        """The operators that take a tensor or a slot, once for each time that they do."""
        return [node for node in self.nodes for each in node.inputs if each == name]

    def kernel(self, name: str) -> AnyArray:
        """A slot's array as the graph has it."""
        return placed(self.slots[name], self._weights[name])

    def connected(self, name: str) -> Mask:
        """Which elements of a slot, as the graph has it, are not zero."""
        mask: Mask = placed(self.slots[name], nonzero(self._weights[name]))
        return mask

    def operand(self, name: str) -> AnyArray:
        """What an operator takes under a name, as numbers: constants of a tensor, a slot or the architecture's own."""
        if name in self.tensors:
            return self.tensors[name].values
        numbers = self.kernel(name) if name in self.slots else self.fixed[name]
        return numbers.astype(np.float64)

    def along(self, ids: Ids, axis: int) -> Ids:
        """The units along an axis of a tensor that is cut along this axis alone: what it crosses becomes one."""
        vector: Ids = first_along(ids, axis)
        if any(stride for at, stride in enumerate(ids.strides) if at != axis and ids.shape[at] > 1):
            self.units.tie(ids, spread(vector, axis, ids.shape))
        return vector

    def follow(self, slot: str, axis: int, ids: Ids, *, own: bool = False) -> None:
        """Cuts a slot along an axis as these units are cut; a slot that is used twice makes the units of both one."""
        if axis in self.axes[slot]:
            self.units.tie(self.axes[slot][axis], ids)
        else:
            self.axes[slot][axis] = ids
        if own:
            self.own.setdefault(slot, ids)


def unknown(shape: Sequence[int]) -> Floats:
    """Values of a tensor of which none is constant."""
    return np.broadcast_to(np.float64(np.nan), tuple(shape))


def in_range(values: AnyArray) -> Floats:
    """Values as constants: what an engine cannot hold as float32 is none."""
    numbers = values.astype(np.float64)
    return np.where(np.abs(numbers) <= LARGEST, numbers, np.nan)


def _node(node: onnx.NodeProto) -> Node:
    attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    return Node(node.op_type, tuple(node.input), node.output[0], attributes)
