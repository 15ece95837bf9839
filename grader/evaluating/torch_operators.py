"""The operators that a network may be made of, by torch: in float32 on a GPU, and for the tests in float64 too.

The same table as `operators`, with the same meanings; the tests hold one to the other.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from math import prod
from typing import Any, TypeAlias

import torch
from torch.nn import functional

from grader import limits
from grader.evaluating.windows import slid

Tensor: TypeAlias = Any
"""torch.Tensor; torch is not there where types are checked."""
Attributes: TypeAlias = Mapping[str, Any]
Operator: TypeAlias = Callable[[Sequence[Tensor], Attributes], Tensor]

PLACES = frozenset({"Pad", "Reshape", "Resize", "Slice"})
"""Operators whose constants say where, not how much: they stay in the processor's memory."""


def _padded(images: Tensor, attributes: Attributes, value: float) -> Tensor:
    top, left, bottom, right = attributes.get("pads", (0, 0, 0, 0))
    return functional.pad(images, (left, right, top, bottom), value=value) if top + left + bottom + right else images


def _conv(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    """A convolution by matrix products, with the errors of sums of just these numbers.

    cuDNN takes Fourier transforms for some shapes, whose errors are those of the largest number near by: no margin holds.
    """
    images, kernel, *bias = inputs
    window_bytes = kernel.element_size() * kernel[0].numel() * attributes.get("group", 1)
    image_bytes = window_bytes * prod(slid(images.shape, kernel.shape, attributes))
    step = max(1, limits.DEVICE_COLUMN_BYTES // image_bytes)
    parts = [_correlate(part, kernel, attributes) for part in _padded(images, attributes, 0.0).split(step)]
    result = parts[0] if len(parts) == 1 else torch.cat(parts)
    return result + bias[0][:, None, None] if bias else result


def _correlate(images: Tensor, kernel: Tensor, attributes: Attributes) -> Tensor:
    groups, (high, wide) = attributes.get("group", 1), attributes.get("dilations", (1, 1))
    (down, across), (rows, columns) = attributes.get("strides", (1, 1)), kernel.shape[2:]
    windows = images.unfold(2, (rows - 1) * high + 1, down).unfold(3, (columns - 1) * wide + 1, across)
    windows = windows[..., ::high, ::wide].permute(0, 1, 4, 5, 2, 3)
    every = windows.reshape(len(images), groups, kernel[0].numel(), -1)
    product = torch.matmul(kernel.reshape(groups, len(kernel) // groups, -1), every)
    return product.reshape(len(images), len(kernel), *windows.shape[4:])


def _max_pool(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    return functional.max_pool2d(
        _padded(inputs[0], attributes, float("-inf")),
        tuple(attributes["kernel_shape"]),
        stride=tuple(attributes.get("strides", (1, 1))),
        dilation=tuple(attributes.get("dilations", (1, 1))),
    )


def _average_pool(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    total = _window_sums(inputs[0], attributes)
    if attributes.get("count_include_pad", 0):
        return total / prod(attributes["kernel_shape"])
    return total / _window_sums(torch.ones_like(inputs[0][:1, :1]), attributes)


def _window_sums(images: Tensor, attributes: Attributes) -> Tensor:
    size, strides = tuple(attributes["kernel_shape"]), tuple(attributes.get("strides", (1, 1)))
    return functional.avg_pool2d(_padded(images, attributes, 0.0), size, stride=strides, divisor_override=1)


def _gemm(inputs: Sequence[Tensor], _: Attributes) -> Tensor:
    features, kernel, *bias = inputs
    return features @ kernel + bias[0] if bias else features @ kernel


def _batch_normalization(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    images = inputs[0]
    along = (-1, *[1] * (images.ndim - 2))
    scale, shift, mean, variance = (each.reshape(along) for each in inputs[1:])
    return (images - mean) / torch.sqrt(variance + attributes["epsilon"]) * scale + shift


def _layer_normalization(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    features, scale, shift = inputs
    axes = tuple(range(attributes["axis"], 0))
    centred = features - features.mean(dim=axes, keepdim=True)
    deviation = torch.sqrt(torch.square(centred).mean(dim=axes, keepdim=True) + attributes["epsilon"])
    return centred / deviation * scale + shift


def _elu(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    below = attributes.get("alpha", 1.0) * torch.expm1(torch.clamp(inputs[0], max=0))
    return torch.where(inputs[0] > 0, inputs[0], below)


def _clip(inputs: Sequence[Tensor], _: Attributes) -> Tensor:
    return torch.minimum(torch.maximum(inputs[0], inputs[1]), inputs[2])


def _concat(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    samples = max(len(each) for each in inputs)
    return torch.cat([each.expand(samples, *each.shape[1:]) for each in inputs], dim=attributes["axis"])


def _pad(inputs: Sequence[Tensor], _: Attributes) -> Tensor:
    numbers = [int(each) for each in inputs[1].tolist()]
    half = len(numbers) // 2
    pairs = zip(reversed(numbers[:half]), reversed(numbers[half:]), strict=True)  # torch counts from the last axis
    return functional.pad(inputs[0], [number for pair in pairs for number in pair])


def _slice(inputs: Sequence[Tensor], _: Attributes) -> Tensor:
    parts = [slice(None)] * inputs[0].ndim
    for first, end, axis in zip(*([int(one) for one in each.tolist()] for each in inputs[1:]), strict=True):
        parts[axis] = slice(*slice(first, end).indices(inputs[0].shape[axis]))
    return inputs[0][tuple(parts)]


def _reshape(inputs: Sequence[Tensor], _: Attributes) -> Tensor:
    return inputs[0].reshape(len(inputs[0]), *(int(each) for each in inputs[1].tolist()[1:]))


def _resize(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    image, scales = inputs[0], inputs[2].tolist()
    for axis in (2, 3):
        factor = int(scales[axis])
        if attributes["mode"] == b"nearest":
            image = torch.repeat_interleave(image, factor, dim=axis)
        else:
            image = _stretched(image, factor, axis)
    return image


def _stretched(image: Tensor, factor: int, axis: int) -> Tensor:
    """Linear interpolation between the centres of pixels; beyond the outermost ones their values go on."""
    length = image.shape[axis]
    every = torch.arange(length * factor, dtype=image.dtype, device=image.device)
    places = torch.clamp((every + 0.5) / factor - 0.5, 0, length - 1)
    before = torch.floor(places).long()
    shares = (places - before).reshape(-1, *[1] * (image.ndim - axis - 1))
    after = torch.clamp(before + 1, max=length - 1)
    return image.index_select(axis, before) * (1 - shares) + image.index_select(axis, after) * shares


OPERATORS: Mapping[str, Operator] = {
    "Add": lambda inputs, _: inputs[0] + inputs[1],
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_normalization,
    "Clip": _clip,
    "Concat": _concat,
    "Conv": _conv,
    "Elu": _elu,
    "Erf": lambda inputs, _: torch.erf(inputs[0]),
    "Flatten": lambda inputs, _: inputs[0].reshape(len(inputs[0]), -1),
    "Gemm": _gemm,
    "GlobalAveragePool": lambda inputs, _: inputs[0].mean(dim=(2, 3), keepdim=True),
    "GlobalMaxPool": lambda inputs, _: inputs[0].amax(dim=(2, 3), keepdim=True),
    "Greater": lambda inputs, _: inputs[0] > inputs[1],
    "HardSigmoid": lambda inputs, a: torch.clamp(a["alpha"] * inputs[0] + a["beta"], 0.0, 1.0),
    "HardSwish": lambda inputs, _: inputs[0] * torch.clamp(inputs[0] / 6 + 0.5, 0.0, 1.0),
    "LayerNormalization": _layer_normalization,
    "LeakyRelu": lambda inputs, a: torch.where(inputs[0] >= 0, inputs[0], a["alpha"] * inputs[0]),
    "MatMul": lambda inputs, _: inputs[0] @ inputs[1],
    "Max": lambda inputs, _: reduce(torch.maximum, inputs),
    "MaxPool": _max_pool,
    "Min": lambda inputs, _: reduce(torch.minimum, inputs),
    "Mul": lambda inputs, _: inputs[0] * inputs[1],
    "PRelu": lambda inputs, _: torch.where(inputs[0] >= 0, inputs[0], inputs[1] * inputs[0]),
    "Pad": _pad,
    "Relu": lambda inputs, _: torch.clamp(inputs[0], min=0),
    "Reshape": _reshape,
    "Resize": _resize,
    "Selu": lambda inputs, a: a["gamma"] * _elu(inputs, a),
    "Sigmoid": lambda inputs, _: torch.sigmoid(inputs[0]),
    "Slice": _slice,
    "Softmax": lambda inputs, a: torch.softmax(inputs[0], dim=a["axis"]),
    "Softplus": lambda inputs, _: torch.logaddexp(inputs[0], torch.zeros_like(inputs[0])),
    "Softsign": lambda inputs, _: inputs[0] / (1.0 + torch.abs(inputs[0])),
    "Sub": lambda inputs, _: inputs[0] - inputs[1],
    "Tanh": lambda inputs, _: torch.tanh(inputs[0]),
    "Transpose": lambda inputs, a: inputs[0].permute(tuple(a["perm"])),
    "Where": lambda inputs, _: torch.where(inputs[0], inputs[1], inputs[2]),
}
"""Operator name -> its value from its inputs and attributes."""
