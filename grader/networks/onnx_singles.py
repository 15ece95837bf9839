"""The numbers that a drawn graph holds outside of its weights: limits, slopes, scales, and constants of our own making."""

from collections.abc import Iterator

import numpy as np
import onnx
from onnx import numpy_helper

from grader.networks.graph import Network


def single_numbers(network: Network) -> set[float]:
    """Every different number that is no weight. An array of one number all over brings in one."""
    return set(_numbers(network.graph))


def _numbers(graph: onnx.GraphProto) -> Iterator[float]:
    for tensor in graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT:
            yield from np.unique(numpy_helper.to_array(tensor)).tolist()
    for node in graph.node:
        yield from (attribute.f for attribute in node.attribute if attribute.type == onnx.AttributeProto.FLOAT)
