"""Random PyTorch networks, each with the list of layers by which a definition would tell it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from grader.facts import FloatArray, Shape

Item = dict[str, Any]
Part = tuple[str, Item, nn.Module]
MAX_PIXELS = 40 * 40

ACTIVATIONS: Mapping[str, Callable[[np.random.Generator], tuple[Item, nn.Module]]] = {
    "relu": lambda _: ({}, nn.ReLU()),
    "relu6": lambda _: ({}, nn.ReLU6()),
    "selu": lambda _: ({}, nn.SELU()),
    "silu": lambda _: ({}, nn.SiLU()),
    "mish": lambda _: ({}, nn.Mish()),
    "sigmoid": lambda _: ({}, nn.Sigmoid()),
    "tanh": lambda _: ({}, nn.Tanh()),
    "softsign": lambda _: ({}, nn.Softsign()),
    "hardswish": lambda _: ({}, nn.Hardswish()),
    "hardsigmoid": lambda _: ({}, nn.Hardsigmoid()),
    "hardtanh": lambda _: ({"min": -0.5, "max": 1.5}, nn.Hardtanh(-0.5, 1.5)),
    "leaky_relu": lambda random: one_of(random, ({}, nn.LeakyReLU()), ({"slope": 0.2}, nn.LeakyReLU(0.2))),
    "elu": lambda random: one_of(random, ({}, nn.ELU()), ({"alpha": 0.5}, nn.ELU(0.5))),
    "gelu": lambda random: one_of(random, ({}, nn.GELU()), ({"approximate": "tanh"}, nn.GELU("tanh"))),
    "softplus": lambda random: one_of(
        random, ({}, nn.Softplus()), ({"beta": 2, "threshold": 1}, nn.Softplus(beta=2, threshold=1))
    ),
}


def one_of(random: np.random.Generator, *choices: Any) -> Any:
    return choices[random.integers(len(choices))]


@dataclass(frozen=True)
class ImagesInMemory:
    """Images that are already scaled."""

    pixels: FloatArray

    def __len__(self) -> int:
        return len(self.pixels)

    def take(self, indices: Sequence[int] | npt.NDArray[np.int64]) -> FloatArray:
        taken: FloatArray = self.pixels[np.asarray(indices)]
        return taken


@dataclass
class Drawn:
    """A network of torch, its list of layers, and the shape of an image."""

    shape: Shape
    items: list[Any] = field(default_factory=list)
    modules: list[nn.Module] = field(default_factory=list)

    @property
    def model(self) -> nn.Sequential:
        return nn.Sequential(*self.modules).eval()


def random_network(seed: int) -> Drawn:
    """A network with weights, eval() included: images, then features, then 2 to 6 classes."""
    random = np.random.default_rng(seed)
    torch.manual_seed(seed)
    shape = (int(random.integers(1, 4)), int(random.integers(7, 20)), int(random.integers(7, 20)))
    drawn = Drawn(shape)
    value = torch.zeros(2, *shape)
    for _ in range(random.integers(3, 9)):
        value = _append(drawn, value, one_of(random, *IMAGE_PARTS)(random, tuple(value.shape[1:])))
    if random.random() < 0.4:
        value = _append(drawn, value, _adaptive(random, tuple(value.shape[1:])))
    value = _append(drawn, value, ("flatten", {}, nn.Flatten()))
    for _ in range(random.integers(0, 5)):
        value = _append(drawn, value, one_of(random, *FEATURE_PARTS)(random, tuple(value.shape[1:])))
    _append(drawn, value, _linear(random, tuple(value.shape[1:])))
    for part in (("dropout", {"p": 0.3}, nn.Dropout(0.3)), _end(random)):
        if random.random() < 0.5:
            drawn.items.append({part[0]: part[1]})
            drawn.modules.append(part[2])
    _fill(drawn.modules, random)
    return drawn


def _append(drawn: Drawn, value: torch.Tensor, part: Part | None) -> torch.Tensor:
    """The value after one more part; a part that torch does not take there is left out."""
    if part is None:
        return value
    kind, options, module = part
    try:
        after: torch.Tensor = module(value)
    except RuntimeError:
        return value
    if 0 in after.shape or (after.ndim == 4 and after.shape[2] * after.shape[3] > MAX_PIXELS):
        return value
    drawn.items.append({kind: options} if options else kind)
    drawn.modules.append(module)
    return after.detach()


def _conv(random: np.random.Generator, shape: Shape) -> Part:
    channels = shape[0]
    kernel = one_of(random, 1, 2, 3, [3, 2], [1, 5])
    stride = one_of(random, 1, 1, 2, [1, 2])
    padding = "same" if stride == 1 and random.random() < 0.4 else one_of(random, 0, 1, [1, 2])
    dilation = one_of(random, 1, 1, 2, [2, 1])
    groups: Any = one_of(random, 1, 1, channels, "depthwise")
    split = channels if groups == "depthwise" else groups
    filters = split * int(random.integers(1, 4))
    bias = bool(random.random() < 0.8)
    options = {"channels": filters, "kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    tuples = {name: tuple(value) if isinstance(value, list) else value for name, value in options.items()}
    module = nn.Conv2d(
        channels, filters, tuples["kernel"], tuples["stride"], tuples["padding"], tuples["dilation"], split, bias
    )
    return "conv2d", options | {"groups": groups, "bias": bias}, module


def _pool(random: np.random.Generator, shape: Shape) -> Part:
    kernel = one_of(random, 2, 3, [2, 3])
    padding = one_of(random, 0, 0, 1)
    options: Item = {"kernel": kernel, "padding": padding}
    given: dict[str, Any] = {"padding": padding}
    if random.random() < 0.5:
        options["stride"] = given["stride"] = one_of(random, 1, 2, 3)
    if random.random() < 0.5:
        options["ceil_mode"] = given["ceil_mode"] = True
    window = tuple(kernel) if isinstance(kernel, list) else kernel
    if random.random() < 0.5:
        return "max_pool2d", options, nn.MaxPool2d(window, **given)
    counted = padding == 0 or not given.get("ceil_mode")
    return (
        "avg_pool2d",
        options | {"count_include_pad": counted},
        nn.AvgPool2d(window, **given, count_include_pad=counted),
    )


def _adaptive(random: np.random.Generator, shape: Shape) -> Part:
    size = [1, 1] if random.random() < 0.7 else [shape[1] // (2 if shape[1] % 2 == 0 else 1), 1]
    if random.random() < 0.5:
        return "adaptive_avg_pool2d", {"size": size}, nn.AdaptiveAvgPool2d(tuple(size))
    return "adaptive_max_pool2d", {"size": size}, nn.AdaptiveMaxPool2d(tuple(size))


def _zero_pad(random: np.random.Generator, shape: Shape) -> Part:
    padding = one_of(random, 1, [0, 1, 2, 0])
    return "zero_pad2d", {"padding": padding}, nn.ZeroPad2d(padding if isinstance(padding, int) else tuple(padding))


def _upsample(random: np.random.Generator, shape: Shape) -> Part:
    scale, mode = one_of(random, 2, [1, 2]), one_of(random, "nearest", "bilinear")
    factor = tuple(map(float, scale)) if isinstance(scale, list) else float(scale)
    return "upsample", {"scale": scale, "mode": mode}, nn.Upsample(scale_factor=factor, mode=mode)


def _norm2d(random: np.random.Generator, shape: Shape) -> Part:
    affine = bool(random.random() < 0.8)
    return "batch_norm2d", {"eps": 0.001, "affine": affine}, nn.BatchNorm2d(shape[0], eps=0.001, affine=affine).eval()


def _norm1d(random: np.random.Generator, shape: Shape) -> Part:
    return "batch_norm1d", {}, nn.BatchNorm1d(shape[0]).eval()


def _activation(random: np.random.Generator, shape: Shape) -> Part:
    kind = one_of(random, *ACTIVATIONS)
    options, module = ACTIVATIONS[kind](random)
    return kind, options, module


def _idle(random: np.random.Generator, shape: Shape) -> Part:
    idle: Part = one_of(random, ("identity", {}, nn.Identity()), ("dropout", {"p": 0.2}, nn.Dropout(0.2)))
    return idle


def _linear(random: np.random.Generator, shape: Shape) -> Part:
    features, bias = int(random.integers(2, 7)), bool(random.random() < 0.8)
    return "linear", {"features": features, "bias": bias}, nn.Linear(shape[0], features, bias)


def _end(random: np.random.Generator) -> Part:
    end: Part = one_of(random, ("softmax", {}, nn.Softmax(1)), ("log_softmax", {}, nn.LogSoftmax(1)))
    return end


IMAGE_PARTS = (_conv, _conv, _conv, _pool, _norm2d, _activation, _activation, _zero_pad, _upsample, _idle)
FEATURE_PARTS = (_linear, _linear, _norm1d, _activation, _activation, _idle)


def _fill(modules: list[nn.Module], random: np.random.Generator) -> None:
    """Weights and running statistics that none of torch's beginnings has."""
    for module in modules:
        for name, tensor in (*module.named_parameters(), *module.named_buffers()):
            if name == "num_batches_tracked":
                continue
            size = tuple(tensor.shape)
            spread = 0.5 if tensor.ndim == 1 else 1.5 / np.sqrt(np.prod(size[1:]))
            numbers = random.uniform(0.5, 2, size) if name == "running_var" else random.normal(0, spread, size)
            tensor.data = torch.from_numpy(np.asarray(numbers + (name == "weight" and tensor.ndim == 1), np.float32))
