"""Training one network: best epoch kept by validation, resumed where it was stopped."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kits.reference.data import Data, Images, varied
from kits.reference.masks import Arrays
from kits.reference.network import Model
from kits.reference.telling import bars, tell

STATE = "state.npz"
BATCH = 64
WARM_UP = 0.05  # of all steps
ASK_AT_ONCE = 500


@dataclass(frozen=True)
class Recipe:
    """How a network is trained."""

    epochs: int
    rate: float = 1e-3
    shift: int = 1
    seed: int = 10605
    batch: int = BATCH
    counts_from: int = 0  # epochs before this one are never the best: the network is not pruned far enough yet


@dataclass
class Progress:
    """What a stopped training goes on with."""

    epoch: int = 0
    best_accuracy: float = -1.0
    best_epoch: int = -1
    best: Arrays = field(default_factory=list)


OnEpoch = Callable[[int], list[Any]]


def train(model: Model, data: Data, recipe: Recipe, folder: Path, callbacks: OnEpoch = lambda _: []) -> Progress:
    """The weights of the best epoch by validation accuracy. The state is kept in the folder after each epoch."""
    _prepare(model, recipe, len(data.train.labels))
    state = folder / STATE
    progress = _restore(model, state) if state.is_file() else Progress()
    while progress.epoch < recipe.epochs:
        epoch = progress.epoch
        loss = _one_epoch(model, data.train, recipe, folder.name, epoch, callbacks(epoch))
        accuracy = correct(model, data.validation) / len(data.validation.labels)
        progress.epoch += 1
        if epoch >= recipe.counts_from and accuracy > progress.best_accuracy:
            progress.best_accuracy, progress.best_epoch, progress.best = accuracy, epoch, model.get_weights()
        _keep(model, progress, state)
        tell(f"{folder.name}: epoch {epoch + 1} of {recipe.epochs}, loss {loss:.4f}, validation {accuracy:.4f}")
    return progress


def correct(model: Model, images: Images) -> int:
    """How many of the images the network tells right."""
    predicted = model.predict(images.scaled(), batch_size=ASK_AT_ONCE, verbose=0)
    return int(np.count_nonzero(predicted.argmax(axis=1) == images.labels))


def _prepare(model: Model, recipe: Recipe, examples: int) -> None:
    """Compile with Adam, whose rate rises shortly and falls along a cosine."""
    steps = recipe.epochs * -(-examples // recipe.batch)
    warm = max(1, round(WARM_UP * steps))
    rate = keras.optimizers.schedules.CosineDecay(
        recipe.rate / 10, max(1, steps - warm), alpha=0.01, warmup_target=recipe.rate, warmup_steps=warm
    )
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.optimizer.build(model.trainable_variables)


def _one_epoch(model: Model, images: Images, recipe: Recipe, name: str, epoch: int, callbacks: list[Any]) -> float:
    """The loss of one epoch. Its order and its variations follow from seed, step and epoch alone."""
    random = np.random.default_rng([recipe.seed, zlib.crc32(name.encode()), epoch])
    order = random.permutation(len(images.labels))
    shown = Images(varied(images, random, recipe.shift)[order], images.labels[order])
    history = model.fit(
        shown.scaled(),
        shown.labels,
        batch_size=recipe.batch,
        initial_epoch=epoch,
        epochs=epoch + 1,
        shuffle=False,
        callbacks=callbacks,
        verbose=bars(),
    )
    return float(history.history["loss"][-1])


def _keep(model: Model, progress: Progress, state: Path) -> None:
    """Write everything that the next epoch depends on; a stop while writing leaves the state before it."""
    arrays = {f"v{index}": np.asarray(value) for index, value in enumerate(_variables(model))}
    arrays |= {f"b{index}": array for index, array in enumerate(progress.best)}
    scalars = np.array([progress.epoch, progress.best_accuracy, progress.best_epoch, len(progress.best)])
    unfinished = state.with_suffix(".part.npz")
    np.savez(unfinished, allow_pickle=False, scalars=scalars, **arrays)
    unfinished.replace(state)


def _restore(model: Model, state: Path) -> Progress:
    """The progress of a stopped training, with the model and its optimizer put back to where they were."""
    with np.load(state) as file:
        epoch, best_accuracy, best_epoch, bests = file["scalars"]
        for index, variable in enumerate(_variables(model)):
            variable.assign(file[f"v{index}"])
        best = [file[f"b{index}"] for index in range(int(bests))]
    return Progress(int(epoch), float(best_accuracy), int(best_epoch), best)


def _variables(model: Model) -> list[Any]:
    """Weights, the states of dropout's random numbers, and the optimizer's moments and count of steps."""
    return [*model.variables, *model.optimizer.variables]
