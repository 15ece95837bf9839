"""How large the tensors between a network's layers are, from its graph alone."""

from math import prod

import onnx
from onnx import helper, shape_inference

from grader.errors import GraderFault
from grader.facts import Shape, Slot
from grader.networks.graph import IR_VERSION, OPSET, Network

FLOAT32_BYTES = 4
POOLS = frozenset({"AveragePool", "MaxPool"})


def largest_activation(network: Network) -> int:
    """The largest tensor on one sample's way through the network, its input included, in bytes of float32."""
    sizes = [prod(network.input_shape), *(prod(shape[1:]) for shape in shapes_of(network).values())]
    return FLOAT32_BYTES * max(sizes)


def operations(network: Network) -> int:
    """How many numbers the operators give for one sample, each of a pooling as often as its window has places."""
    shapes = shapes_of(network)
    return sum(prod(shapes[node.output[0]][1:]) * _places(node) for node in network.graph.node)


def _places(node: onnx.NodeProto) -> int:
    """Of a pooling window. What a convolution adds up are its multiply-accumulates, which are counted apart."""
    if node.op_type not in POOLS:
        return 1
    return prod(size for each in node.attribute if each.name == "kernel_shape" for size in each.ints)


def shapes_of(network: Network) -> dict[str, Shape]:
    """The shape of what each operator gives, by its name, with a batch of 1."""
    graph = onnx.GraphProto()
    graph.CopyFrom(network.graph)
    graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    graph.input.extend(
        helper.make_tensor_value_info(slot.name, onnx.TensorProto.FLOAT, graph_shape(slot)) for slot in network.slots
    )
    for output in graph.output:
        output.type.tensor_type.ClearField("shape")
    model = onnx.ModelProto(ir_version=IR_VERSION, graph=graph)
    model.opset_import.append(onnx.OperatorSetIdProto(domain="", version=OPSET))
    try:
        inferred = shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph
    except shape_inference.InferenceError as error:
        raise GraderFault(f"the drawn graph of {network.name} contradicts itself: {error}") from error
    known = {info.name: info.type.tensor_type.shape for info in (*inferred.value_info, *inferred.output)}
    return {node.output[0]: _sizes(known.get(node.output[0])) for node in inferred.node}


def graph_shape(slot: Slot) -> Shape:
    """The shape that the graph wants of a slot's array."""
    if slot.reshaped is not None:
        return slot.reshaped
    return slot.shape if slot.permutation is None else tuple(slot.shape[axis] for axis in slot.permutation)


def _sizes(shape: onnx.TensorShapeProto | None) -> Shape:
    if shape is None or not all(dimension.HasField("dim_value") for dimension in shape.dim):
        raise GraderFault("the shape of a tensor cannot be inferred")
    return tuple(dimension.dim_value for dimension in shape.dim)
