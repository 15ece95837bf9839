import numpy as np
import pytest

from grader.counting import count, count_below, count_zeros
from grader.facts import Counts, LayerCount, Slot, SlotRole

SMALLEST = np.float32(1e-45)
"""The smallest denormal; a processor that flushes denormals takes it for zero."""


@pytest.mark.parametrize(
    ("values", "zeros"),
    [
        ([0.0, -0.0], 2),
        ([SMALLEST, -SMALLEST], 0),
        ([np.finfo(np.float32).tiny, -1e-39], 0),
        ([np.nan, np.inf, -np.inf], 0),
        ([0.0, 1.0, -0.0, 2.0], 2),
        ([], 0),
    ],
)
def test_a_zero_is_exactly_zero_of_either_sign(values: list[float], zeros: int) -> None:
    assert count_zeros(np.array(values, np.float32)) == zeros


@pytest.mark.parametrize("dtype", ["<f4", ">f4"])
def test_zeros_are_counted_in_any_memory_order(dtype: str) -> None:
    array = np.zeros((6, 4), dtype)
    array[::2] = 1

    assert count_zeros(array.T[:, 1::2]) == 12
    assert count_zeros(array[::2]) == 0


def test_a_scalar_can_be_zero() -> None:
    assert count_zeros(np.zeros((), np.float32)) == 1


def test_buffers_are_counted_apart_from_parameters() -> None:
    slots = [
        Slot("dense/kernel", (2, 3)),
        Slot("bn/gamma", (3,)),
        Slot("bn/moving_mean", (3,), SlotRole.BUFFER),
        Slot("bn/moving_variance", (3,), SlotRole.BUFFER),
    ]
    weights = {slot.name: np.zeros(slot.shape, np.float32) for slot in slots}
    weights["dense/kernel"][0] = 1

    assert count(slots, weights) == Counts(
        parameters=9,
        zeros=6,
        buffers=6,
        layers=(LayerCount("dense/kernel", (2, 3), 6, 3), LayerCount("bn/gamma", (3,), 3, 3)),
    )


def test_what_is_small_is_counted_among_parameters_alone() -> None:
    slots = [Slot("bn.weight", (4,)), Slot("bn.running_mean", (4,), SlotRole.BUFFER)]
    weights = {
        "bn.weight": np.array([0, 1e-9, -1e-9, 1], np.float32),
        "bn.running_mean": np.zeros(4, np.float32),
    }

    assert count_below(1e-6, slots, weights) == 3


def test_slots_may_come_from_a_generator() -> None:
    weights = {"a": np.zeros(2, np.float32), "b": np.ones(3, np.float32)}

    counts = count((Slot(name, array.shape) for name, array in weights.items()), weights)

    assert (counts.parameters, counts.zeros, counts.buffers) == (5, 2, 0)
