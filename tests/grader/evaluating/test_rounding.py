from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from grader.evaluating.agreement import WIDEST_TIE, classes_of, exact_slack, undecided
from grader.evaluating.exact import LARGEST, ExactNetwork
from grader.evaluating.operators import OPERATORS
from grader.evaluating.rounding import ROUNDED, magnitude
from grader.facts import AnyArray, Shape, Weights
from grader.networks.graph import Network, bind

Make = Callable[..., Network]
Fill = Callable[[Network, Callable[[str, Shape], AnyArray]], Weights]
Layers = tuple[tuple[str, dict[str, Any]], ...]

END: Layers = (("Flatten", {}), ("Dense", {"units": 3}))


def _random(name: str, shape: Shape) -> AnyArray:
    random = np.random.default_rng(len(name))
    return random.uniform(0.2, 2, shape) if "variance" in name else random.normal(0, 0.1, shape)


def _size(small_network: Make, fill: Fill, layers: Layers, values: Callable[[str, Shape], AnyArray]) -> float:
    network = small_network(*layers, *END)
    model = ExactNetwork(bind(network, fill(network, values)))
    return magnitude(model, np.ones((1, 6, 6, 3), np.float32))


def test_every_operator_says_what_it_rounds() -> None:
    assert ROUNDED.keys() == OPERATORS.keys()


def test_terms_that_cancel_count_with_their_own_size(small_network: Make, fill: Fill) -> None:
    signs = np.where(np.arange(108) % 2, 1e6, -1e6)[:, None] * np.ones((1, 3))

    size = _size(small_network, fill, (), lambda name, shape: signs if "kernel" in name else np.zeros(shape))

    assert size == pytest.approx(1e6 * 108**0.5)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "hard_tanh", "softsign", "softmax"])
def test_what_levels_off_does_not_hide_it(activation: str, small_network: Make, fill: Fill) -> None:
    layers: Layers = (("Conv2D", {"filters": 2, "kernel_size": 1}), ("Activation", {"activation": activation}))
    values: dict[str, float] = {"conv2d_0/kernel": 1e6}

    size = _size(small_network, fill, layers, lambda name, shape: np.full(shape, values.get(name, 1.0)))

    assert size > 1e6


@pytest.mark.parametrize("activation", ["swish", "gelu", "mish", "hard_swish"])
def test_a_number_times_its_share_does_not_count_as_a_square(activation: str, small_network: Make, fill: Fill) -> None:
    layers: Layers = (("Rescaling", {"scale": 100.0}), ("Activation", {"activation": activation}))
    linear: Layers = (layers[0], ("Activation", {"activation": "linear"}))

    size = _size(small_network, fill, layers, _random)

    assert size <= 2 * _size(small_network, fill, linear, _random)


def test_what_overflows_is_no_larger_than_float32_holds(small_network: Make, fill: Fill) -> None:
    layers: Layers = (("Conv2D", {"filters": 2, "kernel_size": 1}),) * 3

    assert _size(small_network, fill, layers, lambda name, shape: np.full(shape, 3e38)) == LARGEST


def test_a_running_variance_below_zero_is_no_reason_to_stop(small_network: Make, fill: Fill) -> None:
    layers: Layers = (("BatchNormalization", {}),)

    size = _size(small_network, fill, layers, lambda name, shape: np.full(shape, -1e-3 if "variance" in name else 1))

    assert np.isfinite(size)


def test_the_larger_what_is_rounded_the_wider_is_the_margin() -> None:
    logits = np.array([[0.0, 0.05]], np.float32)

    assert [undecided(logits, size).tolist() for size in (0.0, 1e3, 1e4)] == [[False], [False], [True]]


def test_float64_too_takes_what_it_cannot_tell_apart_for_a_tie() -> None:
    logits = np.array([[1.0, 1.0 + 1e-8]])

    assert classes_of(logits, slack=exact_slack(1e5)).tolist() == [1]
    assert classes_of(logits, slack=exact_slack(1e8)).tolist() == [0]
    assert classes_of(np.array([[1.0, 1.0 + 2 * WIDEST_TIE]]), slack=exact_slack(1e30)).tolist() == [1]
