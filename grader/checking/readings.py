"""The networks of a family that stored layers could be, given which layer each of them is."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from grader.checking.layer_sizes import size
from grader.errors import Finding
from grader.facts import Shape, StoredLayer
from grader.networks.torch_layer import Layer, LayerError, Weighted
from grader.networks.torch_layers import BatchNorm, Flatten, Linear
from grader.networks.torch_plan import TorchPlan
from grader.networks.torch_pools import Identity, Pool
from grader.networks.torch_windows import Conv2d

MAX_TOLD = 4  # readings in one sentence


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read what is left open: the layers so far, what they give, and each choice in words.

    `flattened` is the image whose numbers are the features, until a dense layer mixes them; `effects` is what the
    choices come to, so that two of them which compute the same are one reading.
    """

    shape: Shape
    layers: tuple[Layer, ...] = ()
    picks: tuple[str, ...] = ()
    flattened: Shape | None = None
    effects: tuple[object, ...] = ()


@dataclass(slots=True)
class Walk:
    """The way through a family's layers with stored weights in their places.

    `readings` is empty once the shapes leave none; what can still be said about later layers is said nevertheless.
    """

    readings: list[Reading]
    channels: int
    problems: list[Finding] = field(default_factory=list)
    last: StoredLayer | None = None


def walk(plan: TorchPlan, owns: Sequence[StoredLayer]) -> Walk:
    """All readings in which the shapes chain, and every problem. `owns` stand in the order of the plan's weighted layers."""
    way = Walk([Reading(plan.input_shape)], plan.input_shape[0])
    stored = iter(owns)
    for label, layer in zip(_labels(plan), plan.layers, strict=True):
        if not isinstance(layer, Weighted):
            _advance(way, layer, label)
            continue
        own = next(stored)
        sized, problems = size(layer, own)
        way.problems += problems
        _check(way, sized, own)
        _advance(way, sized, own.name)
        if not isinstance(sized, BatchNorm):
            way.channels, way.last = own.arrays["weight"].shape[0], own
    return way


def _labels(plan: TorchPlan) -> list[str]:
    """How each layer is called in a sentence: max_pool2d, or the second max_pool2d."""
    kinds = [layer.kind for layer in plan.layers]
    labels: list[str] = []
    for place, layer in enumerate(plan.layers):
        number = f" {kinds[:place].count(layer.kind) + 1}" if kinds.count(layer.kind) > 1 else ""
        labels.append(layer.name or f"{layer.kind}{number}")
    return labels


def _check(way: Walk, layer: Weighted, own: StoredLayer) -> None:
    """Whether a layer's weights take what the layers before give; else there is no reading any more."""
    if isinstance(layer, BatchNorm):
        _check_width(way, own, own.arrays["running_mean"].shape[0], "channels")
    elif isinstance(layer, Linear):
        _check_inputs(way, own)
    elif isinstance(layer, Conv2d):
        filters, inputs = own.arrays["weight"].shape[:2]
        groups = layer.groups_of(way.channels)
        _check_width(way, own, inputs * groups, "channels")
        if filters % groups:
            _end(way, Finding("uneven-groups", own.name, f"{groups:,}", f"{filters:,}"))


def _check_width(way: Walk, own: StoredLayer, inputs: int, what: str) -> None:
    if inputs != way.channels:
        before = f"{way.last.name} gives" if way.last else "the images have"
        _end(way, Finding("chain", own.name, f"{before} {way.channels:,}", f"{inputs:,} {what}"))


def _check_inputs(way: Walk, own: StoredLayer) -> None:
    """Keeps the readings that give as many features as a dense layer takes."""
    inputs = own.arrays["weight"].shape[1]
    if way.last is not None and way.last.arrays["weight"].ndim == 2:
        _check_width(way, own, inputs, "inputs")
        return
    fitting = [reading for reading in way.readings if reading.shape == (inputs,)]
    if way.readings and not fitting:
        way.problems.append(Finding("chain", own.name, _flattened(way.readings), f"{inputs:,} inputs"))
    way.readings = fitting


def _flattened(readings: Sequence[Reading]) -> str:
    """What an image comes to as features, in words: `the convolutions give 8,464 = 16 x 23 x 23`."""
    ways: dict[str, list[str]] = {}
    for each in readings:
        ways.setdefault(f"{each.shape[0]:,} = {by(each.flattened)}", []).append(", ".join(each.picks))
    if len(ways) == 1:
        return f"the convolutions give {next(iter(ways))}"
    told = [f"{result} ({' or '.join(picks[:MAX_TOLD])})" for result, picks in ways.items()]
    return f"the convolutions give {'; or '.join(told[:MAX_TOLD])}"


def by(sizes: Sequence[int] | None) -> str:
    """Sizes in words: 16 x 23 x 23."""
    return " x ".join(map(str, sizes or ()))


def _end(way: Walk, finding: Finding) -> None:
    way.problems.append(finding)
    way.readings = []


def _advance(way: Walk, layer: Layer, name: str) -> None:
    """Follows each reading through each variant of a layer; those that come to the same are one."""
    found: dict[object, Reading] = {}
    errors: list[LayerError] = []
    variants = tuple(layer.variants())
    for reading in way.readings:
        for variant in variants:
            try:
                after = _through(reading, variant, pick(name, layer, variant) if len(variants) > 1 else None)
            except LayerError as error:
                errors.append(error)
            else:
                found.setdefault(after.effects, after)
    if way.readings and not found:
        way.problems.append(Finding("does-not-fit", name, got=errors[0].message))
    way.readings = list(found.values())


def _through(reading: Reading, layer: Layer, picked: str | None) -> Reading:
    """A reading after one more layer, `picked` from several variants or the only one. Raises LayerError."""
    flattened = reading.flattened
    if isinstance(layer, Linear):
        flattened = None
    elif isinstance(layer, Flatten) and len(reading.shape) > 1:
        flattened = reading.shape
    return Reading(
        layer.shape_after(reading.shape),
        (*reading.layers, layer),
        (*reading.picks, picked) if picked else reading.picks,
        flattened,
        (*reading.effects, _effect(layer, reading.shape)),
    )


def _effect(layer: Layer, shape: Shape) -> object:
    """What a layer's choices come to on an image of that shape."""
    if isinstance(layer, Conv2d | Pool):
        size = layer.size if isinstance(layer, Conv2d) else layer.kernel[0]
        return layer.kind, size, layer.stride, layer.spans((shape[1], shape[2])), _dilation(layer)
    return None


def _dilation(layer: Conv2d | Pool) -> object:
    return layer.dilation if isinstance(layer, Conv2d) and layer.size != (1, 1) else None


def pick(name: str, layer: Layer, variant: Layer) -> str:
    """A variant of a layer in words: `conv1 with padding 0`."""
    if isinstance(variant, Identity):
        return f"{name} left out"
    left_open = [option for option in layer.choices if len(getattr(layer, option) or ("",)) > 1]
    told = [f"{option} {_short(getattr(variant, option)[0])}" for option in left_open]
    return f"{name} with {', '.join(told)}" if told else f"{name} there"


def _short(value: object) -> str:
    """3 for (3, 3), 3x5 for (3, 5), same."""
    sizes = value if isinstance(value, tuple) else (value,)
    return "x".join(str(size) for size in dict.fromkeys(sizes))
