"""The networks of homework 13 in torch: the course's sample, and modules that fit the names of two state dicts."""

from typing import Any

from torch import nn

SAMPLES = {"spring2023_58235": 58_235, "spring2022_90387": 90_387}


class Sample(nn.Module):  # type: ignore[misc]
    """The sample network of 2023: 59,723 parameters."""

    def __init__(self) -> None:
        super().__init__()
        parts: list[Any] = []
        for size, (inputs, filters) in enumerate([(3, 4), (4, 16), (16, 64), (64, 84)]):
            parts += [nn.Conv2d(inputs, filters, 3), nn.BatchNorm2d(filters), nn.ReLU()]
            parts += [nn.MaxPool2d(2, 2, 0)] if size else []
        self.cnn = nn.Sequential(*parts, nn.AdaptiveAvgPool2d((1, 1)))
        self.fc = nn.Sequential(nn.Linear(84, 11))

    def forward(self, images: Any) -> Any:
        return self.fc(self.cnn(images).flatten(1))


def separable(inputs: int, filters: int) -> list[Any]:
    """A depthwise convolution and a pointwise one."""
    depthwise = nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs)
    return [depthwise, nn.BatchNorm2d(inputs), nn.ReLU(), nn.Conv2d(inputs, filters, 1)]


class Spring2023(nn.Module):  # type: ignore[misc]
    """A convolution of 7x7, and three depthwise and pointwise blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 48, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(48)
        self.pool = nn.MaxPool2d(3, 2, 1)
        for number, (inputs, filters) in enumerate([(48, 64), (64, 128), (128, 256)], 1):
            block = nn.Sequential(*separable(inputs, filters), nn.BatchNorm2d(filters), nn.ReLU())
            setattr(self, f"layer{number}", block)
        self.fc = nn.Linear(256, 11)

    def forward(self, images: Any) -> Any:
        value = self.pool(self.bn1(self.conv1(images)).relu())
        for block in (self.layer1, self.layer2, self.layer3):
            value = block(value)
        return self.fc(value.mean((2, 3)))


class Spring2022(nn.Module):  # type: ignore[misc]
    """Depthwise and pointwise blocks with ReLU6: for the limit of the year before, of 100,000."""

    def __init__(self) -> None:
        super().__init__()
        blocks = [nn.Sequential(nn.Conv2d(3, 32, 3, 1, 1), nn.BatchNorm2d(32), nn.ReLU6(), nn.MaxPool2d(2, 2, 0))]
        for inputs, filters in [(32, 64), (64, 128), (128, 256), (256, 150)]:
            depthwise, norm, _, pointwise = separable(inputs, filters)
            blocks.append(nn.Sequential(depthwise, norm, nn.ReLU6(), pointwise, nn.MaxPool2d(2, 2, 0)))
        self.cnn = nn.Sequential(*blocks, nn.AdaptiveAvgPool2d((1, 1)))
        self.fc = nn.Sequential(nn.Linear(150, 11))

    def forward(self, images: Any) -> Any:
        return self.fc(self.cnn(images).flatten(1))
