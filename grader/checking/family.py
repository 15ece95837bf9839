"""Which network of a family a file's weights are for: told by their shapes, whatever their names are."""

from collections.abc import Iterator, Mapping, Sequence

from grader import limits, messages
from grader.checking.architecture import capped
from grader.checking.fit import Fit, cast_notes, names_of
from grader.checking.orders import Pools, in_given_order, others
from grader.checking.readings import Reading, pick, walk
from grader.checking.stored_kinds import Kind, by_kind, kind_needed, kind_of
from grader.errors import Finding
from grader.facts import AnyArray, Note, Slot, StoredLayer, StoredWeights
from grader.networks.torch_layer import LayerError
from grader.networks.torch_plan import TorchPlan, network_of


def fit(stored: StoredWeights, plan: TorchPlan) -> Fit:
    """The network of the family that the file's weights are for, with every problem up to a cap, and what was derived."""
    if len(stored.layers) > limits.MAX_MATCH_LAYERS:
        return _unfit(stored, [Finding("layer-count", expected=str(len(plan.weighted)), got=str(len(stored.layers)))])
    pools = by_kind(stored)
    if problems := [*_strangers(pools[None]), *_counts(plan, pools)]:
        return _unfit(stored, problems)
    owns = in_given_order(plan, pools)
    way, notes = walk(plan, owns), []
    if not stored.ordered and len(owns) > len(set(map(kind_of, owns))):
        notes = [messages.note("order-of-names", got=_names(owns))]
    if way.problems and (found := others(plan, pools)):
        if len(found) > 1:
            return _unfit(
                stored,
                [*way.problems, Finding("several-orders", got=_names(found[0][0]), expected=_names(found[1][0]))],
            )
        ((owns, way),) = found
        notes = [messages.note("reordered", got=_names(owns))]
    if way.problems or len(way.readings) != 1:
        return _unfit(stored, way.problems or [_ambiguous(way.readings)])
    return _fitting(plan, owns, way.readings[0], notes)


def _fitting(plan: TorchPlan, owns: Sequence[StoredLayer], reading: Reading, notes: Sequence[Note]) -> Fit:
    try:
        network = network_of(plan.input_shape, reading.layers, plan.names)
    except LayerError as error:
        return Fit(None, (), {}, (Finding("does-not-fit", got=error.message),))
    arrays = _in_slots(network.slots, [name for name, _ in plan.weighted], owns)
    told = [messages.note("derived", got="; ".join(reading.picks))] if reading.picks else []
    return Fit(network, network.slots, arrays, (), (*notes, *told, *cast_notes(arrays)), _derived(plan, reading))


def _derived(plan: TorchPlan, reading: Reading) -> tuple[str, ...]:
    """What was picked, in words that do not depend on how the student's layers are called."""
    both = enumerate(zip(plan.layers, reading.layers, strict=True))
    return tuple(
        pick(f"layer {place}", layer, picked) for place, (layer, picked) in both if len(tuple(layer.variants())) > 1
    )


def _in_slots(slots: Sequence[Slot], names: Sequence[str], owns: Sequence[StoredLayer]) -> Mapping[str, AnyArray]:
    """The arrays of stored layers by the name of their slot, `conv1.weight`."""
    placed = {
        f"{name}.{array}": own.arrays[array] for name, own in zip(names, owns, strict=True) for array in own.arrays
    }
    return {slot.name: placed[slot.name] for slot in slots}


def _unfit(stored: StoredWeights, problems: Sequence[Finding]) -> Fit:
    """No network; the arrays under the file's own names, so that their numbers are looked at all the same."""
    arrays = {f"{layer.name}.{name}": array for layer in stored.layers for name, array in layer.arrays.items()}
    slots = tuple(Slot(name, array.shape) for name, array in arrays.items())
    return Fit(None, slots, arrays, capped(problems))


def _strangers(layers: Sequence[StoredLayer]) -> Iterator[Finding]:
    for layer in layers:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in layer.arrays.items())
        yield Finding("unknown-layer", layer.name, ", ".join(Kind), shapes)


def _counts(plan: TorchPlan, pools: Pools) -> Iterator[Finding]:
    for kind in Kind:
        needed = sum(kind_needed(layer) is kind for _, layer in plan.weighted)
        if len(pools[kind]) != needed:
            got = f"{len(pools[kind])}" + (f" ({_names(pools[kind])})" if pools[kind] else "")
            yield Finding("kind-count", str(kind), str(needed), got)


def _ambiguous(readings: Sequence[Reading]) -> Finding:
    first, second = (", ".join(reading.picks) for reading in readings[:2])
    return Finding("ambiguous", expected=first, got=second)


def _names(layers: Sequence[StoredLayer]) -> str:
    return names_of([layer.name for layer in layers])
