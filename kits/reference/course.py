"""What the course itself published of its own run of these methods, measured on its validation images."""

from dataclasses import dataclass

from kits.reference.plan import DENSE, FREEZE, LAYERWISE, MASKED, ONE_THRESHOLD


@dataclass(frozen=True)
class Point:
    """A network of the course's run."""

    method: str
    sparsity: float
    accuracy: float


POINTS = (
    Point(DENSE, 0.0, 0.7671),
    Point(ONE_THRESHOLD, 0.59, 0.6812),
    Point(LAYERWISE, 0.42, 0.6808),
    Point(FREEZE, 0.257, 0.7632),
    Point(FREEZE, 0.505, 0.7648),
    Point(FREEZE, 0.752, 0.7438),
    Point(FREEZE, 0.901, 0.6606),
    Point(MASKED, 0.970, 0.7461),
)
BEST_OF_STUDENTS = 0.8560
"""The best score that a student's file reached on this test set."""
