"""Nodes of an exported graph that depend on no image: exporters write shapes as small programs."""

from collections.abc import Callable, Mapping

import numpy as np
from onnx import TensorProto

from grader.facts import AnyArray, Shape
from grader.limits import MAX_FOLDED_ELEMENTS
from grader.networks.draft import Value
from grader.networks.onnx_nodes import Known, Node, Weight, elements

TYPES = {
    TensorProto.FLOAT: np.float32,
    TensorProto.DOUBLE: np.float64,
    TensorProto.FLOAT16: np.float16,
    TensorProto.INT64: np.int64,
    TensorProto.INT32: np.int32,
    TensorProto.BOOL: np.bool_,
}


def fold(node: Node) -> AnyArray | None:
    """What a node gives, where all that it takes is constant; None where it is none of those that shapes are made of."""
    try:
        with np.errstate(all="ignore"):  # what overflows is found by its value
            return _folded(node)
    except (IndexError, KeyError, OverflowError, TypeError, ValueError, ZeroDivisionError) as error:
        raise node.error(f"its constants do not fit each other ({error})") from None


def _folded(node: Node) -> AnyArray | None:
    if node.operator == "Shape" and node.has(0) and isinstance(node.inputs[0], Value):
        return _shape(node, (1, *node.value().shape))
    if node.operator == "CastLike" and node.has(0) and node.has(1) and isinstance(node.inputs[1], Value):
        return _input(node, 0).astype(np.float32)
    if node.operator not in FOLDED or not all(_is_constant(each) for each in node.inputs):
        return None
    return np.asarray(FOLDED[node.operator](node))


def _is_constant(known: Known | None) -> bool:
    return known is None or isinstance(known, np.ndarray) or (isinstance(known, Weight) and known.array is not None)


def _bounded(node: Node, shape: Shape) -> Shape:
    """A shape, if what is computed is no larger than constants may be."""
    if min(shape, default=1) < 0 or elements(shape) > MAX_FOLDED_ELEMENTS:
        raise node.error(f"a constant of shape {list(shape)} is larger than {MAX_FOLDED_ELEMENTS:,} numbers")
    return shape


def _shape(node: Node, shape: Shape) -> AnyArray:
    """The attributes `start` and `end` cut a part out, as a slice does."""
    return np.asarray(shape[node.attributes.get("start", 0) : node.attributes.get("end")], np.int64)


def _constant(node: Node) -> AnyArray:
    for kind in ("value_float", "value_int", "value_floats", "value_ints"):
        if kind in node.attributes:
            return np.asarray(node.attributes[kind], np.float32 if "float" in kind else np.int64)
    array = node.attributes.get("value")
    if not isinstance(array, np.ndarray):
        raise node.error("a constant without a number is not supported")
    return array


def _input(node: Node, place: int) -> AnyArray:
    found = node.constant(place)
    if found is None:
        raise node.error(f"its input {place} is missing")
    return found


def _axes(node: Node) -> tuple[int, ...]:
    axes = node.constant(1, "axes")
    return () if axes is None else tuple(int(axis) for axis in axes.reshape(-1))


def _squeeze(node: Node) -> AnyArray:
    return np.squeeze(_input(node, 0), _axes(node) or None)


def _slice(node: Node) -> AnyArray:
    data, first, end = (_input(node, place).reshape(-1) if place else _input(node, 0) for place in (0, 1, 2))
    axes, steps = node.constant(3), node.constant(4)
    parts = [slice(None)] * data.ndim
    for at in range(len(first)):
        axis = at if axes is None else int(axes[at])
        step = 1 if steps is None else int(steps[at])
        # an end below every index means: down to the first one
        last = None if step < 0 and end[at] < -data.shape[axis] else int(end[at])
        parts[axis] = slice(int(first[at]), last, step)
    return data[tuple(parts)]


def _filled(node: Node) -> AnyArray:
    size = _bounded(node, _sizes(node, 0))
    value = node.attributes.get("value")
    return np.full(size, value.reshape(-1)[0] if isinstance(value, np.ndarray) else np.float32(0))


def _sizes(node: Node, place: int) -> Shape:
    return tuple(int(each) for each in _input(node, place).reshape(-1))


def _expanded(node: Node) -> AnyArray:
    shape = np.broadcast_shapes(_input(node, 0).shape, _sizes(node, 1))
    return np.broadcast_to(_input(node, 0), _bounded(node, shape))


def _taken(node: Node) -> AnyArray:
    data, places, axis = _input(node, 0), _input(node, 1).astype(np.int64), int(node.attributes.get("axis", 0))
    _bounded(node, (*places.shape, data.size // max(1, data.shape[axis])))
    return np.take(data, places, axis)


def _joined(node: Node) -> AnyArray:
    parts = [_input(node, place) for place in range(len(node.inputs))]
    _bounded(node, (sum(part.size for part in parts),))
    return np.concatenate(parts, int(node.attributes["axis"]))


def _cast(node: Node) -> AnyArray:
    if node.attributes["to"] not in TYPES:
        raise node.error(f"constants of type {node.attributes['to']} are not supported")
    return _input(node, 0).astype(TYPES[node.attributes["to"]])


def _range(node: Node) -> AnyArray:
    first, end, step = (int(_input(node, place).reshape(())) for place in range(3))
    _bounded(node, (len(range(first, end, step)),))
    return np.asarray(range(first, end, step), np.int64)


def _reshaped(node: Node) -> AnyArray:
    data, sizes = _input(node, 0), _sizes(node, 1)
    whole = [data.shape[at] if size == 0 and at < data.ndim else size for at, size in enumerate(sizes)]
    return data.reshape(whole)


def _of_two(function: Callable[[AnyArray, AnyArray], AnyArray]) -> Callable[[Node], AnyArray]:
    def compute(node: Node) -> AnyArray:
        _bounded(node, np.broadcast_shapes(_input(node, 0).shape, _input(node, 1).shape))
        return np.asarray(function(_input(node, 0), _input(node, 1)))

    return compute


def _quotient(first: AnyArray, second: AnyArray) -> AnyArray:
    return np.asarray(first // second if first.dtype.kind == "i" else first / second)


FOLDED: Mapping[str, Callable[[Node], AnyArray]] = {
    "Add": _of_two(np.add),
    "Cast": _cast,
    "CastLike": lambda node: _input(node, 0).astype(_input(node, 1).dtype),
    "Concat": _joined,
    "Constant": _constant,
    "ConstantOfShape": _filled,
    "Div": _of_two(_quotient),
    "Equal": _of_two(np.equal),
    "Expand": _expanded,
    "Gather": _taken,
    "Identity": lambda node: _input(node, 0),
    "Mul": _of_two(np.multiply),
    "Range": _range,
    "Reshape": _reshaped,
    "Shape": lambda node: _shape(node, _input(node, 0).shape),
    "Slice": _slice,
    "Squeeze": _squeeze,
    "Sub": _of_two(np.subtract),
    "Transpose": lambda node: _input(node, 0).transpose(node.attributes.get("perm")),
    "Unsqueeze": lambda node: np.expand_dims(_input(node, 0), _axes(node)),
    "Where": lambda node: np.where(_input(node, 0), *_pair(node)),
}
"""Operators of constants: those that exporters write around a shape, a limit or a scale."""


def _pair(node: Node) -> tuple[AnyArray, AnyArray]:
    first, second = _input(node, 1), _input(node, 2)
    _bounded(node, np.broadcast_shapes(_input(node, 0).shape, first.shape, second.shape))
    return first, second
