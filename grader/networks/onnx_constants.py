"""Nodes of an exported graph that depend on no image: exporters write shapes as small programs."""

from collections.abc import Callable, Mapping

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from grader.facts import AnyArray
from grader.limits import MAX_REFERENCE_BYTES
from grader.networks.draft import Value
from grader.networks.onnx_nodes import Known, Node, Weight


def fold(node: Node) -> AnyArray | None:
    """What a node gives, where all that it takes is constant; None where it is none of those that shapes are made of."""
    if node.operator == "Shape" and node.has(0) and isinstance(node.inputs[0], Value):
        return np.asarray((1, *node.value().shape), np.int64)
    if node.operator == "CastLike" and node.has(0) and isinstance(node.inputs[1], Value):
        return _input(node, 0).astype(np.float32)
    if node.operator not in FOLDED or not all(_is_constant(each) for each in node.inputs):
        return None
    try:
        return np.asarray(FOLDED[node.operator](node))
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise node.error(f"its constants do not fit each other ({error})") from None


def _is_constant(known: Known | None) -> bool:
    return known is not None and not isinstance(known, Value | Weight)


def _constant(node: Node) -> AnyArray:
    for kind in ("value_float", "value_int", "value_floats", "value_ints"):
        if kind in node.attributes:
            return np.asarray(node.attributes[kind], np.float32 if "float" in kind else np.int64)
    tensor = node.attributes.get("value")
    if not isinstance(tensor, TensorProto):
        raise node.error("a constant without a number is not supported")
    return numpy_helper.to_array(tensor)


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
    size = _input(node, 0).astype(np.int64)
    if np.prod(size) > MAX_REFERENCE_BYTES:
        raise node.error(f"a constant of shape {size.tolist()} is larger than any that shapes are made of")
    value = node.attributes.get("value")
    number = numpy_helper.to_array(value) if isinstance(value, TensorProto) else np.zeros(1, np.float32)
    return np.broadcast_to(number, tuple(size))


FOLDED: Mapping[str, Callable[[Node], AnyArray]] = {
    "Add": lambda node: _input(node, 0) + _input(node, 1),
    "Cast": lambda node: _input(node, 0).astype(helper.tensor_dtype_to_np_dtype(node.attributes["to"])),
    "CastLike": lambda node: _input(node, 0).astype(_input(node, 1).dtype),
    "Concat": lambda node: np.concatenate(
        [_input(node, place) for place in range(len(node.inputs))], node.attributes["axis"]
    ),
    "Constant": _constant,
    "ConstantOfShape": _filled,
    "Div": lambda node: (
        _input(node, 0) // _input(node, 1) if _input(node, 0).dtype.kind == "i" else _input(node, 0) / _input(node, 1)
    ),
    "Gather": lambda node: np.take(_input(node, 0), _input(node, 1).astype(np.int64), node.attributes.get("axis", 0)),
    "Identity": lambda node: _input(node, 0),
    "Mul": lambda node: _input(node, 0) * _input(node, 1),
    "Reshape": lambda node: _input(node, 0).reshape(_input(node, 1).astype(np.int64)),
    "Shape": lambda node: np.asarray(_input(node, 0).shape, np.int64),
    "Slice": _slice,
    "Squeeze": _squeeze,
    "Sub": lambda node: _input(node, 0) - _input(node, 1),
    "Transpose": lambda node: _input(node, 0).transpose(node.attributes.get("perm")),
    "Unsqueeze": lambda node: np.expand_dims(_input(node, 0), _axes(node)),
}
"""Operators of constants: those that exporters write around a shape, a limit or a scale."""
