"""Operators of an exported graph that move numbers about or join values, drawn as a network of our own."""

from collections.abc import Callable, Mapping
from math import prod

import numpy as np

from grader.facts import Shape
from grader.networks import onnx_layers
from grader.networks.activations import ACTIVATIONS, gelu
from grader.networks.draft import Draft, Value
from grader.networks.onnx_nodes import Node, Sketch, Weight
from grader.networks.torch_layer import IMAGE

Draw = Callable[[Sketch, Node], Value]


def _reshaped(sketch: Sketch, value: Value, shape: Shape) -> Value:
    if shape == value.shape:
        return value
    if shape == (prod(value.shape),):
        return sketch.draft.flat(value)
    return Value(sketch.draft.node("Reshape", value.tensor, sketch.draft.constant([0, *shape], np.int64)), shape)


def _reshape(sketch: Sketch, node: Node) -> Value:
    value, target = node.value(), node.constant(1)
    sizes = [] if target is None else [int(each) for each in target]
    before = (1, *value.shape)
    sizes = [before[place] if each == 0 and place < len(before) else each for place, each in enumerate(sizes)]
    if sizes.count(-1) == 1:
        rest = -prod(sizes)
        sizes = [prod(before) // rest if each == -1 and rest else each for each in sizes]
    if len(sizes) < 2 or sizes[0] != 1 or prod(sizes) != prod(before):
        raise node.error(f"shape {before} does not become {target}, with the batch left alone as its first axis")
    return _reshaped(sketch, value, tuple(sizes[1:]))


def _flatten(sketch: Sketch, node: Node) -> Value:
    node.option("axis", 1)
    return sketch.draft.flat(node.value())


def _axes(node: Node, rank: int) -> list[int]:
    """Axes that a node names, counted with the batch as 0."""
    given = node.constant(1, "axes")
    return [] if given is None else sorted(int(axis) % rank for axis in given.reshape(-1))


def _squeeze(sketch: Sketch, node: Node) -> Value:
    value = node.value()
    axes = _axes(node, len(value.shape) + 1)
    if not axes or 0 in axes or any(value.shape[axis - 1] != 1 for axis in axes):
        raise node.error(
            f"axes {axes} of shape {value.shape} cannot be left out; name axes of length 1 after the batch"
        )
    return _reshaped(sketch, value, tuple(size for at, size in enumerate(value.shape, 1) if at not in axes))


def _unsqueeze(sketch: Sketch, node: Node) -> Value:
    value, given = node.value(), node.constant(1, "axes")
    axes = _axes(node, len(value.shape) + 1 + (0 if given is None else given.size))
    if not axes or 0 in axes:
        raise node.error("an axis before the batch is not supported")
    sizes = list(value.shape)
    for axis in axes:
        sizes.insert(axis - 1, 1)
    return _reshaped(sketch, value, tuple(sizes))


def _transpose(sketch: Sketch, node: Node) -> Value:
    value = node.value()
    order = [int(axis) for axis in node.attributes.get("perm", ())]
    if sorted(order) != list(range(len(value.shape) + 1)) or order[0] != 0:
        raise node.error(f"the order {order} of axes is not supported; the batch has to stay first")
    shape = tuple(value.shape[axis - 1] for axis in order[1:])
    return Value(sketch.draft.node("Transpose", value.tensor, perm=order), shape)


def _concat(sketch: Sketch, node: Node) -> Value:
    values = [node.value(place) for place in range(len(node.inputs))]
    axis = int(node.attributes["axis"]) % (len(values[0].shape) + 1)
    around = {(*each.shape[: axis - 1], *each.shape[axis:]) for each in values}
    if axis == 0 or len(around) != 1:
        raise node.error(f"shapes {[each.shape for each in values]} cannot be joined along axis {axis}")
    sizes = list(values[0].shape)
    sizes[axis - 1] = sum(each.shape[axis - 1] for each in values)
    return Value(sketch.draft.node("Concat", *(each.tensor for each in values), axis=axis), tuple(sizes))


def _pad(sketch: Sketch, node: Node) -> Value:
    value, pads, filler = node.value(), node.constant(1, "pads"), node.constant(2)
    node.option("mode", "constant")
    rank = len(value.shape) + 1
    if pads is None or pads.size != 2 * rank or pads.min() < 0 or pads[0] or pads[rank] or node.has(3):
        raise node.error(f"pads are {pads}; numbers from 0 for both ends of each axis, 0 for the batch, are needed")
    if filler is not None and filler.any():
        raise node.error("padding with other numbers than 0 is not supported")
    shape = tuple(size + int(pads[at]) + int(pads[rank + at]) for at, size in enumerate(value.shape, 1))
    return Value(sketch.draft.node("Pad", value.tensor, sketch.draft.constant(pads, np.int64)), shape)


def _reduced(operator: str) -> Draw:
    """What draws a mean or a maximum over an image's height and width."""

    def reduce(sketch: Sketch, node: Node) -> Value:
        value = node.value()
        if len(value.shape) != IMAGE or _axes(node, 4) != [2, 3]:
            raise node.error(f"height and width of an image are supported, not axes {_axes(node, 4)}")
        pooled = Value(sketch.draft.node(operator, value.tensor), (value.shape[0], 1, 1))
        return pooled if node.attributes.get("keepdims", 1) else sketch.draft.flat(pooled)

    return reduce


def _global(operator: str) -> Draw:
    def pool(sketch: Sketch, node: Node) -> Value:
        value = node.value()
        if len(value.shape) != IMAGE:
            raise node.error(f"an image is needed, got shape {value.shape}")
        return Value(sketch.draft.node(operator, value.tensor), (value.shape[0], 1, 1))

    return pool


def _joined(operator: str) -> Draw:
    """What draws an operator of two values, or of one and a constant or a weight."""

    def join(sketch: Sketch, node: Node) -> Value:
        ranks = {len(each.shape) for each in node.inputs if isinstance(each, Value)}
        if len(ranks) != 1 or len(node.inputs) < 2:
            raise node.error("values with as many axes, or one and constants, are needed")
        operands = [_operand(sketch, node, place, max(ranks)) for place in range(len(node.inputs))]
        shapes = [shape for _, shape in operands]
        try:
            shape = np.broadcast_shapes(*shapes)
        except ValueError:
            raise node.error(f"shapes {shapes} do not fit each other") from None
        return Value(sketch.draft.node(operator, *(name for name, _ in operands), covers=None), tuple(shape))

    return join


def _operand(sketch: Sketch, node: Node, place: int, rank: int) -> tuple[str, Shape]:
    """The tensor of an input, and its shape without the batch, of which constants have 1 or none."""
    known = node.inputs[place]
    if isinstance(known, Value):
        return known.tensor, known.shape
    if known is None:
        raise node.error(f"its input {place} is missing")
    if len(known.shape) > rank + 1 or (len(known.shape) == rank + 1 and known.shape[0] != 1):
        raise node.error(f"its input {place} of shape {known.shape} differs between images")
    shape = known.shape[1:] if len(known.shape) == rank + 1 else known.shape
    if isinstance(known, Weight):
        return sketch.use(node, known, "linear" if known.name.endswith(".bias") else "parameter"), shape
    return sketch.draft.constant(known), shape


def _div(sketch: Sketch, node: Node) -> Value:
    divisor = node.constant(1)
    if divisor is None or not divisor.all():
        raise node.error("a division is supported by constants other than 0 alone")
    inverse = np.asarray(1.0 / divisor.astype(np.float64), np.float32)
    return _joined("Mul")(sketch, Node("Mul", node.name, [node.value(), inverse], {}))


def _power(sketch: Sketch, node: Node) -> Value:
    value, exponent = node.value(), node.constant(1)
    if exponent is None or exponent.size != 1 or float(exponent.reshape(-1)[0]) not in (2.0, 3.0):
        raise node.error(f"the exponent {exponent} is not supported; supported: 2, 3")
    square = sketch.draft.through(value, "Mul", value.tensor)
    return square if float(exponent.reshape(-1)[0]) == 2.0 else sketch.draft.through(square, "Mul", value.tensor)


def _clip(sketch: Sketch, node: Node) -> Value:
    value = node.value()
    least, most = node.constant(1, "min"), node.constant(2, "max")
    if least is not None and most is not None:
        return sketch.draft.through(value, "Clip", sketch.draft.constant(least), sketch.draft.constant(most))
    for limit, operator in ((least, "Max"), (most, "Min")):
        if limit is not None:
            value = sketch.draft.through(value, operator, sketch.draft.constant(limit))
    return value


def _gelu(sketch: Sketch, node: Node) -> Value:
    return gelu(sketch.draft, node.value(), approximate=node.option("approximate", "none", "tanh") == "tanh")


def _softmax(sketch: Sketch, node: Node) -> Value:
    value = node.value()
    axis = int(node.attributes.get("axis", -1)) % (len(value.shape) + 1)
    return sketch.draft.through(value, "Softmax", axis=axis)


def _same(sketch: Sketch, node: Node) -> Value:
    if node.operator == "Dropout" and node.has(2) and bool(node.constant(2)):
        raise node.error("it is exported as in training; call model.eval() before the export")
    return node.value()


def _by(operator: str, **defaults: float) -> Draw:
    """What draws an operator of one value that the graph has, too."""

    def draw(sketch: Sketch, node: Node) -> Value:
        options = {name: float(node.attributes.get(name, default)) for name, default in defaults.items()}
        return sketch.draft.through(node.value(), operator, **options)

    return draw


def _activation(name: str) -> Draw:
    function: Callable[[Draft, Value], Value] = ACTIVATIONS[name]
    return lambda sketch, node: function(sketch.draft, node.value())


DRAWN: Mapping[str, Draw] = {
    **{name: _joined(name) for name in ("Add", "Max", "Min", "Mul", "Sub")},
    **{name: _by(name) for name in ("Erf", "HardSwish", "Relu", "Sigmoid", "Softplus", "Softsign", "Tanh")},
    **dict.fromkeys(("Dropout", "Identity"), _same),
    "AveragePool": onnx_layers.average_pool,
    "BatchNormalization": onnx_layers.batch_normalization,
    "Clip": _clip,
    "Concat": _concat,
    "Conv": onnx_layers.conv,
    "Div": _div,
    "Elu": _by("Elu", alpha=1.0),
    "Flatten": _flatten,
    "Gelu": _gelu,
    "Gemm": onnx_layers.gemm,
    "GlobalAveragePool": _global("GlobalAveragePool"),
    "GlobalMaxPool": _global("GlobalMaxPool"),
    "HardSigmoid": _by("HardSigmoid", alpha=0.2, beta=0.5),
    "LeakyRelu": _by("LeakyRelu", alpha=0.01),
    "MatMul": onnx_layers.matmul,
    "MaxPool": onnx_layers.max_pool,
    "Mish": _activation("mish"),
    "Pad": _pad,
    "Pow": _power,
    "ReduceMax": _reduced("GlobalMaxPool"),
    "ReduceMean": _reduced("GlobalAveragePool"),
    "Reshape": _reshape,
    "Resize": onnx_layers.resize,
    "Selu": _by("Selu", alpha=1.67326319217681884765625, gamma=1.05070102214813232421875),
    "Softmax": _softmax,
    "Squeeze": _squeeze,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
"""Operator of an exported graph -> what draws it with the operators that we evaluate."""
