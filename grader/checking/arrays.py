"""The arrays of one layer in their slots."""

from collections.abc import Iterator, Sequence

from grader.checking.alignment import align
from grader.errors import Finding
from grader.facts import AnyArray, NetworkLayer, Shape, Slot, StoredLayer

KNOWN_NAMES = frozenset(
    {"kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance", "depthwise_kernel", "pointwise_kernel"}
    | {"recurrent_kernel", "embeddings", "alpha"}
)


def shapes_of(layer: NetworkLayer | StoredLayer) -> tuple[Shape, ...]:
    """The shapes of a layer's arrays in their order."""
    if isinstance(layer, NetworkLayer):
        return tuple(slot.shape for slot in layer.slots)
    return tuple(array.shape for array in layer.arrays.values())


def match_arrays(layer: NetworkLayer, own: StoredLayer, arrays: dict[str, AnyArray]) -> Iterator[Finding]:
    """Puts a layer's arrays into `arrays` by slot name and yields what does not fit.

    By name where both sides use Keras' own names, else by order.
    """
    for slot, name in _partners(layer.slots, own):
        if slot and name is not None:
            array = own.arrays[name]
            if array.shape == slot.shape:
                arrays[slot.name] = array
            else:
                yield _misshapen(slot, layer, own, array.shape)
        elif slot:
            yield Finding("missing-array", _where(slot, layer, own), str(slot.shape), ", ".join(own.arrays))
        elif name is not None:
            expected = ", ".join(_leaf(slot) for slot in layer.slots)
            yield Finding("extra-array", f"{own.name}/{name}", expected, str(own.arrays[name].shape))


def _partners(slots: Sequence[Slot], own: StoredLayer) -> Iterator[tuple[Slot | None, str | None]]:
    wanted = {_spelling(_leaf(slot), [_leaf(other) for other in slots]): slot for slot in slots}
    found = {_spelling(name, list(own.arrays)): name for name in own.arrays}
    if KNOWN_NAMES.issuperset([*wanted, *found]):
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
    code = "axes-order" if turned else "shape-mismatch"
    return Finding(code, _where(slot, layer, own), str(slot.shape), str(shape))


def _where(slot: Slot, layer: NetworkLayer, own: StoredLayer) -> str:
    return slot.name if layer.name == own.name else f"{slot.name} (yours: {own.name}/{_leaf(slot)})"


def _leaf(slot: Slot) -> str:
    return slot.name.rpartition("/")[2]
