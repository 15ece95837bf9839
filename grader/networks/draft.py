"""A graph that is being drawn, layer by layer, along any number of branches."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper

from grader.facts import NetworkLayer, Shape, Slot
from grader.networks.cropping import crop
from grader.networks.graph import IMAGES, Network, placed_shape, tensor
from grader.networks.shapes import Pair

TO_CHANNELS_FIRST = (0, 3, 1, 2)
TO_CHANNELS_LAST = (0, 2, 3, 1)

Attribute: TypeAlias = float | int | str | Sequence[int]


@dataclass(frozen=True, slots=True)
class Value:
    """What a layer gives: a tensor of the graph, and the shape that Keras gives it, without batch.

    `turned`: Keras holds (height, width, channels), and the graph (channels, height, width), as engines convolve.
    """

    tensor: str
    shape: Shape
    turned: bool = False

    def graph_axis(self, axis: int) -> int:
        """Where the graph has an axis of Keras; both count the batch as axis 0."""
        return (0, 2, 3, 1)[axis] if self.turned else axis


class Draft:
    """The nodes, constants and layers with weights so far."""

    def __init__(self, input_shape: Shape) -> None:
        self.images = Value(IMAGES, input_shape)
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self.constant_numbers = 0
        """How many numbers the constants have, all together."""
        self._covered: dict[str, Pair] = {}
        self._layers: dict[str, NetworkLayer] = {}
        self._turned: dict[str, str] = {}

    def node(self, operator: str, *inputs: str, covers: Pair | None = None, **attributes: Attribute) -> str:
        """Puts tensors through an operator; the name of the result.

        `covers` is the height and width of what a sliding window slides over.
        """
        output = f"t{len(self._nodes) + 1}"
        node = onnx.NodeProto(op_type=operator, input=inputs, output=[output], name=output)
        node.attribute.extend(helper.make_attribute(name, value) for name, value in sorted(attributes.items()))
        self._nodes.append(node)
        if covers:
            self._covered[output] = covers
        return output

    def through(self, value: Value, operator: str, *others: str, **attributes: Attribute) -> Value:
        """A value, and `others`, put through an operator that keeps its shape and layout."""
        return replace(value, tensor=self.node(operator, value.tensor, *others, covers=None, **attributes))

    def constant(self, value: npt.ArrayLike, dtype: type[np.float32 | np.int64] = np.float32) -> str:
        """The name of a new constant of the architecture."""
        name, array = f"c{len(self._constants) + 1}", np.asarray(value, dtype=dtype)
        self._constants.append(tensor(name, array))
        self.constant_numbers += array.size
        return name

    def turned(self, value: Value) -> Value:
        """A value of Keras shape (height, width, channels), held as (channels, height, width)."""
        if value.turned:
            return value
        return replace(value, tensor=self._transposed(value.tensor, TO_CHANNELS_FIRST), turned=True)

    def straight(self, value: Value) -> Value:
        """A value, held as Keras holds it."""
        if not value.turned:
            return value
        return replace(value, tensor=self._transposed(value.tensor, TO_CHANNELS_LAST), turned=False)

    def flat(self, value: Value) -> Value:
        """A value as one row of features, in the order in which Keras holds it."""
        if len(value.shape) == 1:
            return value
        flat = value if prod(value.shape) == value.shape[-1] else self.straight(value)
        return Value(self.node("Flatten", flat.tensor, axis=1), (prod(value.shape),))

    def own(self, name: str, kind: str, slots: Sequence[Slot]) -> bool:
        """Records a layer that owns weights, or another place that uses it; False where its shapes differ there."""
        known = self._layers.get(name)
        if known is None:
            self._layers[name] = NetworkLayer(name, kind, tuple(slots))
            return True
        if [replace(slot, positions=0) for slot in known.slots] != [replace(slot, positions=0) for slot in slots]:
            return False
        positions = [one.positions + other.positions for one, other in zip(known.slots, slots, strict=True)]
        both = [replace(slot, positions=sum_) for slot, sum_ in zip(slots, positions, strict=True)]
        self._layers[name] = NetworkLayer(name, kind, tuple(both))
        return True

    def finish(self, name: str, logits: Value, order: Sequence[str], *, channels_first: bool) -> Network:
        """The drawn network; its output is `logits`, one number for each class, its layers stand in the given order."""
        numbers = {each.name: tuple(each.dims) for each in self._constants}
        numbers |= {slot.name: placed_shape(slot) for layer in self._layers.values() for slot in layer.slots}
        crop(self._nodes, self._covered, logits.tensor, numbers)
        graph = onnx.GraphProto(name=name, node=self._nodes, initializer=self._constants)
        float32, shape = onnx.TensorProto.FLOAT, self.images.shape
        graph.input.append(helper.make_tensor_value_info(IMAGES, float32, ["samples", *shape]))
        graph.output.append(helper.make_tensor_value_info(logits.tensor, float32, ["samples", *logits.shape]))
        layers = tuple(self._layers[layer] for layer in order if layer in self._layers)
        return Network(name, graph, layers, shape, logits.shape[0], channels_first)

    def _transposed(self, name: str, permutation: Sequence[int]) -> str:
        """A tensor with its axes in another order; the same one is turned once, and not turned back."""
        if name not in self._turned:
            self._turned[name] = self.node("Transpose", name, perm=permutation)
            self._turned[self._turned[name]] = name
        return self._turned[name]
