"""The tensors of an ONNX file as arrays: floats of any number, whole numbers only as many as shapes are made of."""

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from grader import limits
from grader.errors import Finding, Refusal
from grader.facts import AnyArray
from grader.reading.protobuf import Table

DATA = ("raw_data", "float_data", "int32_data", "int64_data", "double_data", "uint64_data")
TYPE_NAMES = (
    *(
        "undefined",
        "float32",
        "uint8",
        "int8",
        "uint16",
        "int16",
        "int32",
        "int64",
        "text",
        "bool",
        "float16",
        "float64",
    ),
    *("uint32", "uint64", "complex64", "complex128", "bfloat16", "float8e4m3fn", "float8e4m3fnuz", "float8e5m2"),
    *("float8e5m2fnuz", "uint4", "int4", "float4e2m1", "float8e8m0"),
)
"""The names of ONNX's element types by their number."""
KINDS: Mapping[str, tuple[str, str]] = {
    "float32": ("<f4", "float_data"),
    "float64": ("<f8", "double_data"),
    "float16": ("<u2", "int32_data"),
    "bfloat16": ("<u2", "int32_data"),
    "int64": ("<i8", "int64_data"),
    "int32": ("<i4", "int32_data"),
    "bool": ("|u1", "int32_data"),
}
"""Element types that are read: how raw bytes hold them, and the field that holds them otherwise."""
INTEGERS = ("int64", "int32", "bool")


def array_of(tensor: Table, where: str) -> AnyArray:
    """The tensor's numbers: float16, float32 or float64, int32 or int64, or uint8 for truth values. Raises Refusal."""
    if tensor.get("data_location", 0) != 0:
        raise Refusal(Finding("onnx-external-data", where))
    number = tensor.get("data_type", 0)
    name = TYPE_NAMES[number] if 0 <= number < len(TYPE_NAMES) else f"number {number}"
    if name == "text":
        raise Refusal(Finding("onnx-strings", where))
    if name not in KINDS:
        raise Refusal(Finding("onnx-element-type", where, ", ".join(KINDS), name))
    shape = tuple(tensor.get("dims", ()))
    size = _size(shape, where)
    if name in INTEGERS and size > limits.ONNX_MAX_LIST:
        raise Refusal(Finding("onnx-integers", where, f"{limits.ONNX_MAX_LIST}", f"{size:,} of {name}"))
    return _converted(_numbers(tensor, name, size, where), name).reshape(shape)


def _size(shape: tuple[int, ...], where: str) -> int:
    if len(shape) > limits.MAX_DIMENSIONS or any(not 0 <= each <= limits.MAX_ELEMENTS for each in shape):
        raise Refusal(
            Finding("onnx-tensor-size", where, f"at most {limits.MAX_DIMENSIONS} sizes, from 0", f"shape {shape[:16]}")
        )
    if prod(shape) > limits.MAX_ELEMENTS:
        raise Refusal(Finding("onnx-tensor-size", where, f"{limits.MAX_ELEMENTS:,} numbers", f"{prod(shape):,}"))
    return prod(shape)


def _numbers(tensor: Table, name: str, size: int, where: str) -> AnyArray:
    """The numbers as they are stored, in one row."""
    stored, field = KINDS[name]
    given = [each for each in DATA if len(tensor.get(each, ()))]
    if given not in ([], ["raw_data"], [field]):
        raise Refusal(Finding("onnx-tensor-size", where, f"its numbers in raw_data or {field}", " and ".join(given)))
    kind = np.dtype(stored)
    content = tensor.get(given[0], b"") if given else b""
    got = len(content) if given == ["raw_data"] else len(content) * kind.itemsize
    if got != size * kind.itemsize:
        raise Refusal(Finding("onnx-tensor-size", where, f"{size * kind.itemsize:,} bytes", f"{got:,} bytes"))
    if isinstance(content, list):
        return np.asarray(content, np.int64).astype(kind)
    return np.frombuffer(content, kind)


def _converted(numbers: AnyArray, name: str) -> AnyArray:
    if name == "float16":
        return numbers.view("<f2")
    if name == "bfloat16":  # the upper half of a float32, which NumPy has no type for
        return (numbers.astype("<u4") << 16).view("<f4")
    return (numbers != 0).astype(np.uint8) if name == "bool" else numbers


def is_number(value: Any) -> bool:
    """Whether a value is a number that JSON has, neither infinite nor none at all."""
    return isinstance(value, int) or bool(np.isfinite(value))
