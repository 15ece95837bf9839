"""A file's numbers in the one form that is counted, hashed and evaluated."""

from collections.abc import Mapping, Sequence

import numpy as np

from grader.errors import Finding
from grader.facts import AnyArray, FloatArray, Slot, Weights

_NEGATIVE_ZERO = np.uint32(1 << 31)


def canonical(arrays: Mapping[str, AnyArray], slots: Sequence[Slot]) -> tuple[Weights, tuple[Finding, ...]]:
    """Little-endian float32 arrays in network order, with +0.0 for -0.0, and a finding for each that is not finite.

    Slots without an array are left out, so that values are checked together with names and shapes.
    """
    weights: dict[str, FloatArray] = {}
    findings: list[Finding] = []
    for slot in slots:
        if slot.name in arrays:
            array = _cast(arrays[slot.name])
            findings += _not_finite(slot.name, arrays[slot.name], array)
            weights[slot.name] = array
    return weights, tuple(findings)


def _cast(array: AnyArray) -> FloatArray:
    """A float32 copy. Zeros are told by their bits, so that a processor that flushes denormals changes none."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        cast: FloatArray = array.astype("<f4", order="C", copy=True)
    bits = cast.reshape(-1).view("<u4")
    bits[bits == _NEGATIVE_ZERO] = 0
    return cast


def _not_finite(name: str, stored: AnyArray, cast: FloatArray) -> list[Finding]:
    bad = ~np.isfinite(cast)
    count = int(np.count_nonzero(bad))
    if not count:
        return []
    first = tuple(int(at) for at in np.unravel_index(int(np.argmax(bad)), cast.shape))
    got = f"{count:,} of {cast.size:,} numbers; the first, {float(stored[first])!r}, is at {first}"
    return [Finding("not-finite", name, got=got)]
