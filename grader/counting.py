"""What a zero is, what a parameter is: counted here and nowhere else."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from grader.facts import Counts, FloatArray, LayerCount, Magnitudes, Slot, SlotRole, Weights

EXPONENT_SHIFT = 24
"""Bits behind the exponent in a float32 without its sign; there are 256 exponents, and 127 is that of 1 to 2."""
EXPONENTS = 256
EXPONENT_BIAS = 127


def count(slots: Iterable[Slot], weights: Weights) -> Counts:
    """Parameters and exact zeros of canonical weights, in all and for each array; buffers are counted apart."""
    slots = tuple(slots)
    layers = tuple(
        LayerCount(slot.name, slot.shape, weights[slot.name].size, count_zeros(weights[slot.name]))
        for slot in slots
        if slot.role is SlotRole.PARAMETER
    )
    return Counts(
        parameters=sum(layer.parameters for layer in layers),
        zeros=sum(layer.zeros for layer in layers),
        buffers=sum(weights[slot.name].size for slot in slots if slot.role is SlotRole.BUFFER),
        layers=layers,
    )


def count_zeros(array: FloatArray) -> int:
    """Elements that are exactly zero, of either sign.

    Compared as bits without the sign, so that no processor mode that flushes denormals can make a small number a zero.
    """
    bits = _magnitude_bits(array)
    return int(bits.size - np.count_nonzero(bits))


def count_below(limit: float, slots: Iterable[Slot], weights: Weights) -> int:
    """Parameters of an absolute value below a limit, exact zeros included; buffers are none."""
    parameters = (weights[slot.name] for slot in slots if slot.role is SlotRole.PARAMETER)
    return sum(int(np.count_nonzero(np.abs(array) < limit)) for array in parameters)


def magnitudes(slots: Iterable[Slot], weights: Weights) -> Magnitudes:
    """How many parameters lie in each power of two, by absolute value; exact zeros are left out."""
    counted = np.zeros(EXPONENTS, np.int64)
    for slot in slots:
        if slot.role is SlotRole.PARAMETER:
            bits = _magnitude_bits(weights[slot.name]).ravel()
            others = bits[bits != 0]  # few where much is pruned; a zero has the exponent of the smallest numbers
            counted += np.bincount((others >> np.uint32(EXPONENT_SHIFT)).astype(np.uint8), minlength=EXPONENTS)
    used = np.flatnonzero(counted)
    if not used.size:
        return Magnitudes(0, ())
    first, last = int(used[0]), int(used[-1])
    return Magnitudes(first - EXPONENT_BIAS, tuple(int(each) for each in counted[first : last + 1]))


def nonzero(array: FloatArray) -> npt.NDArray[np.bool_]:
    """True for each element that is no exact zero, in the array's shape."""
    return _magnitude_bits(array).astype(np.bool_)


def _magnitude_bits(array: FloatArray) -> npt.NDArray[np.uint32]:
    bits: npt.NDArray[np.uint32] = np.ascontiguousarray(array, dtype="<f4").view(np.uint32) << np.uint32(1)
    return bits
