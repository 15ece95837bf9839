"""Honest files to begin with: the weights of a network in each layout that Keras has had."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import h5py
import numpy as np

from grader.facts import AnyArray, NetworkLayer
from grader.networks.keras_config import network_from_config

CONFIGS = {
    "corpus": Path(__file__).resolve().parents[1] / "corpus.keras.json",
    "cmu-10605": Path(__file__).resolve().parents[3] / "competitions" / "cmu-10605.keras.json",
}


def fill(file: h5py.File, base: str, network: str, seed: int) -> None:
    """Writes the network's weights, multiples of a quarter of which about a ninth is zero, in the layout `base`."""
    config = json.loads(CONFIGS[network].read_text(encoding="utf-8"))
    weighted = {layer.name: layer for layer in network_from_config(config).layers}
    names = [each["config"]["name"] for each in config["config"]["layers"] if each["class_name"] != "InputLayer"]
    layers = {name: weighted.get(name) for name in names}
    random = np.random.default_rng(seed)
    if base == "nothing":
        return
    if base == "keras-vars":
        _vars(file.create_group("layers"), layers, random)
    elif base == "keras-vars-2.12":
        _vars(file.create_group("_layer_checkpoint_dependencies"), layers, random)
    elif base == "keras-legacy":
        _legacy(file, layers, random)
    elif base == "keras-full":
        file.attrs["model_config"] = CONFIGS[network].read_text(encoding="utf-8")
        _legacy(file.create_group("model_weights"), layers, random)
    else:
        raise ValueError(f"there is no base {base!r}")


Layers = Mapping[str, NetworkLayer | None]
"""Every layer of the network by name, None for one without weights."""


def _vars(container: h5py.Group, layers: Layers, random: np.random.Generator) -> None:
    container.parent.create_group("vars")  # where a model keeps weights of its own; Keras 2 wants to find it
    for name, layer in layers.items():
        group = container.create_group(f"{name}/vars")
        for number, (_, array) in enumerate(_arrays(layer, random)):
            group[f"{number}"] = array


def _legacy(group: h5py.Group, layers: Layers, random: np.random.Generator) -> None:
    group.attrs["layer_names"] = [name.encode() for name in layers]
    group.attrs["backend"] = b"tensorflow"
    for layer_name, layer in layers.items():
        arrays = [(f"{slot}:0", array) for slot, array in _arrays(layer, random)]
        group.create_group(layer_name).attrs["weight_names"] = [name.encode() for name, _ in arrays]
        for name, array in arrays:
            group[layer_name][name] = array


def _arrays(layer: NetworkLayer | None, random: np.random.Generator) -> Iterator[tuple[str, AnyArray]]:
    for slot in layer.slots if layer else ():
        yield slot.name, (random.integers(-4, 5, slot.shape) / 4).astype(np.float32)
