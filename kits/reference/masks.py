"""Which weights stay: the arithmetic of magnitude pruning, on arrays alone."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Arrays = list[Array]


def by_one_threshold(arrays: Sequence[Array], sparsity: float) -> Arrays:
    """One for each weight at or above the percentile of all magnitudes together, zero for each below it."""
    every = np.concatenate([np.abs(array).ravel() for array in arrays])
    threshold = _percentile(every, sparsity)
    return [_at_least(array, threshold) for array in arrays]


def layer_by_layer(arrays: Sequence[Array], sparsity: float) -> Arrays:
    """The same, with a threshold for each array by itself."""
    return [_at_least(array, _percentile(np.abs(array).ravel(), sparsity)) for array in arrays]


def of_nonzero(arrays: Sequence[Array]) -> Arrays:
    """One for each weight that is not zero."""
    return [(array != 0).astype(np.float32) for array in arrays]


def applied(arrays: Sequence[Array], masks: Sequence[Array]) -> Arrays:
    """The arrays with zeros where the masks have them, never -0.0."""
    return [
        np.where(mask != 0, array, np.float32(0)).astype(np.float32) for array, mask in zip(arrays, masks, strict=True)
    ]


def gradual(start: float, end: float, progress: float) -> float:
    """The sparsity at `progress` (0 to 1) of the way, by the cubic of Zhu and Gupta (2017), equation 1."""
    left = 1 - min(max(progress, 0.0), 1.0)
    return end + (start - end) * left**3


def zeros_of(arrays: Sequence[Array]) -> int:
    """How many weights are exactly zero."""
    return sum(int(np.count_nonzero(array == 0)) for array in arrays)


def size_of(arrays: Sequence[Array]) -> int:
    """How many weights there are."""
    return sum(array.size for array in arrays)


def _percentile(magnitudes: Array, sparsity: float) -> float:
    """The magnitude below which the share `sparsity` of all lies: one of them, never a number between two."""
    if not 0 <= sparsity < 1:
        raise ValueError(f"a sparsity is at least 0 and below 1, not {sparsity}")
    return float(np.quantile(magnitudes, sparsity, method="higher"))


def _at_least(array: Array, threshold: float) -> Array:
    return (np.abs(array) >= np.float32(threshold)).astype(np.float32)
