"""Convolutions and dense layers: the only places where an output can do without an input."""

import numpy as np

from grader.compaction.trace import Node, Product, Trace, Traced, in_range
from grader.compaction.units import Ids, Mask
from grader.compaction.views import Floats, spread, uniform
from grader.evaluating.windows import slid
from grader.facts import FloatArray, Shape


def convolution(trace: Trace, node: Node) -> Traced:
    """Conv. A group of a grouped one stays or goes as a whole, and with it the channels that it takes."""
    source, name = trace.tensors[node.inputs[0]], node.inputs[1]
    kernel = trace.kernel(name)
    inputs, constants = trace.along(source.ids, 1), uniform(source.values, 1)
    if any(node.attributes.get("pads", ())):
        constants = np.where(constants == 0, 0.0, np.nan)  # what another constant adds is less beside the padding
    matrix, connected = trace.matrix(name)
    groups = node.attributes.get("group", 1)
    if groups > 1:
        outputs = _grouped(trace, inputs, groups, len(kernel))
        parts = zip(*(np.split(each, groups) for each in (matrix, connected, constants)), strict=True)
        values = np.concatenate([_sums(*part) for part in parts])
    else:
        outputs = trace.units.fresh(len(kernel))
        trace.follow(name, 1, inputs)
        bias = _bias_slot(trace, node)
        foldable = _foldable(trace, node, constants, bias)
        trace.products.append(Product(matrix, connected, outputs, inputs, constants, foldable, bias))
        values = _sums(matrix, connected, constants)
    shape = (1, len(kernel), *slid(source.shape, kernel.shape, node.attributes))
    return _made(trace, node, outputs, values, kernel_axis=0, axis=1, shape=shape)


def dense(trace: Trace, node: Node) -> Traced:
    """Gemm, and MatMul along the last axis, whose bias may be added by the operator that follows."""
    source, name = trace.tensors[node.inputs[0]], node.inputs[1]
    last = len(source.shape) - 1
    inputs, constants = trace.along(source.ids, last), uniform(source.values, last)
    (matrix, connected), turned = trace.matrix(name), bool(node.attributes.get("transB", 0))
    if not turned:
        matrix, connected = matrix.swapaxes(0, 1), connected.T
    outputs = trace.units.fresh(len(matrix))
    trace.follow(name, int(turned), inputs)
    bias = _bias_slot(trace, node) or _added_bias(trace, node, len(matrix))
    foldable = _foldable(trace, node, constants, bias)
    trace.products.append(Product(matrix, connected, outputs, inputs, constants, foldable, bias))
    values = _sums(matrix, connected, constants)
    return _made(
        trace, node, outputs, values, kernel_axis=int(not turned), axis=last, shape=(*source.shape[:-1], len(matrix))
    )


def added(matrix: FloatArray, constants: Floats) -> Floats:
    """What constant inputs add to each output, in float64; `matrix` has shape (outputs, inputs, elements)."""
    total: Floats = (matrix.sum(axis=2, dtype=np.float64) * constants).sum(axis=1)
    return total


def _sums(matrix: FloatArray, connected: Mask, constants: Floats) -> Floats:
    """What the inputs add up to where that is constant, for each output; NaN elsewhere."""
    lost = np.isnan(constants)
    told = np.flatnonzero(~lost & (constants != 0))
    sums = added(matrix[:, told], constants[told]) if len(told) else np.zeros(len(matrix))
    return np.where(connected[:, lost].any(axis=1), np.nan, sums)


def _made(
    trace: Trace, node: Node, outputs: Ids, values: Floats, *, kernel_axis: int, axis: int, shape: Shape
) -> Traced:
    """The output of a product whose inputs add up to `values`; kernel and bias are cut as its units are."""
    trace.follow(node.inputs[1], kernel_axis, outputs, own=True)
    for bias in node.inputs[2:]:
        values = values + trace.operand(bias)
        if bias in trace.slots:
            trace.follow(bias, 0, outputs)
    return Traced(spread(outputs, axis, shape), spread(in_range(values), axis, shape))


def _grouped(trace: Trace, inputs: Ids, groups: int, filters: int) -> Ids:
    """The units of a grouped convolution's outputs: those of the channels that each group takes."""
    taken = inputs.reshape(groups, -1)
    trace.units.tie(taken, taken[:, :1])
    return np.repeat(taken[:, 0], filters // groups)


def _foldable(trace: Trace, node: Node, constants: Floats, bias: str | None) -> Mask:
    """Which inputs can be left out. Without a bias, or where the layer is used elsewhere, too, it is only zeros."""
    single = all(len(trace.users(name)) == 1 for name in (node.inputs[1], bias) if name)
    return ~np.isnan(constants) if trace.fold and bias and single else constants == 0


def _bias_slot(trace: Trace, node: Node) -> str | None:
    return next((name for name in node.inputs[2:] if name in trace.slots), None)


def _added_bias(trace: Trace, node: Node, size: int) -> str | None:
    """The slot that the only user of a product adds to it, one number for each output."""
    users = trace.users(node.output)
    if len(users) != 1 or users[0].operator != "Add" or node.output == trace.output:
        return None
    other = next((name for name in users[0].inputs if name != node.output), "")
    return other if other in trace.slots and trace.slots[other].shape == (size,) else None
