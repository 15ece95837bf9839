"""What a network would take on a disk if its zeros were left out: computed from counts, in bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

NUMBER = 4
"""Bytes of a float32."""
SHORT, LONG = 2, 4
"""Bytes of an index; two reach for up to 65,536 columns."""


@dataclass(frozen=True, slots=True)
class Size:
    """One way to store the parameters; `share` of the dense way's bytes."""

    name: str
    about: str
    bytes: int
    share: float


def sizes(layers: Sequence[Mapping[str, Any]]) -> Sequence[Size]:
    """The ways to store these arrays, each with `shape`, `parameters` and `zeros`; the dense one first."""
    dense = sum(NUMBER * each["parameters"] for each in layers)
    found = (
        ("dense", "every weight as float32", dense),
        ("bit mask", "one bit for each weight, and those that are not zero", sum(map(_mask, layers))),
        ("CSR", "row by row, each weight that is not zero with its column", sum(map(_csr, layers))),
        ("COO", "each weight that is not zero with its place", sum(map(_coo, layers))),
    )
    return [Size(name, about, count, count / dense if dense else 0.0) for name, about, count in found]


def _kept(layer: Mapping[str, Any]) -> int:
    return int(layer["parameters"] - layer["zeros"])


def _mask(layer: Mapping[str, Any]) -> int:
    return -(-int(layer["parameters"]) // 8) + NUMBER * _kept(layer)


def _csr(layer: Mapping[str, Any]) -> int:
    """As a matrix with a row for each output, the last axis; a bias is one row."""
    shape = layer["shape"]
    rows = shape[-1] if len(shape) > 1 else 1
    columns = prod(shape[:-1]) if len(shape) > 1 else prod(shape)
    return (NUMBER + _index(columns)) * _kept(layer) + LONG * (rows + 1)


def _coo(layer: Mapping[str, Any]) -> int:
    return (NUMBER + _index(int(layer["parameters"]))) * _kept(layer)


def _index(length: int) -> int:
    return SHORT if length <= 1 << 16 else LONG
