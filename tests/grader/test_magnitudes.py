"""Weights by powers of two: every parameter that is no zero, once."""

import numpy as np
import pytest

from grader.counting import magnitudes
from grader.facts import Magnitudes, Slot, SlotRole


def of(*values: float) -> Magnitudes:
    array = np.array(values, np.float32)
    return magnitudes([Slot("w", array.shape)], {"w": array})


def test_a_weight_lies_in_its_power_of_two() -> None:
    assert of(0.0, -0.0, 1.0, -1.5, 2.0, 0.5) == Magnitudes(-1, (1, 2, 1))


def test_the_smallest_numbers_are_no_zeros() -> None:
    assert of(0.0, 1e-40, 1e-45) == Magnitudes(-127, (2,))


@pytest.mark.parametrize("values", [(), (0.0, 0.0)])
def test_where_nothing_is_left_there_is_nothing(values: tuple[float, ...]) -> None:
    assert of(*values) == Magnitudes(0, ())


def test_buffers_are_not_weights_and_nothing_is_counted_twice() -> None:
    random = np.random.default_rng(3).normal(size=(50, 7)).astype(np.float32)
    slots = [Slot("w", random.shape), Slot("mean", (7,), SlotRole.BUFFER)]

    found = magnitudes(slots, {"w": random, "mean": np.ones(7, np.float32)})

    expected = np.floor(np.log2(np.abs(random))).astype(int)
    assert found.lowest == expected.min()
    assert list(found.counts) == np.bincount((expected - expected.min()).ravel()).tolist()
