"""Types of numbers, honest and strange, and datasets made below h5py's friendly surface."""

from collections.abc import Callable
from typing import Any

import h5py
import numpy as np
from h5py import h5d, h5p, h5s, h5t


def dtype(name: str) -> np.dtype[Any]:
    """NumPy's type of that name; `text` is text of any length."""
    found: np.dtype[Any] = h5py.string_dtype() if name == "text" else np.dtype(name)
    return found


def create(file: h5py.File, at: str, shape: tuple[int, ...], kind: Any, plan: Any) -> Any:
    """An empty dataset of any type and creation plan."""
    links = h5p.create(h5p.LINK_CREATE)
    links.set_create_intermediate_group(True)
    return h5py.Dataset(h5d.create(file.id, at.encode(), kind, h5s.create_simple(shape), plan, links))


def _bfloat16() -> Any:
    """The upper half of a float32, which NumPy has no type for."""
    return _float(2, (15, 7, 8, 0, 7), 127)


def _float8() -> Any:
    return _float(1, (7, 3, 4, 0, 3), 7)


def _wide_exponent() -> Any:
    """Four bytes, split between exponent and mantissa otherwise than IEEE 754 does."""
    return _float(4, (31, 20, 11, 0, 20), 1023)


def _float(size: int, fields: tuple[int, ...], bias: int) -> Any:
    kind = h5t.IEEE_F64LE.copy()  # shrinking needs the fields to fit at every step
    kind.set_fields(*fields)
    kind.set_precision(8 * size)
    kind.set_size(size)
    kind.set_ebias(bias)
    return kind


def _compound() -> Any:
    return h5t.py_create(np.dtype([("value", "<f4"), ("mask", "u1")]))


TYPES: dict[str, Callable[[], Any]] = {
    "bfloat16": _bfloat16,
    "float8": _float8,
    "wide-exponent": _wide_exponent,
    "compound": _compound,
    "complex": lambda: h5t.py_create(np.dtype("c8")),
    "boolean": lambda: h5t.py_create(np.dtype("?")),
    "opaque": lambda: h5t.py_create(np.dtype("V4")),
    "fixed-text": lambda: h5t.py_create(np.dtype("S4")),
    "text": lambda: h5t.py_create(h5py.string_dtype(), logical=True),
    "array": lambda: h5t.array_create(h5t.IEEE_F32LE, (3,)),
    "vlen": lambda: h5t.vlen_create(h5t.IEEE_F32LE),
    "reference": lambda: h5t.STD_REF_OBJ,
    "int8": lambda: h5t.STD_I8LE,
    "int32": lambda: h5t.STD_I32LE,
    "uint64-big-endian": lambda: h5t.STD_U64BE,
    "bits": lambda: h5t.STD_B32LE,
}
