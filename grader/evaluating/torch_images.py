"""Images that stay on a device between evaluations, so that each of a data set is read, scaled and moved once."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from grader.evaluating.images import StoredImages
from grader.facts import AnyArray, FloatArray

Move = Callable[[AnyArray], Any]
"""From numbers in memory to a tensor on a device."""


@dataclass(frozen=True, slots=True)
class HeldImages:
    """Scaled images on a device in parts, and the largest magnitudes among them, shape (1, *image shape)."""

    parts: Sequence[Any]
    extreme: FloatArray
    size_bytes: int


class Shelf:
    """The images of the data sets that were used last, as far as they fit into so many bytes."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._held: dict[object, HeldImages] = {}

    def images(self, stored: StoredImages, batch: int, move: Move) -> HeldImages | None:
        """The images in parts of a batch; None where they do not fit. Raises GraderFault where the file ends too early.

        A file that was written to, or that took the place of another one, is another data set.
        """
        key = (_version(stored.file), replace(stored, file=-1), batch)
        held = self._held.pop(key, None)
        if held is None:
            size = 4 * int(np.prod(stored.shape))
            if size > self._most:
                return None
            self._make_room(size)
            held = _moved(stored, batch, move, size)
        self._held[key] = held
        return held

    def _make_room(self, size: int) -> None:
        while self._held and sum(each.size_bytes for each in self._held.values()) + size > self._most:
            del self._held[next(iter(self._held))]


def _version(file: int) -> tuple[int, ...]:
    found = os.fstat(file)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _moved(stored: StoredImages, batch: int, move: Move, size: int) -> HeldImages:
    parts, extreme = [], np.zeros(1, np.float32)
    for first in range(0, len(stored), batch):
        pixels = stored.take(range(first, min(first + batch, len(stored))))
        extreme = np.maximum(extreme, np.abs(pixels).max(axis=0, keepdims=True))
        parts.append(move(pixels))
    return HeldImages(parts, extreme, size)
