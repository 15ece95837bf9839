"""Parameters of free architectures: as torchsummary counts ordinary networks, and in full where it can be fooled."""

import contextlib
import io
import re
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from torch import nn
from torch.nn import functional

from grader.checking import values
from grader.evaluating.onnx_runtime import Engine
from grader.networks.graph import bind
from tests.grader.checking.free_fits import codes, fitted
from tests.grader.checking.free_models import CLASSES, NETWORKS, SHAPE, block, head
from tests.grader.networks.onnx_exports import exported, trained
from tests.grader.networks.torch_models import random_network

SEEDS = [seed for seed in range(15) if seed != 11]  # torch exports all of these
MODELS: dict[str, Any] = {
    **{name: (make, SHAPE, CLASSES) for name, make in NETWORKS.items()},
    **{f"random-{seed}": seed for seed in SEEDS},
}


def model_of(name: str) -> tuple[Any, tuple[int, ...], int]:
    """A network, the shape of its images, and its number of classes."""
    told = MODELS[name]
    if isinstance(told, int):
        drawn = random_network(told)
        model = drawn.model.float().eval()
        return model, drawn.shape, model(torch.zeros(1, *drawn.shape)).shape[1]
    make, shape, classes = told
    return trained(make()).eval(), shape, classes


def torchsummary_count(model: Any, shape: tuple[int, ...]) -> int:
    """What torchsummary prints as the total of parameters."""
    torchsummary = pytest.importorskip("torchsummary")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        torchsummary.summary(model, shape, device="cpu")
    total = re.search(r"Total params: ([\d,]+)", printed.getvalue())
    assert total is not None
    return int(total[1].replace(",", ""))


def our_count(model: Any, shape: tuple[int, ...] = SHAPE, classes: int = CLASSES, way: str = "legacy") -> int:
    fit = fitted(exported(model, shape, way), shape, classes)
    assert codes(fit) == []
    assert fit.network is not None
    return fit.network.parameters


def test_there_are_enough_ordinary_networks() -> None:
    assert len(MODELS) >= 30


@pytest.mark.parametrize("name", MODELS)
def test_an_ordinary_network_is_counted_as_torchsummary_counts_it(name: str) -> None:
    model, shape, classes = model_of(name)

    assert our_count(model, shape, classes) == torchsummary_count(model, shape)


@pytest.mark.parametrize("way", ["legacy", "legacy-folded", "dynamo-folded"])
@pytest.mark.parametrize("name", NETWORKS)
def test_an_ordinary_network_gives_the_logits_of_torch(name: str, way: str) -> None:
    model, shape, classes = model_of(name)
    content = exported(model, shape, way)
    if b"SplitToSequence" in content:
        pytest.skip("this exporter writes chunk as a sequence, which is refused by name")
    images = np.random.default_rng(1).normal(0, 1, (6, *shape)).astype(np.float32)
    with torch.no_grad():
        reference = model(torch.from_numpy(images)).numpy()

    fit = fitted(content, shape, classes)

    assert codes(fit) == []
    assert fit.network is not None
    weights, _ = values.canonical(fit.arrays, fit.slots)
    logits = Engine(bind(fit.network, weights)).logits(images)
    assert np.abs(logits - reference).max() <= 1e-4 * np.abs(reference).max()


