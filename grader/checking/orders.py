"""Which stored layer is which of a family's: the file's order, or the only other one in which all shapes chain."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from grader import limits
from grader.checking.layer_sizes import size
from grader.checking.readings import Walk, walk
from grader.checking.stored_kinds import Kind, kind_needed
from grader.facts import StoredLayer
from grader.networks.torch_layers import BatchNorm, Linear
from grader.networks.torch_plan import TorchPlan
from grader.networks.torch_windows import Conv2d

Pools = Mapping[Kind | None, Sequence[StoredLayer]]


def in_given_order(plan: TorchPlan, pools: Pools) -> list[StoredLayer]:
    """A stored layer for each weighted layer of the plan, each kind in its order. There are as many of each as needed."""
    left = {kind: iter(layers) for kind, layers in pools.items()}
    return [next(left[kind_needed(layer)]) for _, layer in plan.weighted]


def others(plan: TorchPlan, pools: Pools) -> list[tuple[list[StoredLayer], Walk]]:
    """Orders within the kinds in which everything fits; no more than two, since with two it is not told which."""
    found: list[tuple[list[StoredLayer], Walk]] = []
    for owns in _chains(plan, _Search({kind: list(layers) for kind, layers in pools.items()})):
        way = walk(plan, owns)
        if way.readings and not way.problems:
            found.append((owns, way))
            if len(found) == 2:
                break
    return found


@dataclass(slots=True)
class _Search:
    left: dict[Kind | None, list[StoredLayer]]
    taken: list[StoredLayer] = field(default_factory=list)
    steps: int = 0


def _chains(plan: TorchPlan, search: _Search, width: int | None = None) -> Iterator[list[StoredLayer]]:
    """Orders in which each layer takes what the one before gives; `width` is that, after the first layer."""
    if len(search.taken) == len(plan.weighted):
        yield list(search.taken)
        return
    _, layer = plan.weighted[len(search.taken)]
    before = plan.input_shape[0] if width is None else width
    pool = search.left[kind_needed(layer)]
    for at, own in enumerate(list(pool)):
        search.steps += 1
        if search.steps > limits.MAX_ORDER_STEPS:
            return
        if size(layer, own).problems or not _takes(layer, own, search.taken, before):
            continue
        search.taken.append(pool.pop(at))
        yield from _chains(plan, search, before if isinstance(layer, BatchNorm) else own.arrays["weight"].shape[0])
        pool.insert(at, search.taken.pop())


def _takes(layer: object, own: StoredLayer, taken: Sequence[StoredLayer], before: int) -> bool:
    """Whether a stored layer can follow: exactly, but for the first dense layer after an image of unknown size."""
    if isinstance(layer, BatchNorm):
        return bool(own.arrays["running_mean"].shape[0] == before)
    inputs: int = own.arrays["weight"].shape[1]
    if isinstance(layer, Conv2d):
        return bool(inputs * layer.groups_of(before) == before)
    dense = isinstance(layer, Linear) and any(
        each.arrays.get("weight", own.arrays["weight"]).ndim == 2 for each in taken
    )
    return inputs == before if dense else inputs % before == 0
