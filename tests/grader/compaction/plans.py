"""Random networks that are drawn twice, narrow and wide: the wide one has units more, and each of those is dead.

The narrow network's arrays are drawn first and laid into the wide ones, so that what the wide one has to be compacted to
is known without any compaction. A dead unit gives zero on every image, or gives something that nobody takes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod

import numpy as np
import numpy.typing as npt

from grader.facts import FloatArray, Shape, Slot, SlotRole, Weights
from grader.networks.draft import Draft, Value
from grader.networks.graph import Network
from grader.networks.shapes import Pair

CLASSES = 5
ACTIVATIONS = ("Relu", "Tanh", "LeakyRelu", "Softsign", "HardSwish", "swish")  # all of them give zero for zero
Units = tuple[str, ...]
"""Names of layers whose units lie one after the other along an axis; "" stands for what never changes."""


@dataclass(frozen=True)
class Axis:
    """An axis of a slot: whose units it has, how many places each of them takes, and whether it makes or takes them."""

    units: Units
    repeat: int = 1
    takes: bool = False


@dataclass(frozen=True)
class Flow:
    """A tensor on its way, and whose units its channels are."""

    tensor: str
    units: Units
    size: Pair
    flat: bool = False


@dataclass
class Drawing:
    """A network that is being drawn with so many units for each layer, and what its slots' axes are."""

    widths: Mapping[str, int]
    draft: Draft
    axes: dict[str, tuple[Axis, ...]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)

    def own(self, name: str, kind: str, slots: Sequence[Slot], *axes: tuple[Axis, ...]) -> list[str]:
        self.draft.own(name, kind, slots)
        self.order.append(name)
        self.axes |= dict(zip([slot.name for slot in slots], axes, strict=True))
        return [slot.name for slot in slots]

    def width(self, units: Units) -> int:
        return sum(self.widths[each] for each in units)


def convolved(
    drawing: Drawing, flow: Flow, name: str, units: str, *, size: int, padding: int, bias: bool, depthwise: bool = False
) -> Flow:
    """A convolution whose filters are `units`; a depthwise one has a filter for each channel that comes."""
    made = flow.units if depthwise else (units,)
    filters, channels = drawing.width(made), 1 if depthwise else drawing.width(flow.units)
    height, width = (length + 2 * padding - size + 1 for length in flow.size)
    taken = Axis(("",)) if depthwise else Axis(flow.units, takes=True)
    window = (Axis(("",), size), Axis(("",), size))
    slots = [Slot(f"{name}.weight", (filters, channels, size, size), positions=height * width)]
    axes: list[tuple[Axis, ...]] = [(Axis(made), taken, *window)]
    if bias:
        slots.append(Slot(f"{name}.bias", (filters,)))
        axes.append((Axis(made),))
    names = drawing.own(name, "conv2d", slots, *axes)
    tensor = drawing.draft.node(
        "Conv",
        flow.tensor,
        *names,
        covers=flow.size,
        kernel_shape=[size, size],
        strides=[1, 1],
        dilations=[1, 1],
        pads=[padding] * 4,
        group=filters if depthwise else 1,
    )
    return Flow(tensor, made, (height, width))


def normalised(drawing: Drawing, flow: Flow, name: str) -> Flow:
    count, axis = drawing.width(flow.units), (Axis(flow.units),)
    slots = [
        Slot(f"{name}.weight", (count,)),
        Slot(f"{name}.bias", (count,)),
        Slot(f"{name}.running_mean", (count,), SlotRole.BUFFER),
        Slot(f"{name}.running_var", (count,), SlotRole.BUFFER),
    ]
    names = drawing.own(name, "batch_normalization", slots, axis, axis, axis, axis)
    tensor = drawing.draft.node("BatchNormalization", flow.tensor, *names, epsilon=1e-5)
    return Flow(tensor, flow.units, flow.size)


def dense(drawing: Drawing, flow: Flow, name: str, units: str, *, turned: bool = True) -> Flow:
    """A dense layer on features, or on an image that is flattened first; `turned` as PyTorch stores its kernel."""
    repeat = flow.size[0] * flow.size[1]
    flow = flow if flow.flat else flattened(drawing, flow)
    inputs, outputs = drawing.width(flow.units) * repeat, drawing.width((units,))
    axes = (Axis((units,)), Axis(flow.units, repeat, takes=True))
    shape: Shape = (outputs, inputs) if turned else (inputs, outputs)
    kernel = Slot(f"{name}.weight", shape, positions=1, permutation=(1, 0) if turned else None)
    slots = [kernel, Slot(f"{name}.bias", (outputs,))]
    names = drawing.own(name, "dense", slots, axes if turned else axes[::-1], (Axis((units,)),))
    return Flow(drawing.draft.node("Gemm", flow.tensor, *names), (units,), (1, 1), flat=True)


