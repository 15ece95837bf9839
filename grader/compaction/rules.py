"""The table of rules: how each operator that a network may be made of passes on units and constants."""

from collections.abc import Callable, Mapping

from grader.compaction import elementwise, moving, products
from grader.compaction.trace import Node, Trace, Traced
from grader.evaluating.operators import OPERATORS

Rule = Callable[[Trace, Node], Traced]

ELEMENTWISE = (
    *("Add", "Clip", "Elu", "Erf", "Greater", "HardSigmoid", "HardSwish", "LeakyRelu", "Max", "Min", "Mul", "PRelu"),
    *("Relu", "Selu", "Sigmoid", "Softplus", "Softsign", "Sub", "Tanh", "Where"),
)
BY_CHANNEL = ("AveragePool", "GlobalAveragePool", "GlobalMaxPool", "MaxPool", "Pad", "Resize")

FOLLOWED: Mapping[str, Rule] = {
    **dict.fromkeys(ELEMENTWISE, elementwise.elementwise),
    **dict.fromkeys(BY_CHANNEL, moving.by_channel),
    **dict.fromkeys(("Flatten", "Reshape", "Slice", "Transpose"), moving.moved),
    **dict.fromkeys(("LayerNormalization", "Softmax"), elementwise.normalised_together),
    **dict.fromkeys(("Gemm", "MatMul"), products.dense),
    "BatchNormalization": elementwise.normalised_channels,
    "Concat": moving.concatenated,
    "Conv": products.convolution,
}

RULES: Mapping[str, Rule] = {name: FOLLOWED.get(name, moving.not_followed) for name in OPERATORS}
"""Operator -> its rule. One that has none lets nothing be taken out around it."""
