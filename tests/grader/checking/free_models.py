"""Ordinary networks in torch, as students write them for small images, each for 3 channels of 16 x 16 and 5 classes."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional

SHAPE = (3, 16, 16)
CLASSES = 5


def block(inputs: int, filters: int, **options: Any) -> nn.Sequential:
    """A convolution, BatchNorm and ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, filters, 3, padding=1, **options), nn.BatchNorm2d(filters), nn.ReLU(inplace=True)
    )


def head(features: int) -> nn.Sequential:
    """The mean of each channel, and a dense layer."""
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(features, CLASSES))


class Residual(nn.Module):  # type: ignore[misc]
    """Two blocks with a shortcut."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.first, self.second = block(3, 8), block(8, 16, stride=2), nn.Conv2d(16, 16, 3, padding=1)
        self.short, self.bn, self.head = nn.Conv2d(8, 16, 1, 2, bias=False), nn.BatchNorm2d(16), head(16)

    def forward(self, x: Any) -> Any:
        x = self.stem(x)
        return self.head(torch.relu(self.bn(self.second(self.first(x))) + self.short(x)))


class Squeeze(nn.Module):  # type: ignore[misc]
    """Channels scaled by what a small network makes of their means, and inverted bottlenecks with hardswish."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.down, self.up = block(3, 12), nn.Conv2d(12, 3, 1), nn.Conv2d(3, 12, 1)
        self.wide, self.deep, self.thin = (
            nn.Conv2d(12, 24, 1),
            nn.Conv2d(24, 24, 3, 1, 1, groups=24),
            nn.Conv2d(24, 12, 1),
        )
        self.head = head(12)

    def forward(self, x: Any) -> Any:
        x = self.stem(x)
        gate = self.up(torch.relu(self.down(functional.adaptive_avg_pool2d(x, 1))))
        x = x * functional.hardsigmoid(gate)
        return self.head(x + self.thin(functional.hardswish(self.deep(functional.relu6(self.wide(x))))))


class Shuffle(nn.Module):  # type: ignore[misc]
    """Half of the channels convolved, joined and shuffled."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.part, self.head = block(3, 8), block(4, 4, groups=2), head(8)

    def forward(self, x: Any) -> Any:
        left, right = self.stem(x).chunk(2, 1)
        x = torch.cat([left, self.part(right)], 1)
        n, c, h, w = x.shape
        return self.head(x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w))


class Dense(nn.Module):  # type: ignore[misc]
    """Each layer sees all before it."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([block(3 + 6 * number, 6) for number in range(3)])
        self.head = head(21)

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = torch.cat([x, layer(x)], 1)
        return self.head(functional.max_pool2d(x, 2))


class Ensemble(nn.Module):  # type: ignore[misc]
    """Two networks of which the shares are averaged, by a stack or by a sum."""

    def __init__(self, *, stacked: bool) -> None:
        super().__init__()
        self.members = nn.ModuleList([nn.Sequential(block(3, width), head(width)) for width in (6, 9)])
        self.stacked = stacked

    def forward(self, x: Any) -> Any:
        shares = [member(x).softmax(1) for member in self.members]
        return torch.stack(shares).mean(0) if self.stacked else (shares[0] + shares[1]) / 2


def plain(*layers: Any) -> Callable[[], Any]:
    """What makes a network of a stem, the given layers for 8 channels, and a head."""
    return lambda: nn.Sequential(block(3, 8), *[layer() for layer in layers], head(8))


NETWORKS: dict[str, Callable[[], Any]] = {
    "residual": Residual,
    "squeeze": Squeeze,
    "shuffle": Shuffle,
    "dense": Dense,
    "ensemble": lambda: Ensemble(stacked=False),
    "stack": lambda: Ensemble(stacked=True),
    "vgg": plain(lambda: block(8, 8), lambda: nn.MaxPool2d(2), lambda: block(8, 8), lambda: nn.AvgPool2d(2)),
    "prelu": plain(lambda: nn.PReLU(8), lambda: nn.Conv2d(8, 8, 1), lambda: nn.PReLU()),
    "group-norm": plain(lambda: nn.GroupNorm(4, 8), lambda: nn.ELU()),
    "layer-norm": lambda: nn.Sequential(block(3, 8), head(8), nn.LayerNorm(CLASSES), nn.Linear(CLASSES, CLASSES)),
    "instance-norm": plain(lambda: nn.InstanceNorm2d(8, affine=True), lambda: nn.SiLU()),
    "dilated": plain(lambda: nn.Conv2d(8, 8, 3, padding=2, dilation=2), lambda: nn.LeakyReLU(0.2)),
    "no-bias": plain(lambda: nn.Conv2d(8, 8, 3, bias=False), lambda: nn.GELU()),
    "frozen": lambda: frozen(nn.Sequential(block(3, 8), head(8))),
    "upsampled": plain(lambda: nn.MaxPool2d(4), lambda: nn.Upsample(scale_factor=2), lambda: nn.Dropout(0.3)),
    "mlp": lambda: nn.Sequential(nn.Flatten(), nn.Linear(768, 16), nn.BatchNorm1d(16), nn.Tanh(), nn.Linear(16, 5)),
}
"""Name -> what makes the network."""


def frozen(model: Any) -> Any:
    """A model whose weights are no longer trained."""
    for parameter in model.parameters():
        parameter.requires_grad = False
    return model
