"""Operators of an exported graph that hold weights or slide windows, drawn as a network of our own."""

from collections.abc import Sequence
from dataclasses import replace
from math import prod

import numpy as np

from grader.networks.draft import Value
from grader.networks.onnx_nodes import Node, Weight
from grader.networks.onnx_sketch import Sketch
from grader.networks.shapes import Pair, Span, Window, cover, onnx_pads
from grader.networks.torch_layer import IMAGE, Layer, LayerError
from grader.networks.torch_layers import Upsample
from grader.networks.torch_pools import AvgPool2d, MaxPool2d
from grader.networks.torch_windows import padded_span


def conv(sketch: Sketch, node: Node) -> Value:
    """A convolution of an image."""
    value, kernel = node.value(), node.weight(1)
    if len(value.shape) != IMAGE or len(kernel.graph_shape) != 4:
        raise node.error(
            f"an image and a kernel of 4 axes are needed, got shapes {value.shape} and {kernel.graph_shape}"
        )
    filters, inputs, *size = kernel.graph_shape
    groups = int(node.attributes.get("group", 1))
    if groups < 1 or inputs * groups != value.shape[0] or filters % groups:
        raise node.error(f"{value.shape[0]} channels do not fit a kernel of {kernel.graph_shape} in {groups} groups")
    strides, dilations = pair(node, "strides"), pair(node, "dilations")
    window = (size[0], size[1])
    spans = _spans(node, (value.shape[1], value.shape[2]), window, strides, dilations)
    positions = spans[0].positions * spans[1].positions
    names = [sketch.use(node, kernel, "conv2d", positions=positions)]
    names += [sketch.use(node, _bias(node, filters), "conv2d")] if _has_bias(node) else []
    convolved = sketch.draft.node(
        "Conv",
        value.tensor,
        *names,
        covers=(value.shape[1], value.shape[2]),
        kernel_shape=window,
        strides=strides,
        dilations=dilations,
        pads=onnx_pads(spans),
        group=groups,
    )
    return Value(convolved, (filters, spans[0].positions, spans[1].positions))


def _has_bias(node: Node) -> bool:
    """Whether there is a bias; zeros that an exporter made up where the network has none are not one."""
    bias = node.inputs[2] if node.has(2) else None
    return bias is not None and not (isinstance(bias, np.ndarray) and not bias.any())


def _bias(node: Node, size: int) -> Weight:
    bias = node.weight(2)
    if bias.graph_shape != (size,):
        raise node.error(f"the bias {bias.name!r} has shape {bias.graph_shape}; ({size},) is needed")
    return bias


def pair(node: Node, attribute: str, default: Pair = (1, 1)) -> Pair:
    """An attribute for height and width."""
    given = node.attributes.get(attribute, default)
    if isinstance(given, Sequence) and len(given) == 2 and all(each >= 1 for each in given):
        return int(given[0]), int(given[1])
    raise node.error(f"{attribute} is {given!r}; two numbers from 1 are needed")


def _spans(node: Node, image: Pair, size: Pair, strides: Pair, dilations: Pair) -> tuple[Span, Span]:
    pads = _pads(node, image, Window(size, strides, dilations))
    down, across = (
        padded_span(image[axis], size[axis], strides[axis], dilations[axis], (pads[axis], pads[axis + 2]))
        for axis in (0, 1)
    )
    if min(down.positions, across.positions) < 1:
        raise node.error(f"its kernel of {size} does not fit into its input of {image}")
    return down, across


def _pads(node: Node, image: Pair, window: Window) -> Sequence[int]:
    """Top, left, bottom, right; what is left over of an odd padding is at the end, as torch and TensorFlow have it."""
    how = node.option("auto_pad", "NOTSET", "VALID", "SAME_UPPER")
    if how == "SAME_UPPER":
        return onnx_pads(cover(image, window._replace(same=True)))
    given: Sequence[int] = [0, 0, 0, 0] if how == "VALID" else node.attributes.get("pads", [0, 0, 0, 0])
    if len(given) != 4 or min(given) < 0:
        raise node.error(f"pads are {given!r}; four numbers from 0 are needed")
    if max(given) > max(image) + max(window.size) * max(window.dilation):
        raise node.error(f"pads of {given!r} are wider than the image of {image} and the kernel together")
    return given


