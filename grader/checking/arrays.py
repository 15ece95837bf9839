"""The arrays of one layer in their slots."""

from collections.abc import Iterator, Sequence

from grader.checking.alignment import align
from grader.errors import Finding
from grader.facts import AnyArray, NetworkLayer, Shape, Slot, StoredLayer

KNOWN_NAMES = frozenset(
    {"kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance", "depthwise_kernel", "pointwise_kernel"}
    | {"recurrent_kernel", "embeddings", "alpha"}
)
"""What Keras calls the arrays of a layer."""


def shapes_of(layer: NetworkLayer | StoredLayer) -> tuple[Shape, ...]:
    """The shapes of a layer's arrays in their order."""
    if isinstance(layer, NetworkLayer):
        return tuple(slot.shape for slot in layer.slots)
    return tuple(array.shape for array in layer.arrays.values())


def axes_of(layer: NetworkLayer | StoredLayer) -> int:
    """The most axes that an array of a layer has: four in a convolution of images."""
    return max(map(len, shapes_of(layer)), default=0)


def distance(layer: NetworkLayer, own: StoredLayer) -> float | None:
    """0 for the same shapes, up to 1 for layers that could be meant for each other, None for those that could not."""
    wanted, got = shapes_of(layer), shapes_of(own)
    if wanted == got:
        return 0.0
    if axes_of(layer) != axes_of(own):
        return None
    return 0.5 if any(shape in got for shape in wanted if len(shape) > 1) else 1.0


def match_arrays(layer: NetworkLayer, own: StoredLayer, arrays: dict[str, AnyArray]) -> Iterator[Finding]:
    """Puts a layer's arrays into `arrays` by slot name and yields what does not fit.

    By name where both sides use the framework's own names, as PyTorch always does, else by order.
    """
    for slot, name in _partners(layer, own):
        if slot and name is not None:
            array = own.arrays[name]
            if array.shape == slot.shape:
                arrays[slot.name] = array
            else:
                yield _misshapen(slot, layer, own, array.shape)
        elif slot:
            yield Finding("missing-array", _where(slot, layer, own), str(slot.shape), ", ".join(own.arrays))
        elif name is not None:
            expected = ", ".join(leaf(slot, layer) for slot in layer.slots)
            where = f"{own.name}{separator(layer)}{name}"
            yield Finding("extra-array", where, expected, str(own.arrays[name].shape))


def _partners(layer: NetworkLayer, own: StoredLayer) -> Iterator[tuple[Slot | None, str | None]]:
    slots = layer.slots
    wanted = {_spelling(leaf(slot, layer), [leaf(other, layer) for other in slots]): slot for slot in slots}
    found = {_spelling(name, list(own.arrays)): name for name in own.arrays}
    if separator(layer) == "." or KNOWN_NAMES.issuperset([*wanted, *found]):
        for name in dict.fromkeys([*wanted, *found]):
            yield wanted.get(name), found.get(name)
        return
    names = list(own.arrays)
    for i, j in align(slots, names, lambda slot, name: float(own.arrays[name].shape != slot.shape)):
        yield None if i is None else slots[i], None if j is None else names[j]


def _spelling(name: str, siblings: Sequence[str]) -> str:
    """One spelling for a depthwise layer's kernel, which Keras 2 calls `depthwise_kernel` and Keras 3 `kernel`."""
    separable = "pointwise_kernel" in siblings
    return "kernel" if name == "depthwise_kernel" and not separable else name


def _misshapen(slot: Slot, layer: NetworkLayer, own: StoredLayer, shape: Shape) -> Finding:
    turned = len(shape) > 1 and sorted(shape) == sorted(slot.shape)
    turned_code = "axes-order-torch" if separator(layer) == "." else "axes-order"
    return Finding(turned_code if turned else "shape-mismatch", _where(slot, layer, own), str(slot.shape), str(shape))


def _where(slot: Slot, layer: NetworkLayer, own: StoredLayer) -> str:
    theirs = f"{own.name}{separator(layer)}{leaf(slot, layer)}"
    return slot.name if layer.name == own.name else f"{slot.name} (yours: {theirs})"


def leaf(slot: Slot, layer: NetworkLayer) -> str:
    """What an array is called within its layer; a layer of PyTorch may have dots in its own name."""
    return slot.name[len(layer.name) + 1 :]


def separator(layer: NetworkLayer) -> str:
    """What stands between a layer's and an array's name: a slash in Keras, a dot in PyTorch."""
    return layer.slots[0].name[len(layer.name)]
