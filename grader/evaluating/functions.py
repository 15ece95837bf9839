"""Functions of features, in float64: products, normalisations and activations."""

import math
from collections.abc import Sequence

import numpy as np

from grader.evaluating.windows import Attributes, Tensor


def gemm(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    """Features times a matrix, and a bias."""
    features, kernel, *bias = inputs
    product: Tensor = features @ kernel if kernel.any() else np.zeros((1, kernel.shape[1]))
    return product + bias[0] if bias else product


def batch_normalization(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    """Each channel by its running mean and variance, scaled and shifted."""
    images = inputs[0]
    along = (-1, *[1] * (images.ndim - 2))
    scale, shift, mean, variance = (statistic.reshape(along) for statistic in inputs[1:])
    normalised: Tensor = (images - mean) / np.sqrt(variance + attributes["epsilon"]) * scale + shift
    return normalised


def softmax(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    """Powers of e in shares of their sum."""
    axis = attributes["axis"]
    powers: Tensor = np.exp(inputs[0] - inputs[0].max(axis=axis, keepdims=True))
    powers /= powers.sum(axis=axis, keepdims=True)
    return powers


def sigmoid(inputs: Sequence[Tensor], _: Attributes) -> Tensor:
    """The logistic function."""
    share: Tensor = 1.0 / (1.0 + np.exp(-inputs[0]))
    return share


def elu(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    """Below 0 alpha times e^x - 1."""
    return np.where(inputs[0] > 0, inputs[0], attributes.get("alpha", 1.0) * np.expm1(np.minimum(inputs[0], 0)))


def selu(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    """Elu times gamma."""
    scaled: Tensor = attributes["gamma"] * elu(inputs, attributes)
    return scaled


def leaky_relu(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    """Below 0 alpha times the number."""
    return np.where(inputs[0] >= 0, inputs[0], attributes["alpha"] * inputs[0])


def layer_normalization(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    """Each sample less its mean over the last axes, in units of its own deviation, scaled and shifted."""
    features, scale, shift = inputs
    axes = tuple(range(attributes["axis"], 0))
    centred = features - features.mean(axis=axes, keepdims=True)
    deviation = np.sqrt(np.square(centred).mean(axis=axes, keepdims=True) + attributes["epsilon"])
    normalised: Tensor = centred / deviation * scale + shift
    return normalised


def hard_sigmoid(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    """A line from 0 to 1, level before and after."""
    line: Tensor = np.clip(attributes["alpha"] * inputs[0] + attributes["beta"], 0.0, 1.0)
    return line


def hard_swish(inputs: Sequence[Tensor], _: Attributes) -> Tensor:
    """Each number times its hard sigmoid of slope 1/6."""
    product: Tensor = inputs[0] * np.clip(inputs[0] / 6 + 0.5, 0.0, 1.0)
    return product


def erf(inputs: Sequence[Tensor], _: Attributes) -> Tensor:
    """The error function; numpy has none, so that each number goes through the C library."""
    numbers = inputs[0].reshape(-1).tolist()
    return np.fromiter(map(math.erf, numbers), np.float64, len(numbers)).reshape(inputs[0].shape)


def prelu(inputs: Sequence[Tensor], _: Attributes) -> Tensor:
    """The numbers, those below 0 times the slope of their place."""
    return np.where(inputs[0] >= 0, inputs[0], inputs[1] * inputs[0])
