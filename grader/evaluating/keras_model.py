"""Keras itself as an engine, the reference that others are held to: float32 on the processor.

The model is built from the definition's own configuration and gets canonical arrays; no file of a student's is opened.
Configurations that Keras 2 wrote are built by tf_keras, which is Keras 2; all others by Keras 3.
"""

import importlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from grader.errors import GraderFault
from grader.facts import FloatArray, NetworkLayer, Weights
from grader.networks.keras_config import keras_version, without_final_softmax
from grader.networks.keras_topology import topology_of

LIBRARIES = {2: "tf_keras", 3: "keras"}


def library_for(config: Mapping[str, Any]) -> str:
    """The module that builds a configuration: `tf_keras` or `keras`."""
    return LIBRARIES[keras_version(config) or 3]


class KerasModel:
    """A model of Keras with the given weights, without a softmax at its end. Raises GraderFault where it misfits."""

    def __init__(self, config: Mapping[str, Any], layers: Sequence[NetworkLayer], weights: Weights) -> None:
        keras = importlib.import_module(library_for(config))
        tensorflow = importlib.import_module("tensorflow")
        self.name = f"tensorflow {tensorflow.__version__} keras {keras.__version__} cpu float32"
        whole = keras.models.model_from_json(json.dumps(config))
        for layer in layers:
            whole.get_layer(layer.name).set_weights([weights[slot.name] for slot in layer.slots])
        if sum(len(layer.weights) for layer in whole.layers) != sum(len(layer.slots) for layer in layers):
            raise GraderFault("Keras finds other weights in the network than the grader")
        self._model = _without_softmax(keras, whole, config)

    def logits(self, images: FloatArray) -> FloatArray:
        """The logits of some images: float32, shape (images, classes)."""
        return np.asarray(self._model(images, training=False), np.float32)


def _without_softmax(keras: Any, whole: Any, config: Mapping[str, Any]) -> Any:
    """The model up to its logits."""
    topology = topology_of(config)
    last, linear = without_final_softmax(topology)
    if last is None:
        raise GraderFault("the network computes nothing")
    entry = topology.calls[last].entry
    layer = whole.get_layer(entry.name)
    if linear is not None:
        if sum(call.entry is entry for call in topology.calls) > 1:
            raise GraderFault(f"layer '{entry.name}' is used elsewhere with the softmax that is left out at the end")
        layer.activation = keras.activations.linear
    uses = [call for call in topology.calls[: last + 1] if call.entry is entry]
    output = layer.output if len(uses) == 1 else layer.get_output_at(len(uses) - 1)
    return keras.Model(whole.inputs, output) if output is not whole.outputs[0] else whole
