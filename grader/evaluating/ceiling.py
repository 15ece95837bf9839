"""Whether a value could leave float32's range on an image's way through a network, whichever engine computes it.

An engine may add in any order, and ReLU hides a sum that became -inf; so an overflow need not show in the logits. Here
every operator gets the magnitudes of its inputs and answers with a bound on its output and on each partial sum. Where
no bound reaches float32's largest number, no engine can overflow, and finite logits can be believed.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from math import prod

import numpy as np

from grader.evaluating.exact import LARGEST, ExactNetwork
from grader.evaluating.operators import OPERATORS, Operator
from grader.evaluating.windows import Attributes, Tensor, slid
from grader.facts import FloatArray

ROUNDING = 2.0
"""More than rounding can add to a sum of a million terms in float32."""


def could_overflow(network: ExactNetwork, extreme: FloatArray) -> bool:
    """Whether some value could leave float32's range on images whose elements are no larger than those of `extreme`.

    `extreme` has shape (1, *image shape). False is certain; True only means that the bound does not rule it out.
    """
    most = LARGEST / ROUNDING
    # Half of it is more than float64's rounding can make the wider bounds smaller than the others.
    return not (_fits(network, extreme, QUICK, most / 2) or _fits(network, extreme, BOUNDS, most))


def _fits(network: ExactNetwork, extreme: FloatArray, table: Mapping[str, Operator], most: float) -> bool:
    """Whether no bound of a table exceeds a number."""
    return all(bound.max() <= most for bound in network.values(np.abs(extreme), table))


def _unchanged(inputs: Sequence[Tensor], _: Attributes) -> Tensor:
    return inputs[0]


def _one(inputs: Sequence[Tensor], _: Attributes) -> Tensor:
    return np.ones_like(inputs[0])


def _larger(inputs: Sequence[Tensor], _: Attributes) -> Tensor:
    larger: Tensor = np.maximum(inputs[-2], inputs[-1])
    return larger


def _sum_of_window(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    return OPERATORS["AveragePool"](inputs, attributes) * prod(attributes["kernel_shape"])


def _sum_of_image(inputs: Sequence[Tensor], _: Attributes) -> Tensor:
    total: Tensor = inputs[0].sum(axis=(2, 3), keepdims=True)
    return total


def _sloped(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    """A bound on x above 0 and on alpha * x, or alpha, below; gamma times that for Selu."""
    scale = abs(attributes.get("gamma", 1.0)) * max(1.0, abs(attributes.get("alpha", 1.0)))
    scaled: Tensor = scale * (inputs[0] + 1.0)
    return scaled


def _clipped(inputs: Sequence[Tensor], _: Attributes) -> Tensor:
    """A bound where 0 lies between both limits, and where it does not: then the nearer one is the least magnitude."""
    return np.maximum(inputs[0], np.minimum(inputs[1], inputs[2]))


def _of_magnitudes(operator: Operator) -> Operator:
    return lambda inputs, attributes: operator([np.abs(each) for each in inputs], attributes)


def _centred(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    """BatchNormalization with the mean added rather than taken away; NaN, no bound, for a variance below zero."""
    images, scale, shift, mean, variance = inputs
    magnitudes = [images, np.abs(scale), np.abs(shift), -np.abs(mean), variance]
    return OPERATORS["BatchNormalization"](magnitudes, attributes)


def _largest(inputs: Sequence[Tensor], _: Attributes) -> Tensor:
    """A bound on the larger, and on the smaller, of several values."""
    return reduce(np.maximum, inputs)


def _standardised(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    """No deviation of n numbers exceeds sqrt(n) of their standard deviation; infinite where a sum of squares could be."""
    features, scale, shift = inputs
    axes = tuple(range(attributes["axis"], 0))
    squares = np.square(2 * features).sum(axis=axes, keepdims=True)
    bound: Tensor = np.sqrt(scale.size) * np.abs(scale) + np.abs(shift) + np.zeros_like(features)
    return np.where(squares <= LARGEST, bound, np.inf)


def _learnt_slope(inputs: Sequence[Tensor], _: Attributes) -> Tensor:
    sloped: Tensor = inputs[0] * np.maximum(1.0, np.abs(inputs[1]))
    return sloped


_GROWING = (
    *("Add", "Concat", "Conv", "Flatten", "Gemm", "GlobalMaxPool", "MatMul", "Max", "MaxPool", "Mul", "Pad", "Reshape"),
    *("Resize", "Slice", "Transpose"),
)
"""Operators that give a bound on their own where all they get is magnitudes."""

BOUNDS: Mapping[str, Operator] = {"BatchNormalization": _centred} | {
    name: _of_magnitudes(operator)
    for name, operator in {
        **{name: OPERATORS[name] for name in _GROWING},
        "AveragePool": _sum_of_window,
        "Clip": _clipped,
        "Elu": _sloped,
        "Erf": _one,
        "GlobalAveragePool": _sum_of_image,
        "Greater": _one,
        "HardSigmoid": _one,
        "HardSwish": _unchanged,
        "LayerNormalization": _standardised,
        "LeakyRelu": _sloped,
        "Min": _largest,
        "PRelu": _learnt_slope,
        "Relu": _unchanged,
        "Selu": _sloped,
        "Sigmoid": _one,
        "Softmax": _one,
        "Softplus": _sloped,
        "Softsign": _one,
        "Sub": OPERATORS["Add"],
        "Tanh": _one,
        "Where": _larger,
    }.items()
}
"""Operator name -> a bound on the magnitude of its output, from those of its inputs. Has the keys of OPERATORS."""


def _most(array: Tensor) -> float:
    """The largest magnitude, without an array of magnitudes."""
    return max(float(array.max()), -float(array.min()))


def _quick_convolution(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    images, kernel, *bias = inputs
    bound = prod(kernel.shape[1:]) * _most(images) * _most(kernel) + sum(map(_most, bias))
    return np.broadcast_to(bound, (1, len(kernel), *slid(images.shape, kernel.shape, attributes)))


def _quick_product(inputs: Sequence[Tensor], _: Attributes) -> Tensor:
    features, kernel, *bias = inputs
    bound = len(kernel) * _most(features) * _most(kernel) + sum(map(_most, bias))
    return np.broadcast_to(bound, (*features.shape[:-1], kernel.shape[-1]))


QUICK: Mapping[str, Operator] = {
    **BOUNDS,
    "Conv": _quick_convolution,
    "Gemm": _quick_product,
    "MatMul": _quick_product,
}
"""Wider bounds that add nothing up: as many terms as there are, each the largest. All operators grow with what they get,
so that where these fit, those of BOUNDS do; of ordinary networks all do."""
