"""A network that an instructor exported with torch.onnx.export, as a reference: its graph without the weights.

Format: https://onnx.ai/onnx/intro/concepts.html. Initialisers that are used as weights become slots under their names,
which are those of the state dict; what else is constant belongs to the architecture.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import onnx
from google.protobuf.message import DecodeError
from onnx import TensorProto, helper, numpy_helper

from grader import limits
from grader.errors import DefinitionError
from grader.facts import Shape
from grader.networks.draft import Draft, Value
from grader.networks.graph import Network
from grader.networks.onnx_constants import FOLDED, fold
from grader.networks.onnx_nodes import Known, Node, Sketch, Weight
from grader.networks.onnx_shaping import DRAWN

LEAST_OPSET, MOST_OPSET = 13, 24
AT_THE_END = ("Dropout", "Identity", "LogSoftmax", "Softmax")
"""What changes no class where it comes last, and is left out there."""
MADE_UP = ("onnx::", "val_", "_val_")
"""How exporters name tensors that they computed: weights under such names are no longer the state dict's."""
REWRITTEN = "pkg.onnxscript.rewriter.rule_name"
CHANGES_WEIGHTS = ("FuseBatchNorm", "RemoveOptionalBias")
"""Rules of onnxscript's rewriter after which a weight, or a layer, of the state dict is no longer in the graph."""
MIN_CLASSES = 2


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
    if not LEAST_OPSET <= opsets.get("", 0) <= MOST_OPSET:
        raise DefinitionError(
            f"the ONNX model is of opset {opsets.get('', 0)}; {LEAST_OPSET} to {MOST_OPSET} are supported"
        )
    if len(model.graph.node) > limits.MAX_REFERENCE_NODES:
        raise DefinitionError(f"the graph has {len(model.graph.node):,} nodes; at most {limits.MAX_REFERENCE_NODES:,}")
    return model


def _network(model: onnx.ModelProto) -> Network:
    """The graph, drawn again with our own operators along all that its logits need."""
    graph = model.graph
    image = _input(graph)
    output = _logits(graph)
    needed = _needed(graph.node, output)
    _check_operators(needed)
    known: dict[str, Known] = {each.name: _initial(each) for each in graph.initializer}
    sketch = Sketch(Draft(_shape(image)))
    known[image.name] = sketch.draft.images
    order = [name for name, each in known.items() if isinstance(each, Weight)]
    for node in needed:
        found = _follow(sketch, node, known)
        known[node.output[0]] = found
        if isinstance(found, Weight) and found.name not in order:
            order = []  # weights that the exporter found equal stand out of order: that of their use is taken
    return _finished(sketch, graph.name or "network", known.get(output), order)


def _finished(sketch: Sketch, name: str, logits: Known | None, order: Sequence[str]) -> Network:
    if not isinstance(logits, Value) or len(logits.shape) != 1 or logits.shape[0] < MIN_CLASSES:
        shape = logits.shape if isinstance(logits, Value) else "that no image decides"
        raise DefinitionError(f"the network gives an output of shape {shape}; one number for each class is needed")
    used = [slot for slots in sketch.slots.values() for slot in slots]
    network = sketch.finish(name, logits, order or used)
    if not network.parameters:
        raise DefinitionError("the network has no weight of a state dict; there is nothing to prune")
    return network


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


def _logits(graph: onnx.GraphProto) -> str:
    """The name of the tensor of logits: the output, without what follows them and changes no class."""
    made = {node.output[0]: node for node in graph.node if node.output}
    name = graph.output[0].name
    while name in made and made[name].op_type in AT_THE_END and _over_classes(made[name]):
        name = made[name].input[0]
    return str(name)


def _over_classes(node: onnx.NodeProto) -> bool:
    axes = [helper.get_attribute_value(each) for each in node.attribute if each.name == "axis"]
    return not axes or axes[0] in (-1, 1)


def _needed(nodes: Sequence[onnx.NodeProto], output: str) -> list[onnx.NodeProto]:
    """The nodes that an output depends on, in order."""
    wanted = {output}
    found = []
    for node in reversed(nodes):
        if wanted.intersection(node.output):
            found.append(node)
            wanted.update(node.input)
    return found[::-1]


def _check_operators(nodes: Sequence[onnx.NodeProto]) -> None:
    ours = {*DRAWN, *FOLDED}
    unknown = sorted(
        {f"{node.domain}.{node.op_type}".lstrip(".") for node in nodes if node.domain or node.op_type not in ours}
    )
    if unknown:
        raise DefinitionError(
            f"the graph has operators that are not supported: {', '.join(unknown)}; supported: {', '.join(sorted(ours))}"
        )


def _is_weight(tensor: onnx.TensorProto) -> bool:
    """Whether an initialiser is an array of the state dict, by its name and type."""
    named = "." in tensor.name.strip(".") and not tensor.name.startswith(MADE_UP)
    return bool(named and tensor.data_type == TensorProto.FLOAT and len(tensor.dims) > 0)


def _initial(tensor: onnx.TensorProto) -> Known:
    if _is_weight(tensor):
        return Weight(tensor.name, tuple(tensor.dims))
    if tensor.data_location == TensorProto.EXTERNAL:
        raise DefinitionError(f"the constant {tensor.name!r} lies in another file; export into one file")
    try:
        return numpy_helper.to_array(tensor)
    except (TypeError, ValueError) as error:
        raise DefinitionError(f"the constant {tensor.name!r} cannot be read: {error}") from None


def _follow(sketch: Sketch, proto: onnx.NodeProto, known: Mapping[str, Known]) -> Known:
    """What one node gives."""
    attributes: dict[str, Any] = {each.name: helper.get_attribute_value(each) for each in proto.attribute}
    inputs = [known.get(name) for name in proto.input]
    node = Node(proto.op_type, proto.name or proto.output[0], inputs, attributes, tuple(proto.input))
    first = inputs[0] if inputs else None
    if isinstance(first, Weight) and proto.op_type == "Identity":
        alias = proto.output[0]
        return replace(first, name=alias) if "." in alias and not alias.startswith((*MADE_UP, "/")) else first
    if isinstance(first, Weight) and proto.op_type == "Transpose" and attributes.get("perm") == [1, 0]:
        return replace(first, turned=(1, 0))
    folded = fold(node)
    if folded is not None:
        return folded
    if proto.op_type not in DRAWN:
        raise node.error("it is supported around constant shapes alone; export a network of fixed shapes")
    try:
        return DRAWN[proto.op_type](sketch, node)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise node.error(f"its attributes are not those of its operator ({error})") from None