def gemm(sketch: Sketch, node: Node) -> Value:
    """A dense layer: features times a matrix, and a bias."""
    value, matrix = node.value(), node.weight(1)
    if len(value.shape) != 1 or node.attributes.get("transA", 0) or len(matrix.graph_shape) != 2:
        raise node.error(f"features times a matrix are needed, got shapes {value.shape} and {matrix.graph_shape}")
    if node.attributes.get("alpha", 1.0) != 1.0 or node.attributes.get("beta", 1.0) != 1.0:
        raise node.error("alpha and beta other than 1 are not supported")
    matrix = _transposed(matrix) if node.attributes.get("transB", 0) else matrix
    inputs, features = matrix.graph_shape
    if value.shape != (inputs,):
        raise node.error(f"{value.shape[0]} features do not fit the matrix {matrix.name!r} of {matrix.graph_shape}")
    names = [sketch.use(node, matrix, "linear", positions=1)]
    names += [sketch.use(node, _bias(node, features), "linear")] if _has_bias(node) else []
    return Value(sketch.draft.node("Gemm", value.tensor, *names), (features,))


def matmul(sketch: Sketch, node: Node) -> Value:
    """A dense layer without its bias, on features or along the last axis."""
    value, matrix = node.value(), node.weight(1)
    if len(matrix.graph_shape) != 2 or value.shape[-1] != matrix.graph_shape[0]:
        raise node.error(f"shapes {value.shape} and {matrix.graph_shape} cannot be multiplied")
    name = sketch.use(node, matrix, "linear", positions=prod(value.shape[:-1]))
    return Value(sketch.draft.node("MatMul", value.tensor, name), (*value.shape[:-1], matrix.graph_shape[1]))


def _transposed(matrix: Weight) -> Weight:
    """A matrix of the graph with its axes the other way round; what was turned before is turned back."""
    if matrix.reshaped is None:
        return replace(matrix, turned=(1, 0) if matrix.turned is None else None)
    array = None if matrix.placed is None else matrix.placed.T
    return Weight(f"{matrix.name}.turned", matrix.graph_shape[::-1], array=array)


def max_pool(sketch: Sketch, node: Node) -> Value:
    """MaxPool with the same padding on both sides."""
    if pair(node, "dilations") != (1, 1):
        raise node.error("dilations other than 1 are not supported")
    return _drawn(sketch, node, MaxPool2d(**_window(node)))


def average_pool(sketch: Sketch, node: Node) -> Value:
    """AveragePool with the same padding on both sides."""
    counted = bool(node.attributes.get("count_include_pad", 0))
    return _drawn(sketch, node, AvgPool2d(**_window(node), count_include_pad=counted))


def _window(node: Node) -> dict[str, object]:
    node.option("auto_pad", "NOTSET", "VALID")
    kernel = pair(node, "kernel_shape", (0, 0))
    top, left, bottom, right = pads = node.attributes.get("pads", [0, 0, 0, 0])
    if (top, left) != (bottom, right):
        raise node.error(f"pads are {pads!r}; as much on both sides is supported")
    return {
        "kernel": list(kernel),
        "stride": list(pair(node, "strides")),
        "padding": {"one_of": [[top, left]]},
        "ceil_mode": bool(node.attributes.get("ceil_mode", 0)),
    }


def resize(sketch: Sketch, node: Node) -> Value:
    """An image made larger by whole factors, as torch's Upsample does."""
    value = node.value()
    scales, sizes = node.constant(2), node.constant(3)
    given = np.asarray([1, *value.shape], np.float64)
    factors = sizes / given if sizes is not None else scales
    whole = factors is not None and len(factors) == 4 and all(each == int(each) >= 1 for each in factors.tolist())
    if factors is None or not whole or factors[0] != 1 or factors[1] != 1:
        raise node.error(f"whole factors for height and width are needed, got {factors}")
    mode = node.option("mode", "nearest", "linear")
    how = node.option("coordinate_transformation_mode", "half_pixel", "asymmetric", "pytorch_half_pixel")
    rounding = node.option("nearest_mode", "round_prefer_floor", "floor")
    if (mode == "nearest") != (how == "asymmetric" and rounding == "floor") and mode == "nearest":
        raise node.error("mode nearest is supported as torch exports it: asymmetric and floor")
    if mode == "linear" and how == "asymmetric":
        raise node.error("mode linear is supported as torch exports it: half_pixel, align_corners=False")
    scale = [int(factors[2]), int(factors[3])]
    return _drawn(sketch, node, Upsample(scale=scale, mode="bilinear" if mode == "linear" else "nearest"))


def _drawn(sketch: Sketch, node: Node, layer: Layer) -> Value:
    """A layer of PyTorch, drawn where the node stands."""
    value = node.value()
    try:
        layer.check_axes(len(value.shape))
        return layer.draw(sketch.draft, value, "")
    except LayerError as error:
        raise node.error(error.message) from None
