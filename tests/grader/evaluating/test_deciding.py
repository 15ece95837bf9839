"""In which portions images are read and evaluated, and that nothing of it shows in the result."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pytest

from grader import limits
from grader.errors import GraderFault
from grader.evaluating.deciding import evaluate
from grader.facts import AnyArray, FloatArray, Shape, Weights
from grader.networks.graph import Network, bind

Make = Callable[..., Network]
Fill = Callable[[Network, Callable[[str, Shape], AnyArray]], Weights]
CLASSES = 3
AT_ONCE = 2 * limits.EVALUATE_BATCHES_READ
"""Images that are read for batches of 2."""


class Images:
    """Images of one number, their class; they note how many are read at once."""

    def __init__(self, count: int) -> None:
        self.pixels = (np.arange(count, dtype=np.float32) % CLASSES).reshape(-1, 1, 1, 1)
        self.read: list[int] = []

    def __len__(self) -> int:
        return len(self.pixels)

    def take(self, indices: Sequence[int] | npt.NDArray[np.int64]) -> FloatArray:
        self.read.append(len(indices))
        taken: FloatArray = self.pixels[np.asarray(indices)]
        return taken


class Recognising:
    """An engine that sees an image's class in it, and notes how many it is given at once."""

    def __init__(self, classes: int = CLASSES) -> None:
        self.given: list[int] = []
        self.classes = classes

    def logits(self, images: FloatArray) -> FloatArray:
        self.given.append(len(images))
        logits: FloatArray = np.eye(self.classes, dtype=np.float32)[images.reshape(-1).astype(int)]
        return logits


@pytest.fixture
def model(small_network: Make, fill: Fill) -> bytes:
    """A network for such images; what it computes is left to the engine."""
    network = small_network(("Flatten", {}), ("Dense", {"units": CLASSES}), shape=(1, 1, 1))
    return bind(network, fill(network, lambda _, shape: np.ones(shape)))


def test_the_engine_gets_batches_whatever_is_read_at_once(model: bytes) -> None:
    images, engine = Images(2 * AT_ONCE + 5), Recognising()

    outcome = evaluate(engine, model, images, 2, CLASSES)

    assert outcome.classes.tolist() == [number % CLASSES for number in range(len(images))]
    assert engine.given == [2] * (AT_ONCE + 2) + [1]
    assert images.read == [AT_ONCE, AT_ONCE, 5]


def test_logits_of_another_number_of_classes_are_our_own_fault(model: bytes) -> None:
    with pytest.raises(GraderFault, match=r"shape \(2, 4\); expected \(2, 3\)"):
        evaluate(Recognising(4), model, Images(5), 2, CLASSES)
