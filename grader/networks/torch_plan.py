"""A PyTorch network as a definition lists it: exact, or a family whose sizes the weights tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from grader.facts import Shape
from grader.limits import MAX_READINGS
from grader.networks.draft import Draft
from grader.networks.graph import Network
from grader.networks.sizes import Sizes, exactly
from grader.networks.torch_layer import FEATURES, Layer, LayerError, Weighted
from grader.networks.torch_layers import Dropout, Flatten, Linear, Softmax
from grader.networks.torch_pools import AdaptivePool, Identity
from grader.networks.torch_windows import Conv2d

NAME = "network"
MIN_CLASSES = 2


@dataclass(frozen=True, slots=True)
class TorchPlan:
    """A list of layers that fit each other as far as that can be told without weights.

    `layers` end with what gives the logits; `names` has one for each of them, empty for those without weights. `network`
    is the one network where nothing is left open, None for a family. `input_shape` is (channels, height, width).
    """

    input_shape: Shape
    layers: tuple[Layer, ...]
    names: tuple[str, ...]
    classes: int
    network: Network | None = None

    @property
    def channels_first(self) -> bool:
        """Always: that is how torch holds images."""
        return True

    @property
    def weighted(self) -> tuple[tuple[str, Weighted], ...]:
        """The layers with weights and their names, in order."""
        both = zip(self.names, self.layers, strict=True)
        return tuple((name, layer) for name, layer in both if isinstance(layer, Weighted))

    def in_words(self) -> tuple[tuple[str, str, str], ...]:
        """Each layer's name, empty for those without weights, its kind, and its options that are not torch's own."""
        both = zip(self.names, self.layers, strict=True)
        return tuple((name, layer.kind, layer.in_words()) for name, layer in both)


def plan_of(input_shape: Shape, layers: Sequence[Layer]) -> TorchPlan:
    """The plan of a list of layers. Raises LayerError that says which layer does not fit, and at which option."""
    kept = _without_final_softmax(layers)
    names = _names(kept)
    if not any(names):
        raise LayerError("no layer has weights; there is nothing to prune")
    readings = prod(max(1, len(tuple(layer.variants()))) for layer in kept)
    if readings > MAX_READINGS:
        raise LayerError(f"its choices leave {readings:,} readings open; at most {MAX_READINGS:,} are tried")
    _check_axes(len(input_shape), kept)
    network = network_of(input_shape, kept, names) if all(layer.fixed for layer in kept) else None
    classes = network.classes if network else _classes(input_shape, kept)
    if classes < MIN_CLASSES:
        raise LayerError(
            f"its output is {classes} number; at least {MIN_CLASSES} classes are needed", place=len(kept) - 1
        )
    return TorchPlan(input_shape, tuple(kept), names, classes, network)


def network_of(input_shape: Shape, layers: Sequence[Layer], names: Sequence[str]) -> Network:
    """The network of layers in which nothing is left open. Raises LayerError."""
    draft = Draft(input_shape)
    value = draft.images
    for place, (name, layer) in enumerate(zip(names, layers, strict=True)):
        try:
            value = layer.draw(draft, value, name)
        except LayerError as error:
            raise LayerError(error.message, error.key, place) from None
    return draft.finish(NAME, value, names, channels_first=True)


def _without_final_softmax(layers: Sequence[Layer]) -> Sequence[Layer]:
    end = len(layers)
    while end and isinstance(layers[end - 1], Softmax | Dropout | Identity):
        end -= 1
    return layers[:end]


def _names(layers: Sequence[Layer]) -> tuple[str, ...]:
    """conv1, conv2, fc1, ... in order, or the names that are given; one that stands twice is refused."""
    names: list[str] = []
    counts: dict[str, int] = {}
    for place, layer in enumerate(layers):
        name = ""
        if isinstance(layer, Weighted):
            counts[layer.prefix] = counts.get(layer.prefix, 0) + 1
            name = layer.name or f"{layer.prefix}{counts[layer.prefix]}"
            if name in names:
                raise LayerError(
                    f"another layer is called {name!r} already; each needs a name of its own", "name", place
                )
        names.append(name)
    return tuple(names)


def _classes(input_shape: Shape, layers: Sequence[Layer]) -> int:
    """How many numbers come out, as far as that can be told without weights. Raises LayerError where it cannot."""
    known: Sizes | None = exactly(input_shape[0])
    one_pixel = False
    for layer in layers:
        known, one_pixel = _width_after(layer, known, one_pixel=one_pixel)
    if known is None or not known.fixed:
        raise LayerError(
            "how many classes there are has to be told: a number for the last layer's size", place=len(layers) - 1
        )
    return known.least


def _width_after(layer: Layer, width: Sizes | None, *, one_pixel: bool) -> tuple[Sizes | None, bool]:
    """The channels or features after a layer, None where they depend on an image's size; and whether that is 1x1."""
    if isinstance(layer, Conv2d):
        return layer.channels, False
    if isinstance(layer, Linear):
        return layer.features, True
    if isinstance(layer, AdaptivePool):
        return width, layer.size == (1, 1)
    if isinstance(layer, Flatten) and not one_pixel:
        return None, True
    return width, one_pixel


def _check_axes(axes: int, layers: Sequence[Layer]) -> None:
    """Raises LayerError where a layer gets an image and takes features, or the other way round."""
    for place, layer in enumerate(layers):
        try:
            layer.check_axes(axes)
        except LayerError as error:
            raise LayerError(error.message, error.key, place) from None
        axes = layer.gives or axes
    if axes != FEATURES:
        raise LayerError(
            "the last layer gives an image; features are needed, one for each class", place=len(layers) - 1
        )