def flattened(drawing: Drawing, flow: Flow) -> Flow:
    return Flow(drawing.draft.node("Flatten", flow.tensor, axis=1), flow.units, (1, 1), flat=True)


def activated(drawing: Drawing, flow: Flow, kind: str) -> Flow:
    if kind == "swish":
        share = drawing.draft.node("Sigmoid", flow.tensor)
        return replace(flow, tensor=drawing.draft.node("Mul", flow.tensor, share))
    if kind == "LeakyRelu":
        return replace(flow, tensor=drawing.draft.node(kind, flow.tensor, alpha=0.1))
    return replace(flow, tensor=drawing.draft.node(kind, flow.tensor))


def pooled(drawing: Drawing, flow: Flow, kind: str) -> Flow:
    if kind.startswith("Global"):
        return Flow(drawing.draft.node(kind, flow.tensor), flow.units, (1, 1))
    size = (flow.size[0] // 2, flow.size[1] // 2)
    tensor = drawing.draft.node(
        kind, flow.tensor, covers=flow.size, kernel_shape=[2, 2], strides=[2, 2], pads=[0, 0, 0, 0]
    )
    return Flow(tensor, flow.units, size)


def excited(drawing: Drawing, flow: Flow, name: str) -> Flow:
    """Each channel times a share that a small network makes of all channels' means (Hu et al. 2018)."""
    units = flow.units[0]
    inner = dense(drawing, pooled(drawing, flow, "GlobalAveragePool"), f"{name}a", f"{name}a")
    inner = activated(drawing, inner, "Relu")
    outer = drawing.draft.node("Sigmoid", dense(drawing, inner, f"{name}b", units).tensor)
    shape = drawing.draft.constant([0, drawing.width((units,)), 1, 1], np.int64)
    shares = drawing.draft.node("Reshape", outer, shape)
    return Flow(drawing.draft.node("Mul", flow.tensor, shares), flow.units, flow.size)


def drawn(seed: int, widths: Mapping[str, int], make: "Plan") -> tuple[Network, Drawing]:
    """The network of a plan with so many units for each layer."""
    drawing = Drawing({"": 1, "image": 2, "classes": CLASSES} | dict(widths), Draft((2, 9, 8)))
    logits = make.draw(np.random.default_rng(seed), drawing)
    network = drawing.draft.finish("drawn", Value(logits.tensor, (CLASSES,)), drawing.order, channels_first=True)
    return network, drawing


@dataclass(frozen=True)
class Plan:
    """How a network is drawn: so many blocks, each of a kind that the seed gives."""

    blocks: int

    def draw(self, random: np.random.Generator, drawing: Drawing) -> Flow:
        flow = Flow(drawing.draft.images.tensor, ("image",), (9, 8))
        for place in range(self.blocks):
            flow = self._block(random, drawing, flow, f"b{place}")
        if random.random() < 0.3:
            flow = pooled(drawing, flow, ("GlobalAveragePool", "GlobalMaxPool")[random.integers(2)])
        if random.random() < 0.7:
            hidden = dense(drawing, flow, "hidden", "hidden", turned=bool(random.integers(2)))
            flow = activated(drawing, hidden, ACTIVATIONS[random.integers(len(ACTIVATIONS))])
        return dense(drawing, flow, "out", "classes", turned=bool(random.integers(2)))

    def _block(self, random: np.random.Generator, drawing: Drawing, flow: Flow, name: str) -> Flow:
        flow = self._stage(random, drawing, flow, name, name)
        kind = random.choice(["plain", "residual", "concat", "depthwise", "excited"])
        if kind == "residual":
            other = self._stage(random, drawing, flow, f"{name}r", name, same=True)
            flow = Flow(drawing.draft.node("Add", flow.tensor, other.tensor), flow.units, flow.size)
        elif kind == "concat":
            other = self._stage(random, drawing, flow, f"{name}c", f"{name}c", same=True)
            flow = Flow(
                drawing.draft.node("Concat", flow.tensor, other.tensor, axis=1), flow.units + other.units, flow.size
            )
        elif kind == "depthwise":
            flow = convolved(drawing, flow, f"{name}d", name, size=3, padding=1, bias=True, depthwise=True)
        elif kind == "excited":
            flow = excited(drawing, flow, f"{name}e")
        if min(flow.size) >= 4 and random.random() < 0.4:
            flow = pooled(drawing, flow, ("MaxPool", "AveragePool")[random.integers(2)])
        return flow

    def _stage(
        self, random: np.random.Generator, drawing: Drawing, flow: Flow, name: str, units: str, *, same: bool = False
    ) -> Flow:
        size = 3 if min(flow.size) >= 3 and random.random() < 0.7 else 1
        padding = size // 2 if same or random.random() < 0.5 else 0
        bias = random.random() < 0.6
        flow = convolved(drawing, flow, name, units, size=size, padding=padding, bias=bias)
        if random.random() < 0.4:
            flow = normalised(drawing, flow, f"{name}n")
        return activated(drawing, flow, ACTIVATIONS[random.integers(len(ACTIVATIONS))])


@dataclass(frozen=True)
class Twins:
    """A narrow network and a wide one that computes the same, each with its weights."""

    narrow: Network
    small: Weights
    wide: Network
    large: Weights


Places = npt.NDArray[np.int64]


def twins(seed: int, *, constants: bool = False) -> Twins:
    """A narrow network and the wide one with dead units among its own.

    With `constants` a unit that would give zero has a bias instead, so that the wide network computes something else.
    """
    random = np.random.default_rng(seed)
    plan = Plan(int(random.integers(1, 4)))
    names = _names(seed, plan)
    few = {name: int(random.integers(1, 5)) for name in names}
    many = {name: few[name] + int(random.integers(0, 4)) for name in names}
    narrow, drawing = drawn(seed, few, plan)
    wide, _ = drawn(seed, many, plan)
    fixed = {"": 1, "image": 2, "classes": CLASSES}
    alive = {name: np.sort(random.permutation(many[name])[: few[name]]) for name in names}
    alive |= {name: np.arange(size) for name, size in fixed.items()}
    silent = {name: random.random(size) < 0.6 for name, size in (many | fixed).items()}  # of the dead: gives zero
    small = {slot.name: _numbers(random, slot) for slot in narrow.slots}
    large = {
        slot.name: _laid(random, slot, small[slot.name], drawing.axes[slot.name], alive, silent) for slot in wide.slots
    }
    for name in large if constants else ():
        if name.endswith(".bias"):
            large[name] = np.where(large[name] == 0, random.normal(0, 1, large[name].shape), large[name]).astype("<f4")
    return Twins(narrow, small, wide, large)


def _names(seed: int, plan: Plan) -> list[str]:
    class Ones(dict[str, int]):
        def __missing__(self, name: str) -> int:
            return self.setdefault(name, 1)

    ones = Ones({"": 1, "image": 2, "classes": CLASSES})
    plan.draw(np.random.default_rng(seed), Drawing(ones, Draft((2, 9, 8))))
    return [name for name in ones if name not in ("", "image", "classes")]


def _numbers(random: np.random.Generator, slot: Slot) -> FloatArray:
    numbers = random.normal(0, prod(slot.shape[1:]) ** -0.5, slot.shape).astype(np.float32)
    return np.abs(numbers) + np.float32(0.1) if slot.name.endswith("running_var") else numbers


def _laid(
    random: np.random.Generator,
    slot: Slot,
    small: FloatArray,
    axes: tuple[Axis, ...],
    alive: Mapping[str, Places],
    silent: Mapping[str, npt.NDArray[np.bool_]],
) -> FloatArray:
    """A wide array: the narrow one at the places that live, zeros where death asks for them, anything elsewhere."""
    wide = _numbers(random, slot)
    for axis, each in enumerate(axes):
        for units, places in zip(each.units, _starts(each, silent), strict=True):
            dead = np.setdiff1d(np.arange(len(silent[units])), alive[units])
            wanted = dead[~silent[units][dead]] if each.takes else dead[silent[units][dead]]
            for unit in wanted if slot.role is SlotRole.PARAMETER else ():
                part = slice(places + unit * each.repeat, places + (unit + 1) * each.repeat)
                wide[tuple(part if at == axis else slice(None) for at in range(wide.ndim))] = 0
    wide[np.ix_(*(_alive(each, alive, silent) for each in axes))] = small
    return wide


def _starts(axis: Axis, every: Mapping[str, npt.NDArray[np.bool_]]) -> list[int]:
    sizes = [len(every[units]) * axis.repeat for units in axis.units]
    return [sum(sizes[:place]) for place in range(len(sizes))]


def _alive(axis: Axis, alive: Mapping[str, Places], every: Mapping[str, npt.NDArray[np.bool_]]) -> Places:
    """The places of an axis that the narrow network has, too."""
    return np.concatenate(
        [
            start + (alive[units][:, None] * axis.repeat + np.arange(axis.repeat)).ravel()
            for units, start in zip(axis.units, _starts(axis, every), strict=True)
        ]
    )
