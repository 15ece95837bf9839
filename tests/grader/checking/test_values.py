import numpy as np
import pytest

from grader.checking.values import canonical
from grader.errors import Finding
from grader.facts import AnyArray, Slot

SLOTS = (Slot("dense/kernel", (2, 3)), Slot("dense/bias", (3,)))


def cast_one(array: AnyArray) -> AnyArray:
    weights, findings = canonical({"dense/kernel": array}, SLOTS)
    assert findings == ()
    return weights["dense/kernel"]


@pytest.mark.parametrize("kind", ["<f2", "<f4", "<f8", ">f2", ">f4", ">f8"])
def test_every_float_becomes_little_endian_float32(kind: str) -> None:
    cast = cast_one(np.array([[0.5, -1.25, 3.0]], kind))

    assert cast.dtype == np.dtype("<f4")
    assert cast.tolist() == [[0.5, -1.25, 3.0]]


def test_negative_zero_becomes_positive_zero() -> None:
    assert cast_one(np.array([-0.0, 0.0, -1.0], np.float32)).tobytes() == np.array([0.0, 0.0, -1.0], "<f4").tobytes()


def test_denormal_weights_keep_their_bits() -> None:
    denormal = np.array([1e-42, -1e-45], np.float32)

    assert cast_one(denormal).tobytes() == denormal.tobytes()


def test_what_vanishes_in_the_cast_is_a_positive_zero() -> None:
    assert cast_one(np.array([-1e-60, 1e-60])).tobytes() == bytes(8)


def test_the_stored_array_is_left_alone() -> None:
    stored = np.array([-0.0], np.float32)

    cast_one(stored)

    assert np.signbit(stored[0])


def test_arrays_stand_in_the_order_of_the_network() -> None:
    arrays = {"dense/bias": np.ones(3), "dense/kernel": np.ones((2, 3))}

    assert list(canonical(arrays, SLOTS)[0]) == ["dense/kernel", "dense/bias"]


def test_columns_first_arrays_become_rows_first() -> None:
    assert cast_one(np.asfortranarray(np.ones((2, 3), np.float32))).flags.c_contiguous


@pytest.mark.parametrize(("value", "said"), [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf"), (1e39, "1e+39")])
def test_a_number_that_is_not_finite_in_float32_is_counted_and_located(value: float, said: str) -> None:
    array = np.ones((2, 3))
    array[0, 2] = array[1, 1] = value

    _, findings = canonical({"dense/kernel": array}, SLOTS)

    assert findings == (Finding("not-finite", "dense/kernel", got=f"2 of 6 numbers; the first, {said}, is at (0, 2)"),)


def test_every_array_is_checked() -> None:
    arrays = {"dense/bias": np.full(3, np.nan), "dense/kernel": np.full((2, 3), np.inf)}

    _, findings = canonical(arrays, SLOTS)

    assert [finding.where for finding in findings] == ["dense/kernel", "dense/bias"]
