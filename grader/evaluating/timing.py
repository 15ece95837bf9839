"""How long two networks take for the same images, in turns, on one thread. Runs in the jail."""

import time
from collections.abc import Mapping, Sequence
from itertools import cycle, islice
from typing import Any

import numpy as np

from grader.evaluating.images import StoredImages
from grader.evaluating.onnx_runtime import ENGINE, Engine
from grader.facts import AnyArray, FloatArray


def run(
    models: Sequence[bytes], images: StoredImages, arguments: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, AnyArray]]:
    """Seconds of processor time of each round: float64 of shape (rounds, 2), the network's and its reference's.

    Each round runs both once on the same `examples` images; which one begins alternates. The first round is thrown
    away, since it finds memory cold. Processor time of this thread, so that neighbours on the machine do not count.
    """
    engines = [Engine(model) for model in models]
    examples, rounds = int(arguments["examples"]), int(arguments["rounds"])
    batches = _batches(images, examples, int(arguments["batch"]))
    seconds = np.empty((rounds + 1, len(engines)), np.float64)
    for row, first in zip(seconds, cycle((0, 1)), strict=False):
        for place in (first, 1 - first):
            row[place] = _timed(engines[place], batches)
    return {"engine": ENGINE}, {"seconds": seconds[1:]}


def _batches(images: StoredImages, examples: int, batch: int) -> Sequence[FloatArray]:
    """That many images, as many at once as in an evaluation, from the beginning again where there are fewer."""
    indices = list(islice(cycle(range(len(images))), examples))
    return [images.take(indices[first : first + batch]) for first in range(0, examples, batch)]


def _timed(engine: Engine, batches: Sequence[FloatArray]) -> float:
    begun = time.thread_time()
    for batch in batches:
        engine.logits(batch)
    return time.thread_time() - begun
