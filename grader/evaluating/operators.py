"""The operators that a network may be made of, in float64: the list of what is allowed is this table.

Semantics: https://onnx.ai/onnx/operators/, opset 17. A tensor may have a batch of 1 where all samples share its value.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from grader import limits

Tensor: TypeAlias = npt.NDArray[Any]
Attributes: TypeAlias = Mapping[str, Any]
Operator: TypeAlias = Callable[[Sequence[Tensor], Attributes], Tensor]


def _conv(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    images, kernel, *bias = inputs
    groups = attributes.get("group", 1)
    windows = _windows(_padded(images, attributes, 0.0), kernel.shape[2:], attributes)
    shape = (kernel.shape[0], *windows.shape[2:4])
    if not kernel.any():
        result = np.zeros((1, *shape))  # exact for finite images, and the others are already found out
    elif groups == 1:
        result = _correlate(windows, kernel)
    else:
        parts = zip(np.split(windows, groups, axis=1), np.split(kernel, groups), strict=True)
        result = np.concatenate([_correlate(*part) for part in parts], axis=1)
    return result + bias[0][:, None, None] if bias else result


def _correlate(windows: Tensor, kernel: Tensor) -> Tensor:
    """Windows (n, c, h, w, kh, kw) times a kernel (filters, c, kh, kw): (n, filters, h, w), by matrix products."""
    samples, channels, height, width, *size = windows.shape
    depth = channels * size[0] * size[1]
    matrix = kernel.reshape(len(kernel), depth)
    result = np.empty((samples, len(kernel), height, width))
    rows = max(1, min(height, limits.EXACT_COLUMN_BYTES // (8 * depth * width)))
    step = max(1, limits.EXACT_COLUMN_BYTES // (8 * depth * width * rows))
    for first in range(0, samples, step):
        for top in range(0, height, rows):
            part = windows[first : first + step, :, top : top + rows]
            columns = part.transpose(0, 1, 4, 5, 2, 3).reshape(len(part), depth, -1)
            product = np.matmul(matrix, columns)
            result[first : first + step, :, top : top + rows] = product.reshape(len(part), len(kernel), -1, width)
    return result


def _padded(images: Tensor, attributes: Attributes, value: float) -> Tensor:
    top, left, bottom, right = attributes.get("pads", (0, 0, 0, 0))
    if not top + left + bottom + right:
        return images
    return np.pad(images, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=value)


def _windows(images: Tensor, size: Sequence[int], attributes: Attributes) -> Tensor:
    """A view of every position of a sliding window: (n, c, positions down, positions across, kh, kw)."""
    (down, across), (high, wide) = attributes.get("strides", (1, 1)), attributes.get("dilations", (1, 1))
    reach = ((size[0] - 1) * high + 1, (size[1] - 1) * wide + 1)
    every = sliding_window_view(images, reach, axis=(2, 3))
    return every[:, :, ::down, ::across, ::high, ::wide]


def _over_windows(function: np.ufunc, images: Tensor, attributes: Attributes, padding: float) -> Tensor:
    """Each window's elements put together by a binary function: (n, c, positions down, positions across)."""
    windows = _windows(_padded(images, attributes, padding), attributes["kernel_shape"], attributes)
    result = windows[..., 0, 0].copy()
    for row, column in list(np.ndindex(*windows.shape[4:]))[1:]:
        function(result, windows[..., row, column], out=result)
    return result


def _max_pool(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    return _over_windows(np.maximum, inputs[0], attributes, -np.inf)


def _average_pool(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    """The average without the padding, as Keras and ONNX' default have it."""
    inside = np.ones((1, 1, *inputs[0].shape[2:]))
    average: Tensor = _over_windows(np.add, inputs[0], attributes, 0.0)
    average /= _over_windows(np.add, inside, attributes, 0.0)
    return average


def _gemm(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    features, kernel, *bias = inputs
    product: Tensor = features @ kernel if kernel.any() else np.zeros((1, kernel.shape[1]))
    return product + bias[0] if bias else product


def _batch_normalization(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    images = inputs[0]
    along = (-1, *[1] * (images.ndim - 2))
    scale, shift, mean, variance = (statistic.reshape(along) for statistic in inputs[1:])
    normalised: Tensor = (images - mean) / np.sqrt(variance + attributes["epsilon"]) * scale + shift
    return normalised


def _softmax(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    axis = attributes["axis"]
    powers: Tensor = np.exp(inputs[0] - inputs[0].max(axis=axis, keepdims=True))
    powers /= powers.sum(axis=axis, keepdims=True)
    return powers


def _sigmoid(inputs: Sequence[Tensor], _: Attributes) -> Tensor:
    return 1.0 / (1.0 + np.exp(-inputs[0]))


def _elu(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    return np.where(inputs[0] > 0, inputs[0], attributes.get("alpha", 1.0) * np.expm1(np.minimum(inputs[0], 0)))


def _selu(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    scaled: Tensor = attributes["gamma"] * _elu(inputs, attributes)
    return scaled


def _leaky_relu(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    return np.where(inputs[0] >= 0, inputs[0], attributes["alpha"] * inputs[0])


def _pad(inputs: Sequence[Tensor], _: Attributes) -> Tensor:
    before, after = np.split(inputs[1].astype(np.int64), 2)
    return np.pad(inputs[0], list(zip(before, after, strict=True)))


OPERATORS: Mapping[str, Operator] = {
    "Add": lambda inputs, _: inputs[0] + inputs[1],
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_normalization,
    "Clip": lambda inputs, _: np.clip(inputs[0], inputs[1], inputs[2]),
    "Conv": _conv,
    "Elu": _elu,
    "Flatten": lambda inputs, _: inputs[0].reshape(len(inputs[0]), -1),
    "Gemm": _gemm,
    "GlobalAveragePool": lambda inputs, _: inputs[0].mean(axis=(2, 3), keepdims=True),
    "GlobalMaxPool": lambda inputs, _: inputs[0].max(axis=(2, 3), keepdims=True),
    "Greater": lambda inputs, _: inputs[0] > inputs[1],
    "LeakyRelu": _leaky_relu,
    "MaxPool": _max_pool,
    "Min": lambda inputs, _: np.minimum(inputs[0], inputs[1]),
    "Mul": lambda inputs, _: inputs[0] * inputs[1],
    "Pad": _pad,
    "Relu": lambda inputs, _: np.maximum(inputs[0], 0.0),
    "Selu": _selu,
    "Sigmoid": _sigmoid,
    "Softmax": _softmax,
    "Softplus": lambda inputs, _: np.logaddexp(inputs[0], 0.0),
    "Sub": lambda inputs, _: inputs[0] - inputs[1],
    "Tanh": lambda inputs, _: np.tanh(inputs[0]),
    "Transpose": lambda inputs, attributes: inputs[0].transpose(attributes["perm"]),
    "Where": lambda inputs, _: np.where(inputs[0], inputs[1], inputs[2]),
}
"""Operator name -> its value from its inputs and attributes."""
