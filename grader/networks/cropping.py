"""Padding that nobody looks at: a convolution need not compute rows and columns that a later window leaves out.

MaxPooling2D(2) takes 22 of 23 rows; so the last row of what feeds it is computed for nothing, and with it one row of
padding further up. Leaving it out changes no value that is used. What is counted is still the network as defined.
"""

from collections.abc import Sequence

import onnx

from grader.facts import Shape

WINDOWED = frozenset({"AveragePool", "Conv", "MaxPool"})
ELEMENTWISE = frozenset(
    {"Add", "BatchNormalization", "Clip", "Elu", "Greater", "LeakyRelu", "Min", "Mul", "Relu", "Selu", "Sigmoid"}
    | {"Softplus", "Sub", "Tanh", "Where"}
)
"""Operators whose rows and columns are used by those who take them, and by nobody else."""


def crop(nodes: Sequence[onnx.NodeProto], shapes: Sequence[Shape]) -> None:
    """Take needless padding off the bottom and the right of convolutions, in place.

    The nodes form one chain; `shapes` are the shapes (height, width, channels) of what each of them takes.
    """
    used: list[int] | None = None  # rows and columns of the tensor at hand that are used; None: all of them
    for node, shape in zip(reversed(nodes), reversed(shapes), strict=True):
        if node.op_type in WINDOWED:
            used = _narrow(node, shape, used)
        elif node.op_type not in ELEMENTWISE:
            used = None


def _narrow(node: onnx.NodeProto, shape: Shape, used: Sequence[int] | None) -> list[int]:
    """Crop one windowed operator to the outputs that are used; the rows and columns of its input that it then uses."""
    attributes = {attribute.name: attribute for attribute in node.attribute}
    pads = attributes["pads"].ints
    taken = []
    for axis in (0, 1):
        stride, size = attributes["strides"].ints[axis], attributes["kernel_shape"].ints[axis]
        reach = (size - 1) * (attributes["dilations"].ints[axis] if "dilations" in attributes else 1) + 1
        positions = used[axis] if used else (shape[axis] + pads[axis] + pads[axis + 2] - reach) // stride + 1
        last = (positions - 1) * stride + reach - pads[axis]
        if node.op_type == "Conv":
            pads[axis + 2] = max(0, last - shape[axis])
        taken.append(min(last, shape[axis]))
    return taken
