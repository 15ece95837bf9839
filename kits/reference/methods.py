"""The methods: from the weights of an earlier step to those of this one."""

from pathlib import Path

import keras

from kits.reference import masks
from kits.reference.data import Data
from kits.reference.masks import Arrays
from kits.reference.network import Model, build, decaying
from kits.reference.plan import DENSE, FIRST, FREEZE, GRADUAL, LAYERWISE, MASKED, ONE_THRESHOLD, Step
from kits.reference.training import Recipe, train

PRUNED_FROM = 0.8  # of the share that the network lost
DECAY = 2e-4  # of the dense network's last cycle
EVERY_STEPS = 25  # between two masks of the gradual method


def make(step: Step, start: Arrays, data: Data, recipe: Recipe, folder: Path) -> tuple[Arrays, int]:
    """The weights of a step and the epoch that gave them (0 where nothing is trained)."""
    if step.method == ONE_THRESHOLD:
        return masks.applied(start, masks.by_one_threshold(start, step.sparsity)), 0
    if step.method == LAYERWISE:
        return masks.applied(start, masks.layer_by_layer(start, step.sparsity)), 0
    trained = {FIRST: dense, DENSE: dense, FREEZE: freeze, MASKED: masked, GRADUAL: gradual}[step.method]
    return trained(step, start, data, recipe, folder)


def dense(step: Step, start: Arrays, data: Data, recipe: Recipe, folder: Path) -> tuple[Arrays, int]:
    """The network trained from scratch, or on from an earlier cycle, in which weights that do little then shrink."""
    model = build()
    if start:
        model.set_weights(start)
        decaying(model, DECAY)
    progress = train(model, data, recipe, folder)
    return progress.best, progress.best_epoch + 1


def freeze(step: Step, start: Arrays, data: Data, recipe: Recipe, folder: Path) -> tuple[Arrays, int]:
    """One threshold, then the layers that it pruned are frozen and the others are trained on."""
    model = build(sparsity=step.sparsity)
    model.set_weights(masks.applied(start, masks.by_one_threshold(start, step.sparsity)))
    freeze_pruned(model)
    progress = train(model, data, recipe, folder)
    return progress.best, progress.best_epoch + 1


def freeze_pruned(model: Model) -> list[str]:
    """Freeze each layer that lost four fifths of the share that the network lost, or more, and say which these are.

    A global threshold takes some weights of every layer: the assignment's "layers that were pruned" needs a bound.
    The layer that lost the smallest share is always trained.
    """
    layers = [layer for layer in model.layers if layer.get_weights()]
    shares = [_share(layer.get_weights()) for layer in layers]
    bound = PRUNED_FROM * _share(model.get_weights())
    for layer, share in zip(layers, shares, strict=True):
        layer.trainable = share < bound or share == min(shares)
    return [layer.name for layer in layers if not layer.trainable]


def _share(arrays: Arrays) -> float:
    return masks.zeros_of(arrays) / masks.size_of(arrays)


def masked(step: Step, start: Arrays, data: Data, recipe: Recipe, folder: Path) -> tuple[Arrays, int]:
    """One threshold, then all that is left is trained with the gradients multiplied by the mask of what is not zero."""
    arrays = masks.applied(start, masks.by_one_threshold(start, step.sparsity))
    model = build(masked=True, sparsity=step.sparsity)
    model.set_weights(arrays)
    model.use(masks.of_nonzero(arrays), hold=False)
    progress = train(model, data, recipe, folder)
    return progress.best, progress.best_epoch + 1


def gradual(step: Step, start: Arrays, data: Data, recipe: Recipe, folder: Path) -> tuple[Arrays, int]:
    """Pruned a little every few steps while it trains, then trained on under the last mask (Zhu and Gupta, 2017).

    Their paper prunes each layer to the same sparsity; one threshold for all layers is used here, as in method 1.
    """
    model = build(masked=True, sparsity=step.sparsity)
    model.set_weights(start)
    model.use(masks.of_nonzero(start), hold=True)
    steps = -(-len(data.train.labels) // recipe.batch)
    begin = masks.zeros_of(start) / masks.size_of(start)
    progress = train(
        model, data, recipe, folder, lambda epoch: [PruneGradually(begin, step, steps, epoch)] if step.ramp else []
    )
    return progress.best, progress.best_epoch + 1


class PruneGradually(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Raises the sparsity every few steps along the cubic, until the ramp is over."""

    def __init__(self, begin: float, step: Step, steps: int, epoch: int) -> None:
        super().__init__()
        self._begin, self._end = begin, step.sparsity
        self._ramp, self._before = step.ramp * steps, epoch * steps

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """Take up the mask of what is not zero: the state of a stopped run holds the weights alone."""
        self.model.exchange(masks.of_nonzero(self.model.get_weights()))

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        """Put the next mask in place."""
        done = self._before + batch + 1
        if done > self._ramp or (done % EVERY_STEPS and done != self._ramp):
            return
        arrays = self.model.get_weights()
        sparsity = masks.gradual(self._begin, self._end, done / self._ramp)
        kept = masks.by_one_threshold(arrays, sparsity)
        self.model.exchange(kept)
        self.model.set_weights(masks.applied(arrays, kept))
