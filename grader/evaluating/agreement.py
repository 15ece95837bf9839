"""When an engine's float32 logits decide a sample's class, and when they are too close to do so."""

from typing import Any

import numpy as np
import numpy.typing as npt

from grader.facts import FloatArray

MIN_MARGIN = 1e-4
RELATIVE_MARGIN = 3e-5
"""Over 60 times the largest error that was seen in seven float32 engines against float64, relative to max |logit|."""

ROUNDING_MARGIN = 64 * float(np.finfo(np.float32).eps)
"""Times the size of the numbers that are rounded on the way to the logits; in ordinary networks that is some four times
max |logit|, and the error some half of a unit of rounding of it."""

TIE = 1e-11
"""Float64 sums differ in order between processors by some 1e-15 of max |logit|; what is closer than this is a tie."""

EXACT_MARGIN = 64 * float(np.finfo(np.float64).eps)
"""The same for numbers that are far larger than the logits."""

WIDEST_TIE = 1e-6
"""Of max |logit|; what differs by more is no tie, however large the estimate of what is rounded."""

NO_CLASS = -1


def undecided(logits: FloatArray, magnitude: float = 0.0) -> npt.NDArray[np.bool_]:
    """True for each sample that float64 has to decide; `logits` has shape (samples, classes).

    Those whose two best logits differ by less than max(1e-4, 3e-5 x max |logit|, 7.6e-6 x magnitude), or that hold one
    that is not finite. `magnitude` is the size of the numbers that are rounded on the way to the logits.
    """
    finite = _finite(logits)
    values = np.where(finite[:, None], logits, 0).astype(np.float64)
    best = np.partition(values, -2, axis=1)[:, -2:]
    needed = np.maximum(MIN_MARGIN, RELATIVE_MARGIN * np.abs(values).max(axis=1))
    clear: npt.NDArray[np.bool_] = best[:, 1] - best[:, 0] >= np.maximum(needed, ROUNDING_MARGIN * magnitude)
    return ~clear | ~finite


def exact_slack(magnitude: float) -> float:
    """What float64 cannot tell apart where numbers of this size are rounded, in units of a logit."""
    return EXACT_MARGIN * magnitude


def classes_of(logits: npt.NDArray[Any], tie: float = 0.0, slack: float = 0.0) -> npt.NDArray[np.int32]:
    """The best class of each sample, the lowest among those within `tie` x max |logit|, or `slack`, of the best.

    -1 for a sample with a logit that is not finite.
    """
    finite = _finite(logits)
    values = np.where(finite[:, None], logits, 0)
    largest = np.abs(values).max(axis=1, keepdims=True)
    near = np.fmax(tie * largest, np.fmin(slack, WIDEST_TIE * largest))
    tied = values >= values.max(axis=1, keepdims=True) - near
    return np.where(finite, tied.argmax(axis=1), NO_CLASS).astype(np.int32)


def _finite(logits: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """True for each sample whose logits are all finite."""
    finite: npt.NDArray[np.bool_] = np.isfinite(logits).all(axis=1)
    return finite
