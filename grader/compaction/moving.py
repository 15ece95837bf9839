"""Operators that move elements about, or work on each channel of an image by itself."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from grader.compaction.trace import Node, Trace, Traced, in_range, unknown
from grader.compaction.units import PINNED
from grader.compaction.views import Floats, cores, spread, uniform, varying
from grader.evaluating.operators import OPERATORS

NEAR = 1e-12
"""What an average of equal numbers may be off by in float64, relative to them."""


def moved(trace: Trace, node: Node) -> Traced:
    """Flatten, Reshape, Slice, Transpose: what happens to the elements happens to their units."""
    source, numbers = trace.tensors[node.inputs[0]], [trace.operand(name) for name in node.inputs[1:]]
    operator = OPERATORS[node.operator]
    return Traced(
        operator([source.ids, *numbers], node.attributes), operator([source.values, *numbers], node.attributes)
    )


def concatenated(trace: Trace, node: Node) -> Traced:
    """Concat; where the parts are cut along another axis than the one along which they are put together, they are one."""
    axis, parts = node.attributes["axis"], [trace.tensors[name] for name in node.inputs]
    first = parts[0].ids
    for part in parts[1:]:
        if axis not in varying(first) and axis not in varying(part.ids):
            trace.units.tie(*cores([first.take([0], axis), part.ids.take([0], axis)]))
    return Traced(
        _put_together([part.ids for part in parts], axis), _put_together([part.values for part in parts], axis)
    )


def _put_together(parts: Sequence[npt.NDArray[Any]], axis: int) -> npt.NDArray[Any]:
    """Arrays along an axis, without memory along those where all of them repeat themselves."""
    whole = np.concatenate(cores(parts, kept=axis), axis)
    return np.broadcast_to(whole, [whole.shape[axis] if at == axis else size for at, size in enumerate(parts[0].shape)])


def by_channel(trace: Trace, node: Node) -> Traced:
    """Pooling, Pad and Resize: each channel of an image by itself, whatever its units are along height and width."""
    source, numbers = trace.tensors[node.inputs[0]], [trace.operand(name) for name in node.inputs[1:]]
    ids, channels = trace.along(source.ids, 1), source.shape[1]
    (core,) = cores([source.values], kept=1)
    known = np.flatnonzero(~np.isnan(core).all(axis=(0, 2, 3)))
    taken = known if len(known) else np.arange(1)
    trace.effort.spend(len(taken) * prod(source.shape[2:]) * prod(node.attributes.get("kernel_shape", ())))
    with np.errstate(all="ignore"):
        result = in_range(OPERATORS[node.operator]([source.values[:, taken], *numbers], node.attributes))
    shape = (1, channels, *result.shape[2:])
    if not len(known):
        return Traced(spread(ids, 1, shape), unknown(shape))
    result = _exactly(result, uniform(source.values[:, taken], 1))
    alike = uniform(result, 1)
    if not np.isnan(alike).any():
        vector = np.full(channels, np.nan)
        vector[taken] = alike
        return Traced(spread(ids, 1, shape), spread(vector, 1, shape))
    values = np.full(shape, np.nan)
    values[:, taken] = result
    return Traced(spread(ids, 1, shape), values)


def _exactly(values: Floats, before: Floats) -> Floats:
    """Values without the rounding of an average of equal numbers: the number that the channel had before."""
    number = spread(before, 1, values.shape)
    return np.where(np.abs(values - number) <= NEAR * np.abs(number), number, values)


def not_followed(trace: Trace, node: Node) -> Traced:
    """An operator that has no rule of its own: all that it takes and gives stays in."""
    zeros = [
        np.zeros(trace.tensors[name].shape) if name in trace.tensors else trace.operand(name) for name in node.inputs
    ]
    for name in node.inputs:
        if name in trace.tensors:
            trace.units.pin(cores([trace.tensors[name].ids])[0])
    with np.errstate(all="ignore"):
        shape = np.shape(OPERATORS[node.operator](zeros, node.attributes))
    return Traced(np.broadcast_to(np.int64(PINNED), shape), unknown(shape))
