"""A graph that came back from reading an ONNX file, as the trusted side takes it: believed in nothing but its form."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from grader import limits
from grader.errors import Cause, ChildDied
from grader.facts import AnyArray, Graph, GraphNode, Shape

TYPES = tuple(np.dtype(name) for name in ("float16", "float32", "float64", "int64", "int32", "uint8"))
LARGEST = 1 << 63
LARGEST_FLOAT = float(np.finfo(np.float32).max)


def graph_from_words(words: object, arrays: Mapping[str, AnyArray]) -> Graph:
    """The graph that the words of an answer describe. Raises ChildDied where the reading job answers no such thing."""
    told = _table(words)
    named, nodes = _table(told.get("arrays")), told.get("nodes")
    if len(named) > limits.MAX_TENSORS or not isinstance(nodes, list) or not 0 < len(nodes) <= limits.ONNX_MAX_NODES:
        raise _doubt("no nodes, or too many")
    return Graph(
        _text(told.get("images")),
        _shape(told.get("shape")),
        _text(told.get("output")),
        tuple(_node(node, arrays) for node in nodes),
        {_text(name): _array(key, arrays) for name, key in named.items()},
    )


def _node(words: object, arrays: Mapping[str, AnyArray]) -> GraphNode:
    told = _table(words)
    attributes = _table(told.get("attributes"))
    if len(attributes) > limits.ONNX_MAX_ATTRIBUTES:
        raise _doubt("too many attributes")
    return GraphNode(
        _text(told.get("operator")),
        _text(told.get("name")),
        _names(told.get("inputs")),
        _names(told.get("outputs")),
        {_text(name): _attribute(value, arrays) for name, value in attributes.items()},
    )


def _attribute(value: object, arrays: Mapping[str, AnyArray]) -> Any:
    if isinstance(value, dict):
        return _array(value.get("array"), arrays)
    if isinstance(value, list):
        if len(value) > limits.ONNX_MAX_LIST or not all(_is_number(each) for each in value):
            raise _doubt("an attribute that is no short list of numbers")
        return value
    if isinstance(value, str):
        return value if not value else _text(value)
    if not _is_number(value):
        raise _doubt("an attribute of no kind")
    return value


def _is_number(value: object) -> bool:
    if type(value) is int:
        return -LARGEST <= value < LARGEST
    return type(value) is float and abs(value) <= LARGEST_FLOAT


def _array(key: object, arrays: Mapping[str, AnyArray]) -> AnyArray:
    array = arrays.get(key) if isinstance(key, str) else None
    if array is None or array.dtype not in TYPES or array.ndim > limits.MAX_DIMENSIONS:
        raise _doubt("an array that is absent or of no type")
    if array.dtype.kind != "f" and array.size > limits.ONNX_MAX_LIST:
        raise _doubt("too many whole numbers")
    return array


def _shape(value: object) -> Shape:
    sizes = value if isinstance(value, list) else []
    if len(sizes) != 3 or not all(type(size) is int and 0 < size <= limits.MAX_LAYER_SIZE for size in sizes):
        raise _doubt("a shape that no image has")
    return tuple(sizes)


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > limits.ONNX_MAX_INPUTS:
        raise _doubt("not a list of names, or one too long")
    return tuple(name if name == "" else _text(name) for name in value)


def _table(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _doubt("not a table")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= limits.ONNX_MAX_NAME_CHARACTERS or not value.isprintable():
        raise _doubt("a name that is no short text")
    return value


def _doubt(detail: str) -> ChildDied:
    return ChildDied(Cause.ANSWER, detail)