class Fooling(nn.Module):  # type: ignore[misc]
    """A stem of 80 parameters (a convolution of 3 x 8 x 1 x 1 with its bias, and 48 more) around something odd."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 1)
        self.head = nn.Linear(8, CLASSES)

    def odd(self, x: Any) -> Any:
        return x

    def forward(self, x: Any) -> Any:
        return self.head(self.odd(self.stem(x)).mean((2, 3)))


PLAIN = 3 * 8 + 8 + 8 * CLASSES + CLASSES


class RawParameter(Fooling):
    hidden = 8

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.linspace(0.5, 2, 8).reshape(1, 8, 1, 1))

    def odd(self, x: Any) -> Any:
        return x * self.scale


class RawScalar(Fooling):
    hidden = 1

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(0.7))

    def odd(self, x: Any) -> Any:
        return x * self.scale


class FunctionalKernel(Fooling):
    hidden = 8 * 8 * 9

    def __init__(self) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.randn(8, 8, 3, 3))

    def odd(self, x: Any) -> Any:
        return functional.conv2d(x, self.kernel)


class Buffer(Fooling):
    hidden = 8 * 16 * 16

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("table", torch.randn(8, 16, 16))

    def odd(self, x: Any) -> Any:
        return x + self.table


class UncalledLayer(Fooling):
    hidden = 8 * 8 + 8

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Conv2d(8, 8, 1)

    def odd(self, x: Any) -> Any:
        return functional.conv2d(x, self.inner.weight, self.inner.bias)


class Constant(Fooling):
    hidden = 8 * 16 * 16

    def odd(self, x: Any) -> Any:
        return x + torch.from_numpy(np.random.default_rng(0).normal(size=(8, 16, 16)).astype(np.float32))


class Divided(Fooling):
    hidden = 8 * 16 * 16

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("table", 1 / torch.randn(8, 16, 16))

    def odd(self, x: Any) -> Any:
        return x / self.table


class Temperature(Fooling):
    hidden = 1

    def __init__(self) -> None:
        super().__init__()
        self.temperature = nn.Parameter(torch.tensor(0.7))

    def odd(self, x: Any) -> Any:
        return x / self.temperature


class Computed(Fooling):
    hidden = 8 * 8 * 9

    def __init__(self) -> None:
        super().__init__()
        self.kernel, self.mask = nn.Parameter(torch.randn(8, 8, 3, 3)), nn.Parameter(torch.rand(8, 1, 1, 1))

    def odd(self, x: Any) -> Any:
        return functional.conv2d(x, self.kernel * self.mask)


class BareStatistics(Fooling):
    """A BatchNorm without scale and shift: its statistics are numbers that nothing else accounts for."""

    hidden = 16

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(8, affine=False)

    def odd(self, x: Any) -> Any:
        return self.norm(x)


FOOLING = (
    *(RawParameter, RawScalar, FunctionalKernel, Buffer, UncalledLayer, Constant, Divided, Temperature, Computed),
    BareStatistics,
)


@pytest.mark.parametrize("way", ["legacy", "dynamo"])
@pytest.mark.parametrize("network", FOOLING, ids=lambda each: each.__name__)
def test_what_torchsummary_does_not_see_is_counted_in_full(network: Any, way: str) -> None:
    model = trained(network()).eval()

    assert torchsummary_count(model, SHAPE) == PLAIN
    assert our_count(model, way=way) == PLAIN + network.hidden


def test_a_layer_that_is_used_twice_is_counted_once() -> None:
    class Twice(Fooling):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Conv2d(8, 8, 1)

        def odd(self, x: Any) -> Any:
            return self.inner(torch.relu(self.inner(x)))

    model = trained(Twice()).eval()
    assert torchsummary_count(model, SHAPE) == PLAIN + 2 * 72
    assert our_count(model) == PLAIN + 72


def test_a_layer_that_nothing_uses_is_not_in_the_file() -> None:
    class Idle(Fooling):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Conv2d(8, 8, 1)

    assert our_count(trained(Idle())) == PLAIN


def test_running_statistics_beside_another_layers_scale_are_counted() -> None:
    class Shared(Fooling):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.BatchNorm2d(8), nn.BatchNorm2d(8)
            self.second.weight, self.second.bias = self.first.weight, self.first.bias

        def odd(self, x: Any) -> Any:
            return self.second(torch.relu(self.first(x)))

    assert our_count(trained(Shared()).eval()) == PLAIN + 16 + 16


def test_the_parameters_of_an_ensemble_add_up() -> None:
    members = [nn.Sequential(block(3, width), head(width)) for width in (6, 9)]
    alone = [our_count(trained(member)) for member in members]

    assert our_count(trained(NETWORKS["ensemble"]())) == sum(alone)


def test_many_single_numbers_are_refused() -> None:
    class Singles(Fooling):
        def odd(self, x: Any) -> Any:
            for number in range(80):
                x = x * (1 + number / 1000)
            return x

    assert codes(fitted(exported(trained(Singles()), SHAPE), SHAPE, CLASSES)) == ["onnx-singles"]
