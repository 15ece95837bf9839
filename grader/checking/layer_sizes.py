"""One stored layer against one layer of a family: its sizes, and whether the definition allows them."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from grader.errors import Finding
from grader.facts import Shape, StoredLayer
from grader.networks.sizes import ANY, Sizes, exactly
from grader.networks.torch_layer import Weighted
from grader.networks.torch_layers import BatchNorm, Linear
from grader.networks.torch_windows import Conv2d

FILTERS, HEIGHT, WIDTH, FEATURES = "number of filters", "kernel height", "kernel width", "number of features"


class Sized(NamedTuple):
    """A layer of the definition with its sizes taken from stored arrays, and what the definition does not allow."""

    layer: Weighted
    problems: tuple[Finding, ...]


def size(layer: Weighted, own: StoredLayer) -> Sized:
    """The layer as the stored one has it. `own` is of the kind that the layer takes."""
    if isinstance(layer, BatchNorm):
        return Sized(layer, tuple(_arrays(own, _statistics(layer, own))))
    shape, has_bias = own.arrays["weight"].shape, "bias" in own.arrays
    sizes = (exactly(each) for each in (shape[0], *shape[2:]))
    found = dict(zip(_options(layer), sizes, strict=True))
    problems = [_beyond(name, wanted, found[name], own) for name, wanted in _options(layer).items()]
    problems += _arrays(own, {"weight": shape} | ({"bias": shape[:1]} if _takes_bias(layer, own) else {}))
    options: dict[str, object] = {"bias": has_bias}
    if isinstance(layer, Conv2d):
        options |= {"channels": found[FILTERS], "kernel": (found[HEIGHT], found[WIDTH])}
    else:
        options |= {"features": found[FEATURES]}
    return Sized(layer.with_options(options), tuple(problem for problem in problems if problem))


def _options(layer: Weighted) -> Mapping[str, Sizes]:
    """The sizes that the definition allows, in the order of the weight's axes without that of its inputs."""
    if isinstance(layer, Conv2d):
        return {
            FILTERS: layer.channels,
            HEIGHT: layer.kernel[0],
            WIDTH: layer.kernel[1],
        }
    assert isinstance(layer, Linear)  # noqa: S101 - normalisations have no sizes of their own
    return {FEATURES: layer.features}


def _beyond(name: str, wanted: Sizes, got: Sizes, own: StoredLayer) -> Finding | None:
    if wanted.allow(got.least):
        return None
    return Finding("size-out-of-range", f"{own.name}", f"{wanted}", f"a {name} of {got.least:,}")


def _takes_bias(layer: Weighted, own: StoredLayer) -> bool:
    assert isinstance(layer, Conv2d | Linear)  # noqa: S101 - normalisations are apart
    return "bias" in own.arrays if layer.bias == ANY else bool(layer.bias)


def _statistics(layer: BatchNorm, own: StoredLayer) -> Mapping[str, Shape]:
    shape = own.arrays["running_mean"].shape
    names = (*(("weight", "bias") if layer.affine else ()), "running_mean", "running_var")
    return dict.fromkeys(names, shape)


def _arrays(own: StoredLayer, wanted: Mapping[str, Shape]) -> Iterator[Finding]:
    """What of a layer's arrays is missing, extra or of another shape than its other arrays tell."""
    for name, shape in wanted.items():
        if name not in own.arrays:
            yield Finding("missing-array", f"{own.name}.{name}", str(shape), ", ".join(own.arrays))
        elif own.arrays[name].shape != shape:
            yield Finding("shape-mismatch", f"{own.name}.{name}", str(shape), str(own.arrays[name].shape))
    for name in own.arrays:
        if name not in wanted:
            yield Finding("extra-array", f"{own.name}.{name}", ", ".join(wanted), str(own.arrays[name].shape))
