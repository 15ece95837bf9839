"""Random networks of every supported kind of layer: as a list of layers, with what torch.save writes, they give torch's logits."""

import io
import json

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from torch import nn

from grader import limits
from grader.checking import architecture, family, values
from grader.evaluating.deciding import evaluate
from grader.evaluating.exact import ExactNetwork
from grader.evaluating.onnx_runtime import Engine
from grader.network_rule import NetworkRule
from grader.networks.graph import Network, bind
from grader.networks.torch_layers import KINDS
from grader.reading import job
from grader.reading.stored import from_answer
from tests.grader.networks.torch_models import Drawn, ImagesInMemory, random_network

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")

FEW = range(40)
MANY = range(1000, 1200)
KINDS_OF = range(70)
IMAGES = 8
TOLERANCE = 1e-4  # of the largest logit, in float32
EXACT_TOLERANCE = 1e-6  # in float64; constants such as a slope are float32 in the graph


def graded(drawn: Drawn) -> tuple[Network, bytes]:
    """The network of the list of layers, through JSON as it is stored, and its graph bound to torch's weights."""
    rule = NetworkRule.model_validate({"input_shape": drawn.shape, "layers": drawn.items})
    network = NetworkRule.model_validate(json.loads(rule.model_dump_json())).network
    assert network is not None
    buffer = io.BytesIO()
    torch.save(drawn.model.state_dict(), buffer)
    file = from_answer(*job.read(buffer.getvalue(), limits.MAX_FILE_BYTES, "model.pt", "pytorch"))
    matched = architecture.match(file, network.layers)
    weights, findings = values.canonical(matched.arrays, network.slots)
    assert (matched.problems, findings) == ((), ())
    return network, bind(network, weights)


def compare(seed: int) -> None:
    drawn = random_network(seed)
    network, bound = graded(drawn)
    images = np.random.default_rng(seed).normal(0.3, 1, (IMAGES, *drawn.shape)).astype(np.float32)
    engine = Engine(bound)
    logits, precise = engine.logits(images), ExactNetwork(bound).logits(images)
    outcome = evaluate(engine, bound, ImagesInMemory(images), 3, network.classes)

    model = drawn.model
    while isinstance(model[-1], torch.nn.Softmax | torch.nn.LogSoftmax | torch.nn.Dropout):
        model = model[:-1]
    with torch.no_grad():
        expected = model(torch.from_numpy(images)).numpy()
        reference = model.double()(torch.from_numpy(images).double()).numpy()

    scale = np.abs(reference).max()
    assert np.abs(logits - expected).max() <= TOLERANCE * scale
    assert np.abs(precise - reference).max() <= EXACT_TOLERANCE * scale
    assert outcome.classes.tolist() == reference.argmax(axis=1).tolist()
    assert network.parameters == sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize("seed", FEW)
def test_a_random_network_gives_the_logits_of_torch(seed: int) -> None:
    compare(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", MANY)
def test_many_random_networks_give_the_logits_of_torch(seed: int) -> None:
    compare(seed)


@pytest.mark.parametrize("seed", range(12))
def test_a_random_member_of_a_family_gives_the_logits_of_torch(seed: int) -> None:
    random = np.random.default_rng(seed)
    torch.manual_seed(seed)
    first, second, hidden = random.integers(1, 12, 3).tolist()
    kernels, padding = random.integers(1, 5, 2).tolist(), "same" if seed % 2 else 0
    size = 10 if padding else 12 - sum(kernels)
    model = nn.Sequential(
        *(nn.Conv2d(1, first, kernels[0], padding=padding), nn.ReLU()),
        *(nn.Conv2d(first, second, kernels[1], padding=padding), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(second * size * size, hidden), nn.ReLU(), nn.Linear(hidden, 3)),
    )
    conv = {"conv2d": {"channels": "1..12", "kernel": "any", "padding": padding}}
    listed = [conv, "relu", conv, "relu", "flatten", {"linear": "any"}, "relu", {"linear": 3}]
    plan = NetworkRule.model_validate({"input_shape": [1, 10, 10], "layers": listed}).plan
    assert plan is not None
    buffer = io.BytesIO()
    torch.save(model.state_dict(), buffer)

    fit = family.fit(from_answer(*job.read(buffer.getvalue(), limits.MAX_FILE_BYTES, "model.pt", "pytorch")), plan)

    assert fit.network is not None
    weights, _ = values.canonical(fit.arrays, fit.slots)
    images = random.normal(0, 1, (IMAGES, 1, 10, 10)).astype(np.float32)
    with torch.no_grad():
        reference = model.double()(torch.from_numpy(images).double()).numpy()
    precise = ExactNetwork(bind(fit.network, weights)).logits(images)
    assert np.abs(precise - reference).max() <= EXACT_TOLERANCE * np.abs(reference).max()


def test_zeros_that_were_put_around_an_image_are_among_the_largest() -> None:
    layers = [{"zero_pad2d": 1}, {"max_pool2d": 3}, "flatten", {"linear": {"features": 2, "bias": False}}]
    network = NetworkRule.model_validate({"input_shape": [1, 3, 3], "layers": layers}).network
    assert network is not None
    bound = bind(network, {"fc1.weight": np.asarray([[1], [-1]], np.float32)})

    logits = Engine(bound).logits(np.full((1, 1, 3, 3), -1, np.float32))

    assert logits.tolist() == [[0, 0]]


def test_the_random_networks_use_every_supported_kind_of_layer() -> None:
    used = {
        next(iter(item)) if isinstance(item, dict) else item for seed in KINDS_OF for item in random_network(seed).items
    }

    assert used == KINDS.keys()
