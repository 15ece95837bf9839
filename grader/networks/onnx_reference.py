"""A network that an instructor exported with torch.onnx.export, as a reference: its graph without the weights.

Format: https://onnx.ai/onnx/intro/concepts.html. Initialisers that are used as weights become slots under their names,
which are those of the state dict; what else is constant belongs to the architecture.
"""

import base64
import binascii
from dataclasses import replace

import onnx
from google.protobuf.message import DecodeError
from onnx import TensorProto, helper, numpy_helper

from grader import limits
from grader.errors import DefinitionError
from grader.facts import AnyArray, Graph, GraphNode, Shape
from grader.networks.graph import Network
from grader.networks.onnx_drawing import draw
from grader.networks.onnx_nodes import GraphError, Weight
from grader.networks.onnx_sketch import is_state_dict_name

REWRITTEN = "pkg.onnxscript.rewriter.rule_name"
CHANGES_WEIGHTS = ("FuseBatchNorm", "RemoveOptionalBias")
"""Rules of onnxscript's rewriter after which a weight, or a layer, of the state dict is no longer in the graph."""


def without_weights(data: bytes) -> str:
    """An exported model as text (base64), with neither its weights' numbers nor notes. Raises DefinitionError."""
    model = _parsed(data)
    _check_rewriting(model.graph)
    _network(model)
    for tensor in model.graph.initializer:
        if _is_weight(tensor):
            for part in ("raw_data", "float_data", "external_data", "data_location"):
                tensor.ClearField(part)
    for part in (model, model.graph, *model.graph.node, *model.graph.initializer):
        part.ClearField("doc_string")
        part.ClearField("metadata_props")
    model.graph.ClearField("value_info")
    stripped = model.SerializeToString(deterministic=True)
    if len(stripped) > limits.MAX_REFERENCE_BYTES:
        raise DefinitionError(
            f"the graph has {len(stripped):,} bytes without its weights; at most {limits.MAX_REFERENCE_BYTES:,} are taken"
        )
    return base64.b64encode(stripped).decode()


def network_from_onnx(text: str) -> Network:
    """The network of a text that `without_weights` made. Raises DefinitionError."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise DefinitionError("the ONNX graph is no base64") from None
    return _network(_parsed(data))


def _parsed(data: bytes) -> onnx.ModelProto:
    try:
        model = onnx.load_model_from_string(data)
    except DecodeError:
        raise DefinitionError("this is no ONNX model") from None
    opsets = {opset.domain: opset.version for opset in model.opset_import}
    if not limits.ONNX_LEAST_OPSET <= opsets.get("", 0) <= limits.ONNX_MOST_OPSET:
        raise DefinitionError(
            f"the ONNX model is of opset {opsets.get('', 0)}; {limits.ONNX_LEAST_OPSET} to {limits.ONNX_MOST_OPSET} are supported"
        )
    if len(model.graph.node) > limits.MAX_REFERENCE_NODES:
        raise DefinitionError(f"the graph has {len(model.graph.node):,} nodes; at most {limits.MAX_REFERENCE_NODES:,}")
    return model


def _network(model: onnx.ModelProto) -> Network:
    """The graph, drawn again with our own operators."""
    image = _input(model.graph)
    weights = {each.name: Weight(each.name, tuple(each.dims)) for each in model.graph.initializer if _is_weight(each)}
    arrays = {each.name: _array(each) for each in model.graph.initializer if not _is_weight(each)}
    nodes = tuple(_node(each) for each in model.graph.node)
    graph = Graph(image.name, _shape(image), model.graph.output[0].name, nodes, arrays)
    try:
        return replace(draw(graph, weights).network, name=model.graph.name or "network")
    except GraphError as error:
        raise DefinitionError(str(error)) from None


def _node(node: onnx.NodeProto) -> GraphNode:
    attributes = {each.name: _attribute(each) for each in node.attribute}
    operator = f"{node.domain}.{node.op_type}".lstrip(".")
    outputs = tuple(node.output)
    return GraphNode(operator, node.name or "".join(outputs[:1]), tuple(node.input), outputs, attributes)


def _attribute(attribute: onnx.AttributeProto) -> object:
    value = helper.get_attribute_value(attribute)
    return _array(value) if isinstance(value, TensorProto) else value


def _check_rewriting(graph: onnx.GraphProto) -> None:
    """Raises where the newer exporter's optimiser has changed what weights there are: it leaves the names as they were."""
    for node in graph.node:
        rules = [each.value for each in node.metadata_props if each.key == REWRITTEN]
        if found := [name for name in CHANGES_WEIGHTS if any(name in rule for rule in rules)]:
            raise DefinitionError(
                f"onnx node {node.name!r} ({node.op_type}): the exporter's optimiser changed its weights ({found[0]}); "
                "export with torch.onnx.export(model.eval(), images, file, dynamo=True, optimize=False)"
            )


def _input(graph: onnx.GraphProto) -> onnx.ValueInfoProto:
    """The one input that is no weight."""
    weights = {each.name for each in graph.initializer}
    inputs: list[onnx.ValueInfoProto] = [each for each in graph.input if each.name not in weights]
    if len(inputs) != 1 or len(graph.output) != 1:
        raise DefinitionError(
            f"the graph has {len(inputs)} inputs and {len(graph.output)} outputs; one of each is needed"
        )
    return inputs[0]


def _shape(image: onnx.ValueInfoProto) -> Shape:
    """The shape of one image. Raises where it is not fixed, or where several images go in at once."""
    batch, *sizes = image.type.tensor_type.shape.dim or [None]
    told = [each.dim_param or each.dim_value for each in image.type.tensor_type.shape.dim]
    if image.type.tensor_type.elem_type != TensorProto.FLOAT:
        raise DefinitionError("the input is no float32")
    if batch is None or len(sizes) != 3 or not all(0 < size.dim_value <= limits.MAX_LAYER_SIZE for size in sizes):
        raise DefinitionError(
            f"the input has shape {told}; a batch, channels, height and width are needed, the last three in fixed numbers"
        )
    if batch.dim_value not in (0, 1):
        raise DefinitionError(
            f"the input has a batch of {batch.dim_value}; export with 1 image, or with a dynamic batch"
        )
    return tuple(size.dim_value for size in sizes)


def _is_weight(tensor: onnx.TensorProto) -> bool:
    """Whether an initialiser is an array of the state dict, by its name and type."""
    return bool(is_state_dict_name(tensor.name) and tensor.data_type == TensorProto.FLOAT and len(tensor.dims) > 0)


def _array(tensor: onnx.TensorProto) -> AnyArray:
    if tensor.data_location == TensorProto.EXTERNAL:
        raise DefinitionError(f"the constant {tensor.name!r} lies in another file; export into one file")
    try:
        return numpy_helper.to_array(tensor)
    except (TypeError, ValueError) as error:
        raise DefinitionError(f"the constant {tensor.name!r} cannot be read: {error}") from None
