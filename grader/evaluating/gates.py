"""Products of a number and a share of it, as swish and gelu are: x times a bounded function of x.

The slope of such a product stays near 1, while that of any product grows with its factors.
"""

from collections.abc import Iterable, Set

import onnx

GATED = "self_gated"
"""Attribute of a Mul whose factors are a number and its share."""

BOUNDED = frozenset({"Erf", "HardSigmoid", "Sigmoid", "Tanh"})
UNARY = BOUNDED | {"Add", "Mul", "Softplus"}
"""Operators that make, with constants at most, a function of one tensor."""


def self_gated(nodes: Iterable[onnx.NodeProto]) -> Set[str]:
    """The outputs of those Mul whose one factor is a bounded function of the other."""
    made: set[str] = set()
    origins: dict[str, set[str]] = {}  # all tensors that this one is a function of, alone
    bounded: set[str] = set()
    gated: set[str] = set()
    for node in nodes:
        output, variables = node.output[0], [name for name in node.input if name in made]
        if node.op_type in UNARY and len(variables) == 1:
            origins[output] = {variables[0], *origins.get(variables[0], ())}
            if node.op_type in BOUNDED or variables[0] in bounded:
                bounded.add(output)
        elif node.op_type == "Mul" and len(variables) == 2:
            first, second = variables
            if second in bounded and first in origins[second]:
                gated.add(output)
        made.add(output)
    return gated
