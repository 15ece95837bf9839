"""What is known of a network before it sees an image: which tensors hold which units, and what is constant.

A constant is a number that a place of a tensor has for every image, in real arithmetic. Tensors have a batch of 1 here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from grader import limits
from grader.compaction.effort import STEP, Effort, Held, TooLarge
from grader.compaction.units import Ids, Mask, Units
from grader.compaction.views import Floats, cores, first_along, spread
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

    def __init__(
        self, network: Network, weights: Mapping[str, AnyArray], *, fold: bool, effort: Effort | None = None
    ) -> None:
        self.fold = fold
        self.effort = effort or Effort()
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
        self.images = network.graph.input[0].name
        self.tensors: dict[str, Traced] = {self.images: images}
        self._weights = weights
        self._matrices: dict[str, tuple[FloatArray, Mask]] = {}
        self._held = Held()

    def run(self, rules: Mapping[str, Callable[["Trace", Node], Traced]]) -> "Trace":
        """Puts every operator's rule to work; the logits' units stay in. Raises TooLarge.

        Of a tensor that no later operator takes only the units are kept.
        """
        last = {name: place for place, node in enumerate(self.nodes) for name in node.inputs}
        for place, node in enumerate(self.nodes):
            self._keep(node, rules[node.operator](self, node))
            for name in {name for name in node.inputs if last[name] == place and name in self.tensors}:
                self._forget(name)
        self.units.pin(self.tensors[self.output].ids)
        return self

    def _keep(self, node: Node, made: Traced) -> None:
        """Notes what an operator gives; without any constant it needs no memory for its values."""
        (ids,), (values,) = cores([made.ids]), cores([made.values])
        taken = any(made.ids is self.tensors[name].ids for name in node.inputs if name in self.tensors)
        self.effort.spend(STEP + values.size + (0 if taken else ids.size))
        kept = Traced(made.ids, unknown(made.shape)) if np.isnan(values).all() else made
        for array in (kept.ids, kept.values):
            self._held.take(array)
        if self._held.bytes + self.units.bytes > limits.MAX_FOLLOWED_BYTES:
            raise TooLarge
        self.tensors[node.output] = kept

    def _forget(self, name: str) -> None:
        """Gives up the values of a tensor."""
        traced = self.tensors[name]
        if name != self.images:
            self._held.drop(traced.values)
        self.tensors[name] = Traced(traced.ids, unknown(traced.shape))

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

    def matrix(self, name: str) -> tuple[FloatArray, Mask]:
        """A kernel as the graph has it, its elements along one third axis, and where any of them is not zero."""
        if name in self._matrices:  # one that is used many times costs more than its file tells
            self.effort.spend(self._matrices[name][0].size)
        else:
            kernel, connected = self.kernel(name), self.connected(name)
            sizes = (*kernel.shape[:2], -1)
            self._matrices[name] = (kernel.reshape(sizes), np.logical_or.reduce(connected.reshape(sizes), axis=2))
        return self._matrices[name]

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
    numbers = values.astype(np.float64, copy=False)
    return np.where(np.abs(numbers) <= LARGEST, numbers, np.nan)


def _node(node: onnx.NodeProto) -> Node:
    attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    return Node(node.op_type, tuple(node.input), node.output[0], attributes)
