"""Operators of an ONNX graph that move numbers about, drawn as a network of our own. The batch stays what it is."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import prod

import numpy as np

from grader.facts import Shape
from grader.networks.draft import Value
from grader.networks.onnx_nodes import Node, Stack
from grader.networks.onnx_sketch import Sketch
from grader.networks.torch_layer import IMAGE

WHOLE_BATCH = (1 << 31) - 1
"""What exporters write at least as the end of a slice that goes on to the end."""


def _reshaped(sketch: Sketch, value: Value, shape: Shape) -> Value:
    if shape == value.shape:
        return value
    if shape == (prod(value.shape),):
        return sketch.draft.flat(value)
    return Value(sketch.draft.node("Reshape", value.tensor, sketch.draft.constant([0, *shape], np.int64)), shape)


def reshape(sketch: Sketch, node: Node) -> Value:
    """A value in another shape, the batch left alone."""
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


def flatten(sketch: Sketch, node: Node) -> Value:
    """A value as one row of features."""
    node.option("axis", 1)
    return sketch.draft.flat(node.value())


def _axes(node: Node, rank: int) -> list[int]:
    """Axes that a node names, counted with the batch as 0."""
    given = node.constant(1, "axes")
    return [] if given is None else sorted(int(axis) % rank for axis in given.reshape(-1))


def squeeze(sketch: Sketch, node: Node) -> Value:
    """A value without axes of length 1."""
    value = node.value()
    axes = _axes(node, len(value.shape) + 1)
    if not axes or 0 in axes or any(value.shape[axis - 1] != 1 for axis in axes):
        raise node.error(
            f"axes {axes} of shape {value.shape} cannot be left out; name axes of length 1 after the batch"
        )
    return _reshaped(sketch, value, tuple(size for at, size in enumerate(value.shape, 1) if at not in axes))


def unsqueeze(sketch: Sketch, node: Node) -> Value | Stack:
    """A value with axes of length 1 more, or a stack of one."""
    value, given = node.value(), node.constant(1, "axes")
    axes = _axes(node, len(value.shape) + 1 + (0 if given is None else given.size))
    if axes == [0]:
        return Stack((value,))
    if not axes or 0 in axes:
        raise node.error("an axis before the batch is not supported; average networks as (a + b) / 2, without a stack")
    sizes = list(value.shape)
    for axis in axes:
        sizes.insert(axis - 1, 1)
    return _reshaped(sketch, value, tuple(sizes))


def transpose(sketch: Sketch, node: Node) -> Value:
    """A value with its axes in another order, the batch first."""
    value = node.value()
    order = [int(axis) for axis in node.attributes.get("perm", ())]
    if sorted(order) != list(range(len(value.shape) + 1)) or order[0] != 0:
        raise node.error(f"the order {order} of axes is not supported; the batch has to stay first")
    shape = tuple(value.shape[axis - 1] for axis in order[1:])
    return Value(sketch.draft.node("Transpose", value.tensor, perm=order), shape)


def concat(sketch: Sketch, node: Node) -> Value | Stack:
    """Values one after the other along an axis, or stacks as one."""
    stacks = [each for each in node.inputs if isinstance(each, Stack)]
    if len(stacks) == len(node.inputs) and node.attributes.get("axis") == 0:
        return Stack(tuple(value for stack in stacks for value in stack.values))
    values = [node.value(place) for place in range(len(node.inputs))]
    axis = int(node.attributes["axis"]) % (len(values[0].shape) + 1)
    around = {(*each.shape[: axis - 1], *each.shape[axis:]) for each in values}
    if axis == 0 or len(around) != 1:
        raise node.error(f"shapes {[each.shape for each in values]} cannot be joined along axis {axis}")
    sizes = list(values[0].shape)
    sizes[axis - 1] = sum(each.shape[axis - 1] for each in values)
    return Value(sketch.draft.node("Concat", *(each.tensor for each in values), axis=axis), tuple(sizes))


def pad(sketch: Sketch, node: Node) -> Value:
    """An image with zeros around."""
    value, pads, filler = node.value(), node.constant(1, "pads"), node.constant(2)
    node.option("mode", "constant")
    rank = len(value.shape) + 1
    if pads is None or pads.size != 2 * rank or pads.min() < 0 or pads[0] or pads[rank] or node.has(3):
        raise node.error(f"pads are {pads}; numbers from 0 for both ends of each axis, 0 for the batch, are needed")
    if filler is not None and filler.any():
        raise node.error("padding with other numbers than 0 is not supported")
    shape = tuple(size + int(pads[at]) + int(pads[rank + at]) for at, size in enumerate(value.shape, 1))
    return Value(sketch.draft.node("Pad", value.tensor, sketch.draft.constant(pads, np.int64)), shape)


def reduced(operator: str) -> Callable[[Sketch, Node], Value]:
    """What draws a mean or a maximum over an image's height and width, or the mean of a stack."""

    def reduce(sketch: Sketch, node: Node) -> Value:
        first = node.inputs[0] if node.inputs else None
        if isinstance(first, Stack) and operator == "GlobalAveragePool":
            return _mean(sketch, node, first.values)
        value = node.value()
        if len(value.shape) != IMAGE or _axes(node, 4) != [2, 3]:
            raise node.error(f"height and width of an image are supported, not axes {_axes(node, 4)}")
        pooled = Value(sketch.draft.node(operator, value.tensor), (value.shape[0], 1, 1))
        return pooled if node.attributes.get("keepdims", 1) else sketch.draft.flat(pooled)

    return reduce


