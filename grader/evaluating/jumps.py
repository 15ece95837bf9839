"""How far a function jumps at its threshold: there two engines may be on either side, with results that far apart.

Softplus that ends at a threshold jumps by log(1 + exp(-threshold)) / beta, a ReLU with a threshold by the threshold.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import onnx

from grader.evaluating.operators import OPERATORS
from grader.evaluating.windows import Tensor
from grader.facts import AnyArray

JUMP = "jump"
"""Attribute of a Where: how far apart what it chooses from may be where it changes its mind."""
UNKNOWN = float(np.finfo(np.float32).max)
DEEPEST = 8
"""Operators between a number and what is chosen because of it; functions of networks have four."""


def jumps(nodes: Sequence[onnx.NodeProto], constants: Mapping[str, AnyArray]) -> Mapping[str, float]:
    """Output of each Where that asks whether something is greater -> how far it jumps, UNKNOWN where that is not told."""
    makers = {node.output[0]: node for node in nodes}
    found = {}
    for node in nodes:
        asked = makers.get(node.input[0]) if node.op_type == "Where" else None
        if asked is not None:
            found[node.output[0]] = _jump(node, asked, makers, constants)
    return found


def _jump(
    chosen: onnx.NodeProto,
    asked: onnx.NodeProto,
    makers: Mapping[str, onnx.NodeProto],
    constants: Mapping[str, AnyArray],
) -> float:
    number, limit = asked.input[0], constants.get(asked.input[1]) if asked.op_type == "Greater" else None
    if limit is None:
        return UNKNOWN
    known = {name: value.astype(np.float64) for name, value in constants.items() if value.size == limit.size == 1}
    known[number] = limit.astype(np.float64)
    maker = makers.get(number)
    if maker is not None and maker.op_type == "Mul" and maker.input[1] in known:
        known[maker.input[0]] = known[number] / known[maker.input[1]]
    sides = [_at(name, known, makers, DEEPEST) for name in chosen.input[1:]]
    if any(side is None for side in sides):
        return UNKNOWN
    return min(UNKNOWN, max(float(np.abs(one - other).max()) for one, other in pairwise(map(np.asarray, sides))))


def _at(name: str, known: Mapping[str, Tensor], makers: Mapping[str, onnx.NodeProto], depth: int) -> Tensor | None:
    """A tensor's value where others have the known ones; None where it does not follow from them."""
    if name in known or name not in makers or not depth:
        return known.get(name)
    node = makers[name]
    inputs = [_at(each, known, makers, depth - 1) for each in node.input]
    if any(each is None for each in inputs) or node.attribute or node.op_type not in OPERATORS:
        return None
    value: Tensor = OPERATORS[node.op_type]([np.asarray(each) for each in inputs], {})
    return value
