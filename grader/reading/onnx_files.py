"""ONNX files: from bytes to a graph in plain words and its arrays. Strict; what is odd is refused with what it is.

The other side draws the graph again from these words and never sees the file's own bytes.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from grader import limits
from grader.errors import Finding, Refusal
from grader.facts import AnyArray, Shape
from grader.reading.onnx_messages import MODEL
from grader.reading.onnx_tensors import array_of, is_number
from grader.reading.protobuf import Reader, Table

OURS = ("", "ai.onnx")
"""The domain of ONNX's own operators, under both its names."""
FLOAT32 = 1  # the number of its element type
VALUES = {1: "f", 2: "i", 3: "s", 4: "t", 6: "floats", 7: "ints"}
"""What holds the value of an attribute, by the number of its type."""
EMPTY: Mapping[str, object] = {"f": 0.0, "i": 0, "s": memoryview(b""), "floats": np.zeros(0, "<f4"), "ints": []}

Words = dict[str, object]


class Arrays:
    """The arrays of an answer so far; each is known by its number."""

    def __init__(self) -> None:
        self.found: dict[str, AnyArray] = {}

    def put(self, array: AnyArray) -> str:
        """Its key in the answer."""
        if len(self.found) >= limits.MAX_TENSORS:
            raise Refusal(Finding("onnx-too-many-tensors", expected=f"{limits.MAX_TENSORS:,}"))
        key = f"{len(self.found)}"
        self.found[key] = array
        return key


def read(data: bytes) -> tuple[Words, dict[str, AnyArray]]:
    """The graph in plain words, and the arrays that it names by their keys. Raises Refusal."""
    model = Reader().read(memoryview(data), MODEL, "model")
    _check_opset(model.get("opset_import", []))
    graph = model.get("graph", {})
    nodes, tensors = graph.get("node", []), graph.get("initializer", [])
    if not nodes:
        raise Refusal(Finding("onnx-empty"))
    if len(nodes) > limits.ONNX_MAX_NODES:
        raise Refusal(Finding("onnx-too-many-nodes", expected=f"{limits.ONNX_MAX_NODES:,}", got=f"{len(nodes):,}"))
    _check_names(tensors, nodes)
    arrays = read_arrays(tensors)
    image, shape = _image(graph.get("input", []), {tensor["name"] for tensor in tensors})
    words: Words = {
        "images": image,
        "shape": list(shape),
        "output": _output(graph.get("output", [])),
        "arrays": {tensor["name"]: key for tensor, key in zip(tensors, arrays.found, strict=True)},
        "nodes": [_node(node, arrays) for node in nodes],
    }
    return words, arrays.found


def read_arrays(tensors: Sequence[Table]) -> Arrays:
    """The initialisers, in order."""
    arrays = Arrays()
    for tensor in tensors:
        arrays.put(array_of(tensor, tensor["name"]))
    return arrays


def _check_opset(opsets: Sequence[Table]) -> None:
    ours = [opset.get("version", 0) for opset in opsets if opset.get("domain", "") in OURS]
    if len(ours) != 1 or not limits.ONNX_LEAST_OPSET <= ours[0] <= limits.ONNX_MOST_OPSET:
        expected = f"{limits.ONNX_LEAST_OPSET} to {limits.ONNX_MOST_OPSET}"
        raise Refusal(Finding("onnx-opset", expected=expected, got=", ".join(map(str, ours[:4])) or "unknown version"))


def _check_names(tensors: Sequence[Table], nodes: Sequence[Table]) -> None:
    """Raises where an array has no name, or two tensors have the same."""
    names = [tensor.get("name", "") for tensor in tensors]
    names += [name for node in nodes for name in node.get("output", []) if name]
    if not all(names):
        raise Refusal(Finding("onnx-damaged", "model.graph.initializer", got="a tensor without a name"))
    if twice := [name for name, number in Counter(names).items() if number > 1]:
        raise Refusal(Finding("onnx-duplicate", twice[0]))


