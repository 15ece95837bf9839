"""The queue: what is finished stays, what was stopped goes on, and each step leaves a weight file and its figures."""

import json
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

import keras

from kits.reference import masks, methods
from kits.reference.data import Data
from kits.reference.masks import Arrays
from kits.reference.network import build
from kits.reference.plan import GRADUAL, Step
from kits.reference.training import Recipe, correct, tell

FILE_NAME = "my_model_weights.weights.h5"  # Keras 3 takes no other ending


@dataclass(frozen=True)
class Result:
    """The figures of a finished step, as the training script finds them."""

    name: str
    method: str
    started_from: str
    epochs: int
    best_epoch: int
    parameters: int
    zeros: int
    validation_correct: int
    validation_examples: int
    correct: int
    examples: int

    @property
    def sparsity(self) -> float:
        """The share of zeros."""
        return self.zeros / self.parameters

    @property
    def validation_score(self) -> Fraction:
        """The assignment's score on the validation images, by which one step is chosen over another."""
        return score(Fraction(self.validation_correct, self.validation_examples), self)

    @property
    def score(self) -> Fraction:
        """The assignment's score on the test images."""
        return score(Fraction(self.correct, self.examples), self)


def score(accuracy: Fraction, result: Result) -> Fraction:
    """The assignment's formula."""
    if accuracy <= Fraction(3, 5) or not result.zeros:
        return Fraction(0)
    return (accuracy + Fraction(result.zeros, result.parameters)) / 2


def run(steps: list[Step], data: Data, out: Path, seed: int) -> list[Result]:
    """The results of all steps; those that lie below `out` already are not made again."""
    results: dict[str, Result] = {}
    for step in steps:
        folder = out / step.name
        folder.mkdir(parents=True, exist_ok=True)
        results[step.name] = finished(folder) or make(step, results, data, folder, seed)
    return list(results.values())


def finished(folder: Path) -> Result | None:
    """The result that was left in a folder."""
    file = folder / "result.json"
    return Result(**json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else None


def make(step: Step, results: dict[str, Result], data: Data, folder: Path, seed: int) -> Result:
    """Make a step's weights, store and measure them."""
    keras.utils.set_random_seed(seed)
    start = max((results[name] for name in step.start), key=lambda result: result.validation_score, default=None)
    arrays = weights_of(folder.parent / start.name) if start else []
    recipe = Recipe(step.epochs, seed=seed, counts_from=max(0, step.ramp - 1) if step.method == GRADUAL else 0)
    weights, best_epoch = methods.make(step, arrays, data, recipe, folder)
    result = measure(step, start.name if start else "", weights, best_epoch, data, folder)
    (folder / "result.json").write_text(json.dumps(asdict(result), indent=2) + "\n", encoding="utf-8")
    (folder / "state.npz").unlink(missing_ok=True)
    tell(
        f"{result.name}: sparsity {result.sparsity:.4f}, test accuracy {result.correct / result.examples:.4f},"
        f" score {float(result.score):.4f}"
    )
    return result


def measure(step: Step, start: str, weights: Arrays, best_epoch: int, data: Data, folder: Path) -> Result:
    """Store the weights as the assignment asks, read them back, and see what they do."""
    model = build()
    model.set_weights(weights)
    model.save_weights(folder / FILE_NAME)
    model.load_weights(folder / FILE_NAME)
    stored = model.get_weights()
    return Result(
        name=step.name,
        method=step.method,
        started_from=start,
        epochs=step.epochs,
        best_epoch=best_epoch,
        parameters=masks.size_of(stored),
        zeros=masks.zeros_of(stored),
        validation_correct=correct(model, data.validation.scaled(), data.validation.labels),
        validation_examples=len(data.validation.labels),
        correct=correct(model, data.test.scaled(), data.test.labels),
        examples=len(data.test.labels),
    )


def weights_of(folder: Path) -> Arrays:
    """The arrays of a finished step."""
    model = build()
    model.load_weights(folder / FILE_NAME)
    return list(model.get_weights())
