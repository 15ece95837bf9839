"""How large the numbers are that are rounded on the way to a logit, so that a margin can be told from an accident.

Networks whose large terms cancel have small logits and large errors. Each operator here gets, for each number, the root
of the sum of the squares of the terms that it was made of, and answers with the same for its output: about the size of
a sum whose signs are random, and much more than the sum where its terms cancel. A unit of rounding times that is about
the error of a logit; it is an estimate and not a bound, since a bound (of the sums of magnitudes) is 10,000,000 times
the error of an ordinary network.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from grader.evaluating.ceiling import BOUNDS
from grader.evaluating.exact import LARGEST, ExactNetwork
from grader.evaluating.gates import GATED
from grader.evaluating.jumps import JUMP
from grader.evaluating.operators import OPERATORS, Operator
from grader.evaluating.windows import Attributes, Tensor
from grader.facts import FloatArray

SMALLEST = 2.0**-102
"""What a number is taken for at least: float32's smallest normal number is a unit of rounding of this, and engines
differ in what they do with smaller ones (some take them for 0)."""

UNIT = float(np.finfo(np.float32).eps)


def magnitude(network: ExactNetwork, extreme: FloatArray) -> float:
    """The size of the numbers that are rounded on the way to the logits, in units of a logit.

    `extreme` has shape (1, *image shape): the largest magnitude of each element of all images.
    """
    *_, logits = network.values(np.abs(extreme), ROUNDED)
    return float(logits.max())


def _root_of_squares(name: str) -> Operator:
    def root(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
        squares: Tensor = OPERATORS[name]([np.square(each) for each in inputs], attributes)
        return np.asarray(np.sqrt(squares))

    return root


def _at_least_one(inputs: Sequence[Tensor], _: Attributes) -> Tensor:
    """A function that levels off: its value is 1 at most, and the error of its input comes through near 0."""
    level: Tensor = np.maximum(inputs[0], 1.0)
    return level


def _product(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    first, second = (np.abs(each) for each in inputs)
    product: Tensor = first if attributes.get(GATED) else first * second
    return product


def _batch_normalization(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    images, *statistics = inputs
    along = (-1, *[1] * (images.ndim - 2))
    scale, shift, mean, variance = (each.reshape(along) for each in statistics)
    spread = (np.square(images) + np.square(mean)) * np.square(scale) / np.abs(variance + attributes["epsilon"])
    return np.asarray(np.sqrt(spread + np.square(shift)))


def _layer_normalization(inputs: Sequence[Tensor], _: Attributes) -> Tensor:
    features, scale, shift = inputs
    return np.asarray(np.hypot(np.maximum(features, 1.0) * scale, shift))


def _sloped(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    slope: float = abs(attributes.get("gamma", 1.0)) * max(1.0, abs(attributes.get("alpha", 1.0)))
    scaled: Tensor = slope * inputs[0]
    return scaled


def _chosen(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
    """The larger one, and what rounds its way across a jump counts as a number whose unit of rounding is the jump."""
    larger: Tensor = np.maximum(inputs[1], inputs[2]) + attributes.get(JUMP, 0.0) / UNIT
    return larger


def _average_of_image(inputs: Sequence[Tensor], _: Attributes) -> Tensor:
    average: Tensor = inputs[0].mean(axis=(2, 3), keepdims=True)
    return average


def _within_range(operator: Operator) -> Operator:
    def within(inputs: Sequence[Tensor], attributes: Attributes) -> Tensor:
        sizes = operator(inputs, attributes) + SMALLEST
        return np.fmin(np.where(np.isnan(sizes), LARGEST, sizes), LARGEST)

    return within


ROUNDED: Mapping[str, Operator] = {
    name: _within_range(operator)
    for name, operator in {
        **BOUNDS,
        **{name: _root_of_squares(name) for name in ("Add", "Conv", "Gemm", "MatMul")},
        **dict.fromkeys(("Erf", "HardSigmoid", "Sigmoid", "Softmax", "Softsign", "Tanh"), _at_least_one),
        **dict.fromkeys(("Elu", "LeakyRelu", "Selu"), _sloped),
        "AveragePool": OPERATORS["AveragePool"],
        "BatchNormalization": _batch_normalization,
        "GlobalAveragePool": _average_of_image,
        "LayerNormalization": _layer_normalization,
        "Mul": _product,
        "Sub": _root_of_squares("Add"),
        "Where": _chosen,
    }.items()
}
"""Operator name -> the size of what is rounded in its output, from that of its inputs."""
