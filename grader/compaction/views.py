"""Arrays over a tensor's full shape that repeat themselves along axes without memory, and how to work on their core.

Along such an axis the stride is 0, as `np.broadcast_to` makes it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_ALL, _FIRST = slice(None), slice(0, 1)


def cores(arrays: Sequence[npt.NDArray[Any]], kept: int | None = None) -> list[npt.NDArray[Any]]:
    """Arrays of one shape, cut to length 1 along each axis where all of them repeat themselves, but for axis `kept`."""
    steps = zip(*(array.strides for array in arrays), strict=True)
    part = tuple(_ALL if axis == kept or any(each) else _FIRST for axis, each in enumerate(steps))
    return [array[part] for array in arrays]


def varying(ids: npt.NDArray[Any]) -> tuple[int, ...]:
    """The axes along which the elements differ."""
    (core,) = cores([ids])
    longer = [axis for axis, size in enumerate(core.shape) if size > 1]
    return tuple(axis for axis in longer if (core != core.take([0], axis)).any())


def first_along(array: npt.NDArray[Any], axis: int) -> npt.NDArray[Any]:
    """The elements along an axis, the first ones of all others."""
    return array[tuple(slice(None) if each == axis else 0 for each in range(array.ndim))]


def spread(vector: npt.NDArray[Any], axis: int, shape: Sequence[int]) -> npt.NDArray[Any]:
    """An array of `shape` that has `vector` along an axis and repeats itself along the others."""
    return np.broadcast_to(vector.reshape([-1 if each == axis else 1 for each in range(len(shape))]), shape)


def uniform(values: Floats, axis: int) -> Floats:
    """For each place along an axis the value that all its elements have; NaN where they differ or one is NaN."""
    (core,) = cores([values], kept=axis)
    rows = np.moveaxis(core, axis, 0).reshape(values.shape[axis], -1)
    return np.where((rows == rows[:, :1]).all(axis=1), rows[:, 0], np.nan)
