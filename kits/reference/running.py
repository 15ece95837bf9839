"""The queue: what is finished stays, what was stopped goes on, and each step leaves a weight file and its figures."""

from pathlib import Path

import keras

from kits.reference import masks, methods, results
from kits.reference.data import Data
from kits.reference.masks import Arrays
from kits.reference.network import build
from kits.reference.plan import Step
from kits.reference.results import FILE_NAME, Result
from kits.reference.telling import tell
from kits.reference.training import STATE, Recipe, correct


def run(steps: list[Step], data: Data, out: Path, seed: int) -> list[Result]:
    """The results of all steps; those that lie below `out` already are not made again."""
    made: dict[str, Result] = {}
    for step in steps:
        folder = out / step.name
        folder.mkdir(parents=True, exist_ok=True)
        made[step.name] = results.kept(folder) or _make(step, made, data, folder, seed)
    return list(made.values())


def weights_of(folder: Path) -> Arrays:
    """The arrays of a finished step."""
    model = build()
    model.load_weights(folder / FILE_NAME)
    return list(model.get_weights())


def _make(step: Step, made: dict[str, Result], data: Data, folder: Path, seed: int) -> Result:
    keras.utils.set_random_seed(seed)
    start = max((made[name] for name in step.start), key=lambda result: result.validation_score, default=None)
    arrays = weights_of(folder.parent / start.name) if start else []
    recipe = Recipe(step.epochs, rate=step.rate, seed=seed, counts_from=max(0, step.ramp - 1))
    weights, best_epoch = methods.make(step, arrays, data, recipe, folder)
    result = _measure(step, start.name if start else "", weights, best_epoch, data, folder)
    results.keep(result, folder)
    (folder / STATE).unlink(missing_ok=True)
    tell(
        f"{result.name}: sparsity {result.sparsity:.4f}, test accuracy {float(result.accuracy):.4f},"
        f" score {float(result.score):.4f}"
    )
    return result


def _measure(step: Step, start: str, weights: Arrays, best_epoch: int, data: Data, folder: Path) -> Result:
    """The figures of the weights as they are read back from the file that is handed in."""
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
        validation_correct=correct(model, data.validation),
        validation_examples=len(data.validation.labels),
        correct=correct(model, data.test),
        examples=len(data.test.labels),
    )
