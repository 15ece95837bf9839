"""Padding that nobody looks at: a convolution need not compute rows and columns that a later window leaves out.

MaxPooling2D(2) takes 22 of 23 rows; so the last row of what feeds it is computed for nothing, and with it one row of
padding further up. Leaving it out changes no value that is used. What is counted is still the network as defined.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import onnx

from grader.facts import Shape
from grader.networks.shapes import Pair

WINDOWED = frozenset({"AveragePool", "Conv", "MaxPool"})
ELEMENTWISE = frozenset(
    {"Add", "BatchNormalization", "Clip", "Elu", "Erf", "Greater", "HardSigmoid", "HardSwish", "LeakyRelu", "Max"}
    | {"Min", "Mul", "Relu", "Selu", "Sigmoid", "Softplus", "Softsign", "Sub", "Tanh", "Where"}
)
"""Operators whose rows and columns are used by those who take them, and by nobody else."""

Used: TypeAlias = Pair | None
"""Rows and columns of a tensor that are used; None: all of them."""


def crop(
    nodes: Sequence[onnx.NodeProto], covered: Mapping[str, Pair], output: str, numbers: Mapping[str, Shape]
) -> None:
    """Take needless padding off the bottom and the right of convolutions, in place.

    `covered` is the height and width of what each windowed operator slides over, by the name of its output, `numbers`
    the shapes of constants and slots. A tensor that several operators take keeps what any of them uses; where different
    tensors meet, the images or a map of numbers among them, all of each is used.
    """
    sources = _sources(nodes, numbers)
    used: dict[str, Used] = {sources.get(output, output): None}
    for node in reversed(nodes):
        source = sources[node.output[0]]
        if source != node.output[0]:
            continue  # what is elementwise has told its source's users
        if node.op_type in WINDOWED:
            _use(used, sources.get(node.input[0], node.input[0]), _narrow(node, covered[source], used.get(source)))
        else:
            for name in node.input:
                _use(used, sources.get(name, name), None)


def _sources(nodes: Sequence[onnx.NodeProto], numbers: Mapping[str, Shape]) -> dict[str, str]:
    """For each tensor the one that it was made of element by element, alone; else itself."""
    sources: dict[str, str] = {}
    for node in nodes:
        beside = {name for name in node.input if name in numbers and _equal_everywhere(node, numbers[name])}
        origins = {sources.get(name, name) for name in node.input if name not in beside}
        alone = node.op_type in ELEMENTWISE and len(origins) == 1
        sources[node.output[0]] = origins.pop() if alone else node.output[0]
    return sources


def _equal_everywhere(node: onnx.NodeProto, shape: Shape) -> bool:
    """Whether numbers of this shape meet each row and column alike, so that they fit an image of any size."""
    return node.op_type == "BatchNormalization" or all(size == 1 for size in shape[-2:])


def _use(used: dict[str, Used], name: str, taken: Used) -> None:
    """Notes that somebody takes these rows and columns of a tensor."""
    before = used.get(name, (0, 0))
    used[name] = None if before is None or taken is None else (max(before[0], taken[0]), max(before[1], taken[1]))


def _narrow(node: onnx.NodeProto, size: Pair, used: Used) -> Pair:
    """Crop one windowed operator to the outputs that are used; the rows and columns of its input that it then uses."""
    down, across = (_narrow_axis(node, axis, size[axis], used[axis] if used else None) for axis in (0, 1))
    return down, across


def _narrow_axis(node: onnx.NodeProto, axis: int, size: int, used: int | None) -> int:
    attributes = {attribute.name: attribute for attribute in node.attribute}
    pads = attributes["pads"].ints
    stride, length = attributes["strides"].ints[axis], attributes["kernel_shape"].ints[axis]
    reach = (length - 1) * (attributes["dilations"].ints[axis] if "dilations" in attributes else 1) + 1
    positions = used or (size + pads[axis] + pads[axis + 2] - reach) // stride + 1
    last = (positions - 1) * stride + reach - pads[axis]
    if node.op_type == "Conv":
        pads[axis + 2] = max(0, last - size)
    return int(min(last, size))
