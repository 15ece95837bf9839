"""PyTorch networks, pruned by zeros and by hand with torch: both are graded alike."""

import io
import json
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from torch import nn

from grader import flops, limits
from grader.checking import architecture, family, values
from grader.compaction.compacting import compact, outline
from grader.evaluating.exact import ExactNetwork
from grader.facts import FloatArray, StoredWeights, Weights
from grader.network_rule import NetworkRule
from grader.networks.graph import Network, bind
from grader.reading import job
from grader.reading.stored import from_answer
from tests.grader.compaction.comparing import check_same
from tests.grader.networks.torch_models import random_network

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")

FEW = range(20)
MANY = range(20, 420)
SIZE = 14  # pixels, so that a test is quick
FAMILY: list[Any] = [
    {"conv2d": {"channels": "any", "kernel": "any", "padding": [0, "same"]}},
    "relu",
    {"conv2d": {"channels": "any", "kernel": "any", "padding": [0, "same"]}},
    "relu",
    "flatten",
    {"linear": {"features": "any"}},
    "relu",
    {"linear": {"features": 10}},
]
PLAN = NetworkRule.model_validate({"input_shape": [1, SIZE, SIZE], "layers": FAMILY}).plan


def member(random: np.random.Generator) -> nn.Sequential:
    """A random network of the family of cs6886."""
    sizes = [int(size) for size in random.choice([2, 3, 5], 2, replace=False)]  # else shapes may leave two answers
    padding = [str(kind) for kind in random.choice(["valid", "same"], 2)]
    first, second, hidden = (int(count) for count in random.integers(3, 9, 3))
    left = SIZE - sum(size - 1 for size, kind in zip(sizes, padding, strict=True) if kind == "valid")
    return nn.Sequential(
        nn.Conv2d(1, first, sizes[0], padding=padding[0]),
        nn.ReLU(),
        nn.Conv2d(first, second, sizes[1], padding=padding[1]),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(second * left * left, hidden),
        nn.ReLU(),
        nn.Linear(hidden, 10),
    ).eval()


def without(model: nn.Sequential, dead: list[torch.Tensor]) -> nn.Sequential:
    """The physically smaller network: rows of one layer and columns of the next are taken out."""
    one, two, three, last = (model[place] for place in (0, 2, 5, 7))
    keep = [~each for each in dead]
    pixels = three.in_features // two.out_channels
    rows = keep[1].repeat_interleave(pixels)
    smaller = nn.Sequential(
        nn.Conv2d(1, int(keep[0].sum()), one.kernel_size, padding=one.padding),
        nn.ReLU(),
        nn.Conv2d(int(keep[0].sum()), int(keep[1].sum()), two.kernel_size, padding=two.padding),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(int(rows.sum()), int(keep[2].sum())),
        nn.ReLU(),
        nn.Linear(int(keep[2].sum()), 10),
    ).eval()
    arrays = [
        *(one.weight[keep[0]], one.bias[keep[0]], two.weight[keep[1]][:, keep[0]], two.bias[keep[1]]),
        *(three.weight[keep[2]][:, rows], three.bias[keep[2]], last.weight[:, keep[2]], last.bias),
    ]
    for parameter, array in zip(smaller.parameters(), arrays, strict=True):
        parameter.data.copy_(array)
    return smaller


def zeroed(model: nn.Sequential, dead: list[torch.Tensor]) -> nn.Sequential:
    """The network with the weights and the biases of some units set to zero, in place."""
    for place, units in zip((0, 2, 5), dead, strict=True):
        model[place].weight.data[units] = 0
        model[place].bias.data[units] = 0
    return model


def stored(tensors: dict[str, torch.Tensor]) -> StoredWeights:
    """A state dict as the reader finds it in the file that torch writes."""
    written = io.BytesIO()
    torch.save(tensors, written)
    return from_answer(*job.read(written.getvalue(), limits.MAX_FILE_BYTES, "model.pt", "pytorch"))


def graded(model: nn.Sequential) -> tuple[Network, Weights]:
    """The network and the weights that the grader sees in a model's state dict."""
    assert PLAN is not None
    fit = family.fit(stored(model.state_dict()), PLAN)
    assert fit.problems == ()
    assert fit.network is not None
    weights, findings = values.canonical(fit.arrays, fit.slots)
    assert findings == ()
    return fit.network, weights


def check_family(seed: int) -> None:
    random = np.random.default_rng(seed)
    torch.manual_seed(seed)
    model = member(random)
    share = float(random.choice([0.2, 0.5, 0.8]))
    dead = [torch.from_numpy(random.random(model[place].weight.shape[0]) < share) for place in (0, 2, 5)]
    for units in dead:
        units[0] = False  # torch has no layers without units
    smaller = without(model, dead)
    network, weights = graded(zeroed(model, dead))
    small_network, small = graded(smaller)

    found = compact(network, weights)

    assert outline(network, weights).macs == outline(small_network, small).macs == flops.dense_macs(small_network)
    assert not found.folded
    assert found.network.layers == small_network.layers
    assert all(np.array_equal(found.weights[name], array) for name, array in small.items())
    check_same(network, weights, found, strict=True)
    _check_classes(network, weights, smaller, seed)


def _check_classes(network: Network, weights: Weights, smaller: nn.Sequential, seed: int) -> None:
    images = np.random.default_rng(seed).normal(0, 1, (8, 1, SIZE, SIZE)).astype(np.float32)
    found = compact(network, weights)

    logits = ExactNetwork(bind(found.network, found.weights)).logits(images)
    with torch.no_grad():
        expected = smaller.double()(torch.from_numpy(images).double()).numpy()

    assert np.abs(logits - expected).max() <= 1e-9 * np.abs(expected).max()
    assert logits.argmax(axis=1).tolist() == expected.argmax(axis=1).tolist()


def check_any(seed: int) -> None:
    """A random list of layers, in which rows, columns and biases are zero here and there."""
    drawn = random_network(seed)
    rule = NetworkRule.model_validate({"input_shape": drawn.shape, "layers": drawn.items})
    network = NetworkRule.model_validate(json.loads(rule.model_dump_json())).network
    assert network is not None
    matched = architecture.match(stored(drawn.model.state_dict()), network.layers)
    weights, _ = values.canonical(matched.arrays, network.slots)
    _prune(np.random.default_rng(seed), network, weights)

    check_same(network, weights, compact(network, weights))
    check_same(network, weights, compact(network, weights, fold=False))


def _prune(random: np.random.Generator, network: Network, weights: Weights) -> None:
    for layer in network.layers:
        dead = random.random(layer.slots[0].shape[0]) < random.choice([0.0, 0.4, 0.8, 1.0], p=[0.3, 0.4, 0.2, 0.1])
        for slot in layer.slots:
            array: FloatArray = weights[slot.name]
            if slot.name.endswith("weight") or (slot.name.endswith("bias") and random.random() < 0.7):
                array[dead] = 0
            if array.ndim > 1 and random.random() < 0.3:
                array[:, random.random(array.shape[1]) < 0.4] = 0


@pytest.mark.parametrize("seed", FEW)
def test_zeroed_and_removed_units_cost_the_same(seed: int) -> None:
    check_family(seed)


@pytest.mark.parametrize("seed", FEW)
def test_a_list_of_layers_is_compacted_without_changing_a_logit(seed: int) -> None:
    check_any(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", MANY)
def test_many_families_and_lists_of_layers_too(seed: int) -> None:
    check_family(seed)
    check_any(seed)
