"""A graph that is being drawn, one layer after the other."""

from collections.abc import Sequence
from math import prod
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper

from grader.facts import NetworkLayer, Shape, Slot
from grader.networks.cropping import crop
from grader.networks.graph import IMAGES, Network, tensor

TO_CHANNELS_FIRST = (0, 3, 1, 2)
TO_CHANNELS_LAST = (0, 2, 3, 1)

Attribute: TypeAlias = float | int | Sequence[int]


class Draft:
    """The nodes so far, and the tensor that the next layer takes.

    `tensor` is that tensor's name and `shape` its shape as Keras gives it, without batch: (features,) or
    (height, width, channels). The graph holds images with channels first once `channels_first` is called, since engines
    convolve them so.
    """

    def __init__(self, input_shape: Shape) -> None:
        self.shape = input_shape
        self._input_shape = input_shape
        self.tensor = IMAGES
        self._has_channels_first = False
        self._nodes: list[onnx.NodeProto] = []
        self._taken: list[Shape] = []
        self._constants: list[onnx.TensorProto] = []
        self._layers: list[NetworkLayer] = []

    @property
    def channel_axis(self) -> int:
        """The axis of channels or features in the graph's tensor, batch counted."""
        return 1 if self._has_channels_first else len(self.shape)

    def own(self, name: str, kind: str, slots: Sequence[Slot]) -> None:
        """Record a layer that owns weights, after those that stand before it."""
        self._layers.append(NetworkLayer(name, kind, tuple(slots)))

    def add(self, operator: str, *others: str, **attributes: Attribute) -> None:
        """Put the main line's tensor, and `others`, through an operator; the result continues the main line."""
        self.tensor = self.branch(operator, self.tensor, *others, **attributes)

    def branch(self, operator: str, *inputs: str, **attributes: Attribute) -> str:
        """Put named tensors through an operator beside the main line; the name of the result."""
        output = f"t{len(self._nodes) + 1}"
        node = onnx.NodeProto(op_type=operator, input=inputs, output=[output], name=output)
        node.attribute.extend(helper.make_attribute(name, value) for name, value in sorted(attributes.items()))
        self._nodes.append(node)
        self._taken.append(self.shape)
        return output

    def constant(self, value: npt.ArrayLike, dtype: type[np.float32 | np.int64] = np.float32) -> str:
        """The name of a new constant of the architecture."""
        name = f"c{len(self._constants) + 1}"
        self._constants.append(tensor(name, np.asarray(value, dtype=dtype)))
        return name

    def channels_first(self) -> None:
        """Lay an image out as (samples, channels, height, width)."""
        if not self._has_channels_first:
            self.add("Transpose", perm=TO_CHANNELS_FIRST)
            self._has_channels_first = True

    def flatten(self) -> None:
        """Lay an image out as (samples, features) in Keras' order: height, width, channels."""
        if self._has_channels_first:
            self.add("Transpose", perm=TO_CHANNELS_LAST)
        if len(self.shape) > 1:
            self.add("Flatten", axis=1)
        self._has_channels_first = False
        self.shape = (prod(self.shape),)

    def finish(self, name: str) -> Network:
        """The drawn network; its output is the tensor of the last layer, one number for each class."""
        crop(self._nodes, self._taken)
        graph = onnx.GraphProto(name=name, node=self._nodes, initializer=self._constants)
        float32 = onnx.TensorProto.FLOAT
        graph.input.append(helper.make_tensor_value_info(IMAGES, float32, ["samples", *self._input_shape]))
        graph.output.append(helper.make_tensor_value_info(self.tensor, float32, ["samples", *self.shape]))
        return Network(name, graph, tuple(self._layers), self._input_shape, self.shape[0])
