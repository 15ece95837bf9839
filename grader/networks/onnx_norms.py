"""Operators of an ONNX graph that normalise, drawn as a network of our own."""

import numpy as np

from grader.facts import Shape, SlotRole
from grader.networks.draft import Value
from grader.networks.onnx_nodes import Node, Weight
from grader.networks.onnx_sketch import Sketch

EPSILON = 1e-5  # where the attribute is absent


def batch_normalization(sketch: Sketch, node: Node) -> Value:
    """BatchNormalization with running statistics, which are buffers."""
    value = node.value()
    if node.attributes.get("training_mode", 0):
        raise node.error("it is exported as in training; call model.eval() before the export")
    names: list[str] = []
    apart = _has_own_scale(sketch, node)
    for place in range(1, 5):
        role = SlotRole.BUFFER if place > 2 and apart else SlotRole.PARAMETER
        found = node.inputs[place] if node.has(place) else None
        known = found if isinstance(found, np.ndarray) else node.weight(place)
        told, shape = (
            (repr(known.name), known.graph_shape) if isinstance(known, Weight) else (f"its input {place}", known.shape)
        )
        if shape != value.shape[:1]:
            raise node.error(f"{told} has shape {shape}, its input {value.shape[0]} channels")
        names.append(sketch.operand(node, place, known, "batch_norm", role))
    epsilon = float(node.attributes.get("epsilon", EPSILON))
    return sketch.draft.through(value, "BatchNormalization", *names, epsilon=epsilon)


def _has_own_scale(sketch: Sketch, node: Node) -> bool:
    """Whether running statistics stand beside a scale and a shift of their own; else they are a way to bring numbers in.

    A layer that is used in several places brings none in after the first.
    """
    scale, shift, *statistics = (node.inputs[place] if node.has(place) else None for place in range(1, 5))
    if all(isinstance(each, Weight) and sketch.knows(each, SlotRole.BUFFER) for each in statistics):
        return True
    if not isinstance(scale, Weight) or not isinstance(shift, Weight) or scale.name == shift.name:
        return False
    return not sketch.knows(scale, SlotRole.PARAMETER) and not sketch.knows(shift, SlotRole.PARAMETER)


def layer_normalization(sketch: Sketch, node: Node) -> Value:
    """LayerNormalization over the last axes of each image."""
    value = node.value()
    axis = int(node.attributes.get("axis", -1)) % (len(value.shape) + 1)
    if axis == 0:
        raise node.error("the batch cannot be normalised over; each image is judged by itself")
    over = value.shape[axis - 1 :]
    names = [
        sketch.use(node, _of_shape(node, 1, over), "layer_norm"),
        sketch.use(node, _of_shape(node, 2, over), "layer_norm") if node.has(2) else sketch.filled(over, 0.0),
    ]
    return _normalised(sketch, node, value, len(over), names)


def instance_normalization(sketch: Sketch, node: Node) -> Value:
    """InstanceNormalization: each channel of each image by itself, then scaled and shifted; of GroupNorm, each group."""
    value = node.value()
    channels, *over = value.shape
    if not over:
        raise node.error(f"channels of several numbers are needed, got shape {value.shape}")
    plain = [sketch.filled(tuple(over), filling) for filling in (1.0, 0.0)]
    value = _normalised(sketch, node, value, len(over), plain)
    for place, operator, neutral in ((1, "Mul", 1.0), (2, "Add", 0.0)):
        known = node.inputs[place] if node.has(place) else None
        if isinstance(known, np.ndarray) and known.shape == (channels,) and (known == neutral).all():
            continue
        weight = _of_shape(node, place, (channels,)).as_shape((channels, *[1] * len(over)))
        value = sketch.draft.through(value, operator, sketch.use(node, weight, "instance_norm"))
    return value


def _normalised(sketch: Sketch, node: Node, value: Value, axes: int, names: list[str]) -> Value:
    epsilon = float(node.attributes.get("epsilon", EPSILON))
    if not 0 < epsilon < 1:
        raise node.error(f"epsilon is {epsilon}; a number between 0 and 1 is needed")
    return sketch.draft.through(value, "LayerNormalization", *names, axis=-axes, epsilon=epsilon)


def _of_shape(node: Node, place: int, shape: Shape) -> Weight:
    weight = node.weight(place)
    if weight.graph_shape != shape:
        raise node.error(f"{weight.name!r} has shape {weight.graph_shape}; {shape} is needed")
    return weight
