"""Operators of an ONNX graph that work number by number, or join values, drawn as a network of our own."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from onnx import TensorProto

from grader.facts import AnyArray, Shape
from grader.networks.activations import ACTIVATIONS
from grader.networks.activations import gelu as draw_gelu
from grader.networks.draft import Draft, Value
from grader.networks.onnx_nodes import Node, Stack, Weight
from grader.networks.onnx_sketch import Sketch

OF_MANY = ("Max", "Min")
"""Operators of any number of inputs."""
Draw: TypeAlias = Callable[[Sketch, Node], Value]


def joined(operator: str) -> Draw:
    """What draws an operator of two values, or of one and a constant or a weight."""

    def join(sketch: Sketch, node: Node) -> Value:
        ranks = {len(each.shape) for each in node.inputs if isinstance(each, Value)}
        if len(ranks) != 1 or len(node.inputs) < 2 or (len(node.inputs) > 2 and operator not in OF_MANY):
            raise node.error("values with as many axes, or one and constants, are needed; two of them")
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
    if known is None or isinstance(known, Stack):
        raise node.error(f"its input {place} is missing, or a stack of networks")
    shape = known.graph_shape if isinstance(known, Weight) else known.shape
    if len(shape) > rank + 1 or (len(shape) == rank + 1 and shape[0] != 1):
        raise node.error(f"its input {place} of shape {shape} differs between images")
    shape = shape[1:] if len(shape) == rank + 1 else shape
    kind = "linear" if isinstance(known, Weight) and known.name.endswith(".bias") else "parameter"
    return sketch.operand(node, place, known, kind), shape


def div(sketch: Sketch, node: Node) -> Value:
    """A value over a constant; over an array that is counted, it is counted by its inverse."""
    name = f"{node.names[1] if node.has(1) else ''}.inverse"
    if name not in sketch.inverses:
        sketch.inverses[name] = _inverse(node, name)
    taken = [node.value(), sketch.inverses[name]]
    return joined("Mul")(sketch, replace(node, operator="Mul", inputs=taken, names=("", name)))


def _inverse(node: Node, name: str) -> Weight | AnyArray:
    divisor = node.constant(1)
    if divisor is None or not divisor.all():
        raise node.error("a division is supported by constants other than 0 alone")
    inverse = np.asarray(1.0 / divisor.astype(np.float64), np.float32)
    return Weight(name, inverse.shape, array=inverse) if isinstance(node.inputs[1], Weight) else inverse


def power(sketch: Sketch, node: Node) -> Value:
    """The square or the cube of a value."""
    value, exponent = node.value(), node.constant(1)
    if exponent is None or exponent.size != 1 or float(exponent.reshape(-1)[0]) not in (2.0, 3.0):
        raise node.error(f"the exponent {exponent} is not supported; supported: 2, 3")
    square = sketch.draft.through(value, "Mul", value.tensor)
    return square if float(exponent.reshape(-1)[0]) == 2.0 else sketch.draft.through(square, "Mul", value.tensor)


def clip(sketch: Sketch, node: Node) -> Value:
    """A value within limits."""
    value = node.value()
    least, most = _single(node, 1, "min"), _single(node, 2, "max")
    if least is not None and most is not None:
        return sketch.draft.through(value, "Clip", sketch.draft.constant(least), sketch.draft.constant(most))
    for limit, operator in ((least, "Max"), (most, "Min")):
        if limit is not None:
            value = sketch.draft.through(value, operator, sketch.draft.constant(limit))
    return value


def gelu(sketch: Sketch, node: Node) -> Value:
    """Gelu, exact or by tanh."""
    return draw_gelu(sketch.draft, node.value(), approximate=node.option("approximate", "none", "tanh") == "tanh")


def softmax(sketch: Sketch, node: Node) -> Value:
    """Shares along an axis after the batch."""
    value = node.value()
    axis = int(node.attributes.get("axis", -1)) % (len(value.shape) + 1)
    if axis == 0:
        raise node.error("shares among the images of a batch are not supported; each image is judged by itself")
    return sketch.draft.through(value, "Softmax", axis=axis)


def same(sketch: Sketch, node: Node) -> Value:
    """What changes nothing when a network is used."""
    if node.operator == "Dropout" and node.has(2) and bool(node.constant(2)):
        raise node.error("it is exported as in training; call model.eval() before the export")
    return node.value()


def by(operator: str, **defaults: float) -> Draw:
    """What draws an operator of one value that the graph has, too."""

    def draw(sketch: Sketch, node: Node) -> Value:
        options = {name: float(node.attributes.get(name, default)) for name, default in defaults.items()}
        return sketch.draft.through(node.value(), operator, **options)

    return draw


def activation(name: str) -> Draw:
    """What draws an activation of the tables that networks of layers are drawn by."""
    function: Callable[[Draft, Value], Value] = ACTIVATIONS[name]
    return lambda sketch, node: function(sketch.draft, node.value())


def negated(sketch: Sketch, node: Node) -> Value:
    """A value with its sign turned."""
    value = node.value()
    return sketch.draft.through(value, "Mul", sketch.draft.constant(-1.0))


def magnitude(sketch: Sketch, node: Node) -> Value:
    """A value without its sign."""
    value = node.value()
    return sketch.draft.through(value, "Max", negated(sketch, node).tensor)


def cast(sketch: Sketch, node: Node) -> Value:
    """A value as float32, which it is already."""
    if node.attributes.get("to", TensorProto.FLOAT) != TensorProto.FLOAT:
        raise node.error("networks compute in float32 alone")
    return node.value()


def prelu(sketch: Sketch, node: Node) -> Value:
    """A value, below 0 times a slope that was learnt."""
    value, slope = node.value(), node.weight(1)
    name, shape = _operand(sketch, Node("PRelu", node.name, [value, slope], {}, node.names), 1, len(value.shape))
    if np.broadcast_shapes(value.shape, shape) != value.shape:
        raise node.error(f"slopes of shape {shape} do not fit {value.shape}")
    return sketch.draft.through(value, "PRelu", name)


def _single(node: Node, place: int, attribute: str) -> AnyArray | None:
    """One number at a place, without axes."""
    found = node.constant(place, attribute)
    if found is not None and found.size != 1:
        raise node.error(f"its input {place} has {found.size} numbers; one is needed")
    return None if found is None else found.reshape(())
