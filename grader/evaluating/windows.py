"""Windows that slide over images, in float64: convolutions and pooling, and images made larger."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from grader import limits

Tensor: TypeAlias = npt.NDArray[Any]
Attributes: TypeAlias = Mapping[str, Any]


def conv(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    """A convolution, in groups or not."""
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


def slid(images: Sequence[int], kernel: Sequence[int], attributes: Attributes) -> tuple[int, int]:
    """Height and width of what a convolution gives, from the shapes of what it takes."""
    strides, dilations = attributes.get("strides", (1, 1)), attributes.get("dilations", (1, 1))
    top, left, bottom, right = attributes.get("pads", (0, 0, 0, 0))
    padded = (images[2] + top + bottom, images[3] + left + right)
    reach = [(size - 1) * dilation + 1 for size, dilation in zip(kernel[2:], dilations, strict=True)]
    down, across = ((padded[axis] - reach[axis]) // strides[axis] + 1 for axis in range(2))
    return down, across


def _over_windows(function: np.ufunc, images: Tensor, attributes: Attributes, padding: float) -> Tensor:
    """Each window's elements put together by a binary function: (n, c, positions down, positions across)."""
    windows = _windows(_padded(images, attributes, padding), attributes["kernel_shape"], attributes)
    result = windows[..., 0, 0].copy()
    for row, column in list(np.ndindex(*windows.shape[4:]))[1:]:
        function(result, windows[..., row, column], out=result)
    return result


def max_pool(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    """The largest of each window; padding is never the largest."""
    return _over_windows(np.maximum, inputs[0], attributes, -np.inf)


def average_pool(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    """The average, by default without the padding, as Keras and ONNX have it."""
    average: Tensor = _over_windows(np.add, inputs[0], attributes, 0.0)
    if attributes.get("count_include_pad", 0):
        average /= prod(attributes["kernel_shape"])
        return average
    inside = np.ones((1, 1, *inputs[0].shape[2:]))
    average /= _over_windows(np.add, inside, attributes, 0.0)
    return average


def resize(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    """An image made larger by whole factors: each pixel repeated, or between two of them a mixture of both."""
    image, scales = inputs[0], inputs[2]
    for axis in (2, 3):
        factor = int(scales[axis])
        if attributes["mode"] == b"nearest":
            image = np.repeat(image, factor, axis=axis)
        else:
            image = _stretched(image, factor, axis)
    return image


def _stretched(image: Tensor, factor: int, axis: int) -> Tensor:
    """Linear interpolation between the centres of pixels; beyond the outermost ones their values go on."""
    length = image.shape[axis]
    places = np.clip((np.arange(length * factor) + 0.5) / factor - 0.5, 0, length - 1)
    before = np.floor(places).astype(np.int64)
    shares = np.expand_dims(places - before, tuple(range(1, image.ndim - axis)))
    after = np.minimum(before + 1, length - 1)
    stretched: Tensor = np.take(image, before, axis) * (1 - shares) + np.take(image, after, axis) * shares
    return stretched
