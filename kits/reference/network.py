"""The assignment's network, and one that holds the zeros of its weights while it trains."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import keras
import tensorflow as tf

from kits import architecture
from kits.reference.masks import Array

Model: TypeAlias = Any  # Keras has no types


class MaskedSequential(keras.Sequential):  # type: ignore[misc]  # Keras has no types
    """A network whose gradients are multiplied by masks in each step.

    With a fresh optimizer that alone keeps zeros at zero. Where weights are masked while training goes on, the
    optimizer's momentum would move them once more: `hold` puts them back after the step.
    """

    def use(self, masks: Sequence[Array], *, hold: bool) -> None:
        """Train under these masks from now on; they may be exchanged with `exchange`."""
        self._held = hold
        self._mask_variables = [tf.Variable(mask, trainable=False) for mask in masks]

    def exchange(self, masks: Sequence[Array]) -> None:
        """Put other masks in the place of those in use."""
        for variable, mask in zip(self._mask_variables, masks, strict=True):
            variable.assign(mask)

    def train_step(self, data: Any) -> Any:
        """The metrics after one step of the optimizer along the masked gradients."""
        images, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            predicted = self(images, training=True)
            loss = self.compute_loss(x=images, y=labels, y_pred=predicted)
        gradients = tape.gradient(loss, self.trainable_variables)
        masked = [gradient * mask for gradient, mask in zip(gradients, self._mask_variables, strict=True)]
        self.optimizer.apply(masked, self.trainable_variables)
        if self._held:
            for weight, mask in zip(self.trainable_variables, self._mask_variables, strict=True):
                weight.assign(weight * mask)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
        return self.compute_metrics(images, labels, predicted)


def build(*, masked: bool = False, sparsity: float = 0.0) -> Model:
    """The untrained network of the assignment: 592,933 parameters.

    With a sparsity, its dropout is that of a network that has lost so much already: each rate times the root of what
    is left (S. Han et al., Learning both Weights and Connections for Efficient Neural Networks, 2015, section 3.2).
    """
    layers = architecture.layers(keras)
    for layer in layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate *= (1 - sparsity) ** 0.5
    return (MaskedSequential if masked else keras.Sequential)(layers)


def decaying(model: Model, decay: float) -> Model:
    """The network, with `decay` times the sum of the squares of its kernels added to its loss.

    What the images ask nothing of goes to zero, so that a threshold takes it and leaves the rest.
    """
    for layer in model.layers:
        if hasattr(layer, "kernel"):
            layer.kernel.regularizer = keras.regularizers.L2(decay)
    return model
