"""Keras layers that mix or normalise features: Dense, BatchNormalization, LayerNormalization."""

from math import prod

import numpy as np

from grader.facts import Slot, SlotRole
from grader.networks.draft import Draft, Value
from grader.networks.keras_elementwise import activation_option
from grader.networks.keras_options import Options
from grader.networks.keras_windows import bias, own

EPSILON = 1e-3  # both normalisations' default


def dense(options: Options, draft: Draft, value: Value) -> Value:
    """Dense, on features or on the last axis of whatever comes."""
    units, inputs = options.whole("units"), value.shape[-1]
    positions = prod(value.shape[:-1])
    slots = [Slot(f"{options.name}/kernel", (inputs, units), positions=positions), *bias(options, units)]
    names = own(options, draft, "dense", slots)
    if len(value.shape) == 1:
        mixed = draft.node("Gemm", value.tensor, *names)
    else:
        mixed = draft.node("MatMul", draft.straight(value).tensor, names[0])
        for name in names[1:]:
            mixed = draft.node("Add", mixed, name)
    return activation_option(options, draft, Value(mixed, (*value.shape[:-1], units)))


def batch_normalization(options: Options, draft: Draft, value: Value) -> Value:
    """BatchNormalization along the channels, first or last."""
    rank = len(value.shape)
    axis = options.axis(rank)
    if axis not in (1, rank) or (rank == 2 and axis == 2):
        raise options.error(f"axis {axis} is not supported for an input of shape {value.shape}; only the channels' is")
    shape = (value.shape[axis - 1],)
    scale = Slot(f"{options.name}/gamma", shape) if options.flag("scale", default=True) else None
    shift = Slot(f"{options.name}/beta", shape) if options.flag("center", default=True) else None
    buffers = [Slot(f"{options.name}/{name}", shape, SlotRole.BUFFER) for name in ("moving_mean", "moving_variance")]
    own(options, draft, "batch_normalization", [slot for slot in (scale, shift) if slot] + buffers)
    inputs = [
        scale.name if scale else draft.constant(np.ones(shape)),
        shift.name if shift else draft.constant(np.zeros(shape)),
        *(slot.name for slot in buffers),
    ]
    if rank == 3:
        value = draft.turned(value) if axis == rank else draft.straight(value)
    return draft.through(value, "BatchNormalization", *inputs, epsilon=options.number("epsilon", EPSILON))


def layer_normalization(options: Options, draft: Draft, value: Value) -> Value:
    """LayerNormalization over the last axis, or over all axes from one on."""
    shape = value.shape[_first_axis(options, len(value.shape)) - 1 :]
    scale = Slot(f"{options.name}/gamma", shape) if options.flag("scale", default=True) else None
    shift = Slot(f"{options.name}/beta", shape) if options.flag("center", default=True) else None
    slots = [slot for slot in (scale, shift) if slot]
    if slots:
        own(options, draft, "layer_normalization", slots)
    inputs = [
        scale.name if scale else draft.constant(np.ones(shape)),
        shift.name if shift else draft.constant(np.zeros(shape)),
    ]
    epsilon = options.number("epsilon", EPSILON)
    return draft.through(draft.straight(value), "LayerNormalization", *inputs, axis=-len(shape), epsilon=epsilon)


def _first_axis(options: Options, rank: int) -> int:
    """The first of the axes that are normalised together, which have to be the last ones."""
    given = options.take("axis", -1)
    axes = list(given) if isinstance(given, list | tuple) else [given]
    found = sorted(axis % (rank + 1) for axis in axes if type(axis) is int and axis and -rank <= axis <= rank)
    if found and len(found) == len(axes) and found == list(range(found[0], rank + 1)):
        return int(found[0])
    raise options.error(f"axis {given!r} is not supported; the last axis, or all from one on, is needed")
