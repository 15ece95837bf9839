"""Operators that put together elements of the same place: what they meet in stays or goes as one."""

from collections.abc import Sequence

import numpy as np

from grader.compaction.trace import Node, Trace, Traced, in_range, unknown
from grader.compaction.units import PINNED, Ids, Mask
from grader.compaction.views import Floats, cores, first_along, spread, varying
from grader.evaluating.operators import OPERATORS
from grader.facts import AnyArray, Shape


def elementwise(trace: Trace, node: Node) -> Traced:
    """An operator on one tensor or several, with numbers of the architecture or a slot."""
    operands = [trace.operand(name) for name in node.inputs]
    shape = np.broadcast_shapes(*(each.shape for each in operands))
    ids = _joined(trace, [trace.tensors[name].ids for name in node.inputs if name in trace.tensors], shape)
    for name in node.inputs:
        if name in trace.slots:
            _follow_aligned(trace, name, ids)
    views = [np.broadcast_to(each, shape) for each in operands]
    return Traced(ids, np.broadcast_to(_values(node, cores(views)), shape))


def _follow_aligned(trace: Trace, slot: str, ids: Ids) -> None:
    """Cuts a slot that is broadcast to a tensor along the axis along which the tensor is cut."""
    axes, sizes = varying(ids), trace.kernel(slot).shape
    if len(axes) > 1:
        trace.units.pin(ids)
        return
    for axis in axes:
        place = axis - ids.ndim + len(sizes)
        if place >= 0 and sizes[place] > 1:
            trace.follow(slot, place, first_along(ids, axis), own=True)


def _values(node: Node, operands: Sequence[AnyArray]) -> Floats:
    """The constants that come out: of constants alone, and of a product with zero."""
    with np.errstate(all="ignore"):
        result = in_range(np.asarray(OPERATORS[node.operator](operands, node.attributes)))
    lost = np.logical_or.reduce(np.broadcast_arrays(*(np.isnan(each) for each in operands)))
    values = np.where(lost, np.nan, result)
    if node.operator == "Mul":
        values = np.where((operands[0] == 0) | (operands[1] == 0), 0.0, values)
    return values


def _joined(trace: Trace, every: Sequence[Ids], shape: Shape) -> Ids:
    """The units of what is made of several tensors; those of one that is repeated may only be needed."""
    whole = [ids for ids in every if ids.shape == shape]
    if not whole:
        for ids in every:
            trace.units.pin(ids)
        return np.broadcast_to(np.int64(PINNED), shape)
    first = whole[0]
    if len(every) == 1:
        return first
    axes = varying(first)
    for ids in every:
        if all(ids.shape[axis] == shape[axis] for axis in axes):
            trace.units.tie(*cores([np.broadcast_to(ids, shape), first]))
        else:
            _lean(trace, first, ids)
    return first


def _lean(trace: Trace, users: Ids, used: Ids) -> None:
    """Keeps in what is repeated along the axis that is cut."""
    if varying(used):
        trace.units.pin(used)
    trace.units.need(*cores([users, np.broadcast_to(used, users.shape)]))


def normalised_channels(trace: Trace, node: Node) -> Traced:
    """BatchNormalization, each channel by itself; one whose scale is zero is constant, whatever comes in."""
    source = trace.tensors[node.inputs[0]]
    ids, shape = trace.along(source.ids, 1), source.shape
    for name in node.inputs[1:]:
        if name in trace.slots:
            trace.follow(name, 0, ids, own=True)
    scale, shift, mean, variance = (trace.operand(name) for name in node.inputs[1:])
    (core,) = cores([source.values], kept=1)
    with np.errstate(all="ignore"):
        values = OPERATORS["BatchNormalization"]([core, scale, shift, mean, variance], node.attributes)
    level: Mask = (scale == 0) & (variance + node.attributes["epsilon"] > 0)
    values = np.where(spread(level, 1, values.shape), spread(shift, 1, values.shape), values)
    return Traced(spread(ids, 1, shape), np.broadcast_to(in_range(values), shape))


def normalised_together(trace: Trace, node: Node) -> Traced:
    """Softmax along an axis, LayerNormalization over the last ones: units that share a sum stay in."""
    source = trace.tensors[node.inputs[0]]
    axis, rank = node.attributes["axis"], len(source.shape)
    over = range(axis % rank, rank) if node.operator == "LayerNormalization" else [axis % rank]
    if set(over) & set(varying(source.ids)):
        trace.units.pin(cores([source.ids])[0])
    (known,) = cores([source.values])
    if np.isnan(known).all():
        return Traced(source.ids, unknown(source.shape))
    with np.errstate(all="ignore"):
        values = OPERATORS[node.operator]([trace.operand(name) for name in node.inputs], node.attributes)
    return Traced(source.ids, in_range(values))