def _image(inputs: Sequence[Table], weights: Iterable[str]) -> tuple[str, Shape]:
    """The name and the shape, without batch, of the one input that is no weight."""
    known = frozenset(weights)
    free = [each for each in inputs if each.get("name", "") not in known]
    if len(free) != 1 or not free[0].get("name"):
        raise Refusal(Finding("onnx-inputs", got=f"{len(free)}"))
    name, tensor = free[0]["name"], free[0].get("type", {}).get("tensor_type", {})
    sizes = [each.get("dim_value", 0) for each in tensor.get("shape", {}).get("dim", [])]
    told = f"({', '.join(str(size) if size > 0 else 'any' for size in sizes[:8])})"
    if tensor.get("elem_type", 0) != FLOAT32:
        raise Refusal(Finding("onnx-no-image", name))
    if len(sizes) != 4 or sizes[0] not in (0, 1) or not all(0 < size <= limits.MAX_LAYER_SIZE for size in sizes[1:]):
        raise Refusal(Finding("onnx-input-shape", name, got=told))
    return name, tuple(sizes[1:])


def _output(outputs: Sequence[Table]) -> str:
    if len(outputs) != 1 or not outputs[0].get("name"):
        raise Refusal(Finding("onnx-outputs", got=f"{len(outputs)}"))
    return str(outputs[0]["name"])


def _node(node: Table, arrays: Arrays) -> Words:
    outputs, inputs = node.get("output", []), node.get("input", [])
    name = node.get("name") or next(iter(outputs), "") or "a node"
    if node.get("overload"):
        raise Refusal(Finding("onnx-functions", name))
    if not node.get("op_type") or max(len(inputs), len(outputs)) > limits.ONNX_MAX_INPUTS:
        raise Refusal(Finding("onnx-damaged", name, got=f"a node of {len(inputs)} inputs, {len(outputs)} outputs"))
    if node.get("domain", "") not in OURS:
        raise Refusal(Finding("onnx-domain", name, got=f"{node['domain']}.{node['op_type']}"))
    given = node.get("attribute", [])
    attributes = {each.get("name", ""): _attribute(each, name, arrays) for each in given}
    if len(attributes) != len(given) or "" in attributes or len(given) > limits.ONNX_MAX_ATTRIBUTES:
        raise Refusal(Finding("onnx-damaged", name, got="attributes without a name of their own, or too many"))
    words = {"operator": node["op_type"], "name": name, "inputs": inputs, "outputs": outputs}
    return {**words, "attributes": attributes}


def _attribute(attribute: Table, node: str, arrays: Arrays) -> object:
    """Its value as JSON has it; an array by its key, in a table of its own."""
    where = f"{node}: {attribute.get('name', '')}"
    given = [each for each in VALUES.values() if each in attribute]
    kind = VALUES.get(attribute.get("type", 0), given[0] if given and "type" not in attribute else "")
    if given not in ([], [kind]) or kind not in {*EMPTY, "t"}:
        raise Refusal(Finding("onnx-damaged", where, got="an attribute whose value is not of its type"))
    if kind == "t":
        return {"array": arrays.put(array_of(attribute.get("t", {}), where))}
    value = attribute.get(kind, EMPTY[kind])
    if isinstance(value, memoryview):
        return _letters(value, where)
    numbers = [value] if isinstance(value, int | float) else list(value)
    if len(numbers) > limits.ONNX_MAX_LIST:
        raise Refusal(Finding("onnx-long-list", where, f"{limits.ONNX_MAX_LIST}", f"{len(numbers):,} numbers"))
    if not all(map(is_number, numbers)):
        raise Refusal(Finding("not-finite", where, got="an attribute"))
    return (
        value
        if isinstance(value, int | float)
        else [each if isinstance(each, int) else float(each) for each in numbers]
    )


def _letters(value: memoryview, where: str) -> str:
    text = bytes(value[: limits.ONNX_MAX_LIST + 1]).decode("ascii", "replace")
    if len(text) > limits.ONNX_MAX_LIST or not text.isprintable() or not text.isascii():
        raise Refusal(Finding("onnx-long-list", where, f"{limits.ONNX_MAX_LIST}", f"{len(value):,} letters"))
    return text
