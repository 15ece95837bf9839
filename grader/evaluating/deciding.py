"""From an engine's logits to classes that no engine could change: float64 decides what float32 leaves open."""

import time
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from grader import limits
from grader.errors import GraderFault
from grader.evaluating import exact
from grader.evaluating.agreement import classes_of, undecided
from grader.evaluating.ceiling import could_overflow
from grader.evaluating.images import Images
from grader.evaluating.rounding import magnitude
from grader.facts import FloatArray


class Engine(Protocol):
    """A network that is ready to run in float32."""

    def logits(self, images: FloatArray) -> FloatArray:
        """The logits of some images: float32, shape (images, classes)."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The class of every image, int32, -1 where its logits are not finite; `rechecked` of them by float64."""

    classes: npt.NDArray[np.int32]
    rechecked: int
    exact_seconds: float


def evaluate(engine: Engine, model: bytes, images: Images, batch: int, classes: int) -> Outcome:
    """The class of every image. `model` is the serialized ModelProto of the network that the engine runs."""
    return settle(model, images, *_logits(engine, images, batch, classes))


def settle(model: bytes, images: Images, logits: FloatArray, extreme: FloatArray) -> Outcome:
    """The class of every image from its logits in float32; `extreme` are the largest magnitudes, shape (1, *image shape)."""
    network = exact.ExactNetwork(model)
    size = magnitude(network, extreme)
    decided, open_ones = classes_of(logits), np.flatnonzero(undecided(logits, size))
    if could_overflow(network, extreme):
        open_ones = np.arange(len(images))
    begun = time.perf_counter()
    if len(open_ones):
        decided[open_ones] = exact.decide(network, images, open_ones, size)
    return Outcome(decided, len(open_ones), time.perf_counter() - begun)


def _logits(engine: Engine, images: Images, batch: int, classes: int) -> tuple[FloatArray, FloatArray]:
    """The logits of all images, shape (images, classes), and the largest magnitudes, shape (1, *image shape).

    Images are read and looked at by the block: what runs between two batches of the engine finds no cache of its own.
    """
    logits: npt.NDArray[np.float32] = np.empty((len(images), classes), np.float32)
    extreme: FloatArray = np.zeros(1, np.float32)
    block = batch * limits.EVALUATE_BATCHES_READ
    for first in range(0, len(images), block):
        pixels = images.take(range(first, min(first + block, len(images))))
        extreme = np.maximum(extreme, np.abs(pixels).max(axis=0, keepdims=True))
        for begin in range(0, len(pixels), batch):
            part = pixels[begin : begin + batch]
            answer = fitting(engine.logits(part), len(part), classes)
            logits[first + begin : first + begin + len(part)] = answer
    return logits, extreme


def fitting(logits: FloatArray, images: int, classes: int) -> FloatArray:
    """The logits. Raises GraderFault where they are not those of so many images and classes."""
    if logits.shape != (images, classes):
        raise GraderFault(f"the network gives logits of shape {logits.shape}; expected {(images, classes)}")
    return logits
