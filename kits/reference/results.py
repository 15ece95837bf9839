"""The figures of a finished step, as the training script finds them, and where they are kept."""

import json
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

from kits.reference.plan import TITLES

FILE_NAME = "my_model_weights.weights.h5"  # Keras 3 takes no other ending
KEPT = "result.json"


@dataclass(frozen=True)
class Result:
    """What a step came to."""

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
    def accuracy(self) -> Fraction:
        """On the test images."""
        return Fraction(self.correct, self.examples)

    @property
    def validation_accuracy(self) -> Fraction:
        """On the validation images, by which one step is chosen over another."""
        return Fraction(self.validation_correct, self.validation_examples)

    @property
    def score(self) -> Fraction:
        """The assignment's score on the test images."""
        return score(self.accuracy, self.zeros, self.parameters)

    @property
    def validation_score(self) -> Fraction:
        """The assignment's score on the validation images."""
        return score(self.validation_accuracy, self.zeros, self.parameters)


def score(accuracy: Fraction, zeros: int, parameters: int) -> Fraction:
    """The assignment's formula."""
    if accuracy <= Fraction(3, 5) or not zeros:
        return Fraction(0)
    return (accuracy + Fraction(zeros, parameters)) / 2


def keep(result: Result, folder: Path) -> None:
    """Write a result into the folder of its step."""
    (folder / KEPT).write_text(json.dumps(asdict(result), indent=2) + "\n", encoding="utf-8")


def kept(folder: Path) -> Result | None:
    """The result that was left in a folder."""
    file = folder / KEPT
    return Result(**json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else None


def all_kept(out: Path) -> list[Result]:
    """The results below a folder, by method in the order of their numbers and by sparsity."""
    methods = list(TITLES)
    found = [result for folder in out.iterdir() if folder.is_dir() and (result := kept(folder))]
    return sorted(found, key=lambda result: (methods.index(result.method), result.zeros))
