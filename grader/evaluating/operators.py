"""The operators that a network may be made of, in float64: the list of what is allowed is this table.

Semantics: https://onnx.ai/onnx/operators/, opset 17. A tensor may have a batch of 1 where all samples share its value.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import TypeAlias

import numpy as np

from grader.evaluating import functions, windows
from grader.evaluating.windows import Attributes, Tensor

Operator: TypeAlias = Callable[[Sequence[Tensor], Attributes], Tensor]


def _pad(inputs: Sequence[Tensor], _: Attributes) -> Tensor:
    before, after = np.split(inputs[1].astype(np.int64), 2)
    return np.pad(inputs[0], list(zip(before, after, strict=True)))


def _slice(inputs: Sequence[Tensor], _: Attributes) -> Tensor:
    parts = [slice(None)] * inputs[0].ndim
    for first, end, axis in zip(*(numbers.astype(np.int64).tolist() for numbers in inputs[1:]), strict=True):
        parts[axis] = slice(first, end)
    return inputs[0][tuple(parts)]


def _concat(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    samples = max(len(each) for each in inputs)
    return np.concatenate([np.broadcast_to(each, (samples, *each.shape[1:])) for each in inputs], attributes["axis"])


def _reshape(inputs: Sequence[Tensor], _: Attributes) -> Tensor:
    return inputs[0].reshape(len(inputs[0]), *inputs[1][1:].astype(np.int64))


OPERATORS: Mapping[str, Operator] = {
    "Add": lambda inputs, _: inputs[0] + inputs[1],
    "AveragePool": windows.average_pool,
    "BatchNormalization": functions.batch_normalization,
    "Clip": lambda inputs, _: np.clip(inputs[0], inputs[1], inputs[2]),
    "Concat": _concat,
    "Conv": windows.conv,
    "Elu": functions.elu,
    "Erf": functions.erf,
    "Flatten": lambda inputs, _: inputs[0].reshape(len(inputs[0]), -1),
    "Gemm": functions.gemm,
    "GlobalAveragePool": lambda inputs, _: inputs[0].mean(axis=(2, 3), keepdims=True),
    "GlobalMaxPool": lambda inputs, _: inputs[0].max(axis=(2, 3), keepdims=True),
    "Greater": lambda inputs, _: inputs[0] > inputs[1],
    "HardSigmoid": functions.hard_sigmoid,
    "HardSwish": functions.hard_swish,
    "LayerNormalization": functions.layer_normalization,
    "LeakyRelu": functions.leaky_relu,
    "MatMul": lambda inputs, _: inputs[0] @ inputs[1],
    "Max": lambda inputs, _: reduce(np.maximum, inputs),
    "MaxPool": windows.max_pool,
    "Min": lambda inputs, _: reduce(np.minimum, inputs),
    "Mul": lambda inputs, _: inputs[0] * inputs[1],
    "PRelu": functions.prelu,
    "Pad": _pad,
    "Relu": lambda inputs, _: np.maximum(inputs[0], 0.0),
    "Reshape": _reshape,
    "Resize": windows.resize,
    "Selu": functions.selu,
    "Sigmoid": functions.sigmoid,
    "Slice": _slice,
    "Softmax": functions.softmax,
    "Softplus": lambda inputs, _: np.logaddexp(inputs[0], 0.0),
    "Softsign": lambda inputs, _: inputs[0] / (1.0 + np.abs(inputs[0])),
    "Sub": lambda inputs, _: inputs[0] - inputs[1],
    "Tanh": lambda inputs, _: np.tanh(inputs[0]),
    "Transpose": lambda inputs, attributes: inputs[0].transpose(attributes["perm"]),
    "Where": lambda inputs, _: np.where(inputs[0], inputs[1], inputs[2]),
}
"""Operator name -> its value from its inputs and attributes."""
