"""Families of networks, and files of weights for them, as the tests of families need them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from grader import messages
from grader.checking.fit import Fit
from grader.facts import AnyArray, Shape, StoredLayer, StoredWeights
from grader.network_rule import NetworkRule
from grader.networks.torch_plan import TorchPlan

CONV: dict[str, Any] = {"channels": "any", "kernel": "any", "padding": [0, "same"]}
CS6886: list[Any] = [
    {"conv2d": CONV},
    "relu",
    {"conv2d": CONV},
    "relu",
    "flatten",
    {"linear": "any"},
    "relu",
    {"linear": 10},
]


def plan_of(layers: list[Any], shape: Shape = (1, 28, 28)) -> TorchPlan:
    plan = NetworkRule.model_validate({"input_shape": shape, "layers": layers}).plan
    assert plan is not None
    return plan


def stored(shapes: Mapping[str, Shape], *, ordered: bool = True) -> StoredWeights:
    """Arrays of those shapes, named as a state dict names them; every weight has a bias beside it unless its name ends in !."""
    layers: dict[str, dict[str, AnyArray]] = {}
    random = np.random.default_rng(3)
    for name, shape in shapes.items():
        layer, _, array = name.rstrip("!").rpartition(".")
        arrays = layers.setdefault(layer, {})
        arrays[array] = random.random(shape, np.float32)
        if array == "weight" and not name.endswith("!"):
            arrays["bias"] = random.random(shape[0], np.float32)
    found = tuple(StoredLayer(name, arrays) for name, arrays in layers.items())
    return StoredWeights("torch-state-dict" if ordered else "safetensors", ordered, found)


def sentences(fit: Fit) -> list[str]:
    return [messages.problem(finding).message for finding in fit.problems]


BASE: dict[str, Shape] = {
    "conv1.weight": (16, 1, 3, 3),
    "conv2.weight": (16, 16, 3, 3),
    "fc1.weight": (100, 9216),
    "fc2.weight": (10, 100),
}


def changed(**shapes: Shape | None) -> StoredWeights:
    """The base with other shapes of the weights of some layers; None leaves a layer out."""
    wanted = BASE | {f"{name}.weight": shape for name, shape in shapes.items() if shape}
    return stored(
        {name: shape for name, shape in wanted.items() if shapes.get(name[: -len(".weight")], ()) is not None}
    )