def _mean(sketch: Sketch, node: Node, values: Sequence[Value]) -> Value:
    """The mean of several networks' values, image by image."""
    axes = _axes(node, len(values[0].shape) + 2)
    if axes != [0] or node.attributes.get("keepdims", 1) or len({value.shape for value in values}) != 1:
        raise node.error(
            "of a stack of networks only the mean over its first axis is taken, which then is no axis any more"
        )
    total = values[0]
    for value in values[1:]:
        total = sketch.draft.through(total, "Add", value.tensor)
    return sketch.draft.through(total, "Mul", sketch.draft.constant(1.0 / len(values)))


def over_image(operator: str) -> Callable[[Sketch, Node], Value]:
    """What draws an operator that leaves one number of each channel."""

    def pool(sketch: Sketch, node: Node) -> Value:
        value = node.value()
        if len(value.shape) != IMAGE:
            raise node.error(f"an image is needed, got shape {value.shape}")
        return Value(sketch.draft.node(operator, value.tensor), (value.shape[0], 1, 1))

    return pool


def cut(sketch: Sketch, node: Node) -> Value:
    """Slice: a part of a value along axes after the batch, without leaving places out."""
    value, first, end = node.value(), node.constant(1), node.constant(2)
    axes, steps = node.constant(3), node.constant(4)
    if first is None or end is None or first.shape != end.shape or first.ndim != 1:
        raise node.error("as many starts as ends are needed")
    along = range(len(first)) if axes is None else [int(axis) % (len(value.shape) + 1) for axis in axes]
    if not len(set(along)) == len(along) == len(first) or (steps is not None and (steps != 1).any()):
        raise node.error(
            f"steps of 1 for each of {len(first)} axes are supported, got axes {list(along)[:9]}, steps {steps}"
        )
    for at, axis in enumerate(along):
        if axis:
            value = _part(sketch, node, value, axis, (int(first[at]), int(end[at])))
        elif first[at] != 0 or end[at] < WHOLE_BATCH:
            raise node.error("a part of the batch cannot be taken; each image is judged by itself")
    return value


def split(sketch: Sketch, node: Node) -> Sequence[Value]:
    """A value in parts along an axis."""
    value, sizes = node.value(), node.constant(1, "split")
    axis = int(node.attributes.get("axis", 0)) % (len(value.shape) + 1)
    if axis == 0:
        raise node.error("the batch cannot be split; each image is judged by itself")
    length, parts = value.shape[axis - 1], int(node.attributes.get("num_outputs", len(node.outputs)))
    each = -(-length // max(1, parts))
    given = [min(each, length - each * at) for at in range(parts)] if sizes is None else [int(size) for size in sizes]
    if len(given) != len(node.outputs) or sum(given) != length or min(given) < 1:
        raise node.error(f"{length} places along axis {axis} are not split into {given}")
    ends = np.cumsum([0, *given]).tolist()
    return [_part(sketch, node, value, axis, limits) for limits in pairwise(ends)]


def gather(sketch: Sketch, node: Node) -> Value:
    """What stands at one place of an axis."""
    value, index = node.value(), node.constant(1)
    axis = int(node.attributes.get("axis", 0)) % (len(value.shape) + 1)
    if index is None or index.shape != () or axis == 0:
        raise node.error("one fixed place along an axis after the batch is supported")
    place = int(index) % value.shape[axis - 1]
    part = _part(sketch, node, value, axis, (place, place + 1))
    return _reshaped(sketch, part, tuple(size for at, size in enumerate(part.shape, 1) if at != axis))


def _part(sketch: Sketch, node: Node, value: Value, axis: int, limits: tuple[int, int]) -> Value:
    length = value.shape[axis - 1]
    first, end, _ = slice(*limits).indices(length)
    if end <= first:
        raise node.error(f"nothing is left of {length} places along axis {axis}")
    if (first, end) == (0, length):
        return value
    places = [sketch.draft.constant([each], np.int64) for each in (first, end, axis)]
    shape = (*value.shape[: axis - 1], end - first, *value.shape[axis:])
    return Value(sketch.draft.node("Slice", value.tensor, *places), shape)
