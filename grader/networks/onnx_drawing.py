"""An ONNX graph, drawn again with our own operators along all that its logits need.

Whatever the graph does to a batch, what is drawn judges each image by itself: a batch is followed as one image, and no
operator is drawn that reaches over its axis. Graphs of two kinds come here: an instructor's export, whose weights are
known by name and shape, and a student's, whose numbers are known, and which may name them as it likes (`free`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod

import numpy as np

from grader import limits
from grader.facts import AnyArray, Graph, GraphNode, Shape
from grader.networks.draft import Draft, Value
from grader.networks.graph import Network
from grader.networks.onnx_constants import FOLDED, fold
from grader.networks.onnx_nodes import GraphError, Known, Node, Stack, Weight
from grader.networks.onnx_operators import DRAWN
from grader.networks.onnx_sketch import Sketch, is_made_up, is_state_dict_name

AT_THE_END = ("Dropout", "Identity", "LogSoftmax", "Softmax")
"""What changes no class where it comes last, and is left out there."""
MIN_CLASSES = 2
MISFITS = (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError, ZeroDivisionError)
"""What Python raises where attributes are not those that an operator has."""
SUPPORTED = tuple(sorted({*DRAWN, *FOLDED}))


class UnknownOperators(GraphError):
    """Operators that are not in the table; `nodes` has the first node of each."""

    def __init__(self, nodes: Sequence[GraphNode]) -> None:
        named = ", ".join(node.operator for node in nodes)
        super().__init__(f"the graph has operators that are not supported: {named}; supported: {', '.join(SUPPORTED)}")
        self.nodes = nodes


@dataclass(frozen=True, slots=True)
class Drawing:
    """A network, the numbers of its slots by name where they are known, and which arrays of the graph it does not use."""

    network: Network
    arrays: Mapping[str, AnyArray]
    unused: tuple[str, ...]


@dataclass(slots=True)
class _Walk:
    """The tensors so far by name, which of them were taken, and how many numbers were computed of constants alone."""

    sketch: Sketch
    known: dict[str, Known]
    taken: set[str] = field(default_factory=set)
    folded: int = 0


def draw(graph: Graph, weights: Mapping[str, Weight], *, free: bool = False) -> Drawing:
    """The network of a graph; `weights` are those of its arrays that only shapes are known of. Raises GraphError."""
    _check_order(graph, weights)
    output = _logits(graph)
    needed = _needed(graph.nodes, output)
    _check_operators(needed)
    walk = _Walk(Sketch(Draft(graph.input_shape), free=free), {**weights})
    for name, array in graph.arrays.items():
        walk.known[name] = _as_known(name, array) if free else array
    walk.known[graph.images] = walk.sketch.draft.images
    order = [] if free else [name for name, each in walk.known.items() if isinstance(each, Weight)]
    for node in needed:
        walk.taken.update(node.inputs)
        for name, found in zip(node.outputs, _follow(walk, node), strict=False):
            walk.known[name] = found
            if isinstance(found, Weight) and found.name not in order:
                order = []  # weights that the exporter found equal stand out of order: that of their use is taken
    unused = tuple(name for name in graph.arrays if name not in walk.taken)
    return _finished(walk, walk.known.get(output), order, unused)


def _finished(walk: _Walk, logits: Known | None, order: Sequence[str], unused: tuple[str, ...]) -> Drawing:
    if not isinstance(logits, Value) or len(logits.shape) != 1 or logits.shape[0] < MIN_CLASSES:
        told = f"of shape {logits.shape}" if isinstance(logits, Value) else "that no image decides"
        raise GraphError(f"the network gives an output {told}; one number for each class is needed")
    used = [slot for slots in walk.sketch.slots.values() for slot in slots]
    network = walk.sketch.finish("network", logits, order or used)
    if not network.parameters:
        raise GraphError("the network has no weights; there is nothing to prune")
    return Drawing(network, walk.sketch.arrays, unused)


def _check_order(graph: Graph, weights: Mapping[str, Weight]) -> None:
    """Each tensor is made once, before it is taken; so there is no way round in circles."""
    made = {"", graph.images, *graph.arrays, *weights}
    for node in graph.nodes:
        if missing := [name for name in node.inputs if name not in made]:
            raise GraphError(f"it takes {missing[0]!r}, which no node before it gives", node.name, node.operator)
        again = [name for name in node.outputs if name and name in made]
        if again or not any(node.outputs):
            raise GraphError(f"it gives {again[:1]!r}, which is there already", node.name, node.operator)
        made.update(node.outputs)
    if graph.output not in made:
        raise GraphError(f"the output {graph.output!r} is given by no node")


def _logits(graph: Graph) -> str:
    """The name of the tensor of logits: the output, without what follows them and changes no class."""
    made = {node.outputs[0]: node for node in graph.nodes}
    name = graph.output
    while name in made and made[name].operator in AT_THE_END and _over_classes(made[name]):
        name = made[name].inputs[0]
    return name


def _over_classes(node: GraphNode) -> bool:
    return bool(node.inputs) and node.attributes.get("axis", -1) in (-1, 1)


def _needed(nodes: Sequence[GraphNode], output: str) -> list[GraphNode]:
    """The nodes that an output depends on, in order."""
    wanted = {output}
    found = []
    for node in reversed(nodes):
        if wanted.intersection(node.outputs):
            found.append(node)
            wanted.update(each for each in node.inputs if each)
    return found[::-1]


def _check_operators(nodes: Sequence[GraphNode]) -> None:
    first = {node.operator: node for node in reversed(nodes) if node.operator not in SUPPORTED}
    if first:
        raise UnknownOperators([first[name] for name in sorted(first)])


def _as_known(name: str, array: AnyArray) -> Known:
    """A weight, unless the array holds whole numbers, or one number all over that nobody named as a weight."""
    if array.dtype.kind != "f" or not array.size:
        return array
    if is_made_up(name) and (array == array.flat[0]).all():
        return array
    return Weight(name, array.shape, array=array)


def _follow(walk: _Walk, found: GraphNode) -> Sequence[Known]:
    """What one node gives, for each of its outputs that is known."""
    inputs = [walk.known.get(name) for name in found.inputs]
    free = walk.sketch.free
    node = Node(found.operator, found.name, inputs, found.attributes, found.inputs, found.outputs, free)
    first = inputs[0] if inputs else None
    if isinstance(first, Weight) and (same := _moved(node, first)) is not None:
        return [same]
    folded = fold(node)
    if folded is not None:
        walk.folded += folded.size
        if walk.folded > limits.MAX_FOLDED_IN_ALL:
            raise node.error(f"more than {limits.MAX_FOLDED_IN_ALL:,} numbers are computed of constants alone")
        return [_as_known(_made_up(node), folded) if free else folded]
    if node.operator not in DRAWN:
        raise node.error("it is supported around constant shapes alone; export a network of fixed shapes")
    try:
        with np.errstate(all="ignore"):  # what overflows is found by its value
            drawn = DRAWN[node.operator](walk.sketch, node)
    except MISFITS as error:
        raise node.error(f"its attributes are not those of its operator ({error})") from None
    if walk.sketch.draft.constant_numbers > limits.MAX_FOLDED_IN_ALL:
        raise node.error(f"with it the constants of the graph have more than {limits.MAX_FOLDED_IN_ALL:,} numbers")
    if isinstance(drawn, Stack):
        return [drawn]
    values = [drawn] if isinstance(drawn, Value) else list(drawn)
    for value in values:
        _check_size(node, value.shape)
    return values


def _moved(node: Node, weight: Weight) -> Weight | None:
    """A weight under another name, or with its axes in another order or of length 1 more; None for anything else."""
    if node.operator == "Identity":
        alias = node.outputs[0]
        return replace(weight, name=alias) if is_state_dict_name(alias) and not alias.startswith("/") else weight
    if node.operator == "Transpose" and node.attributes.get("perm") == [1, 0] and weight.reshaped is None:
        return replace(weight, turned=(1, 0) if weight.turned is None else None)
    if node.operator == "Unsqueeze" and weight.array is not None:
        unsqueezed = fold(node)
        return None if unsqueezed is None else weight.as_shape(unsqueezed.shape)
    return None


def _made_up(node: Node) -> str:
    """The name of what a node computes of constants."""
    return node.outputs[0] if is_made_up(node.outputs[0]) else f"onnx::{node.outputs[0]}"


def _check_size(node: Node, shape: Shape) -> None:
    if len(shape) > limits.MAX_DIMENSIONS or prod(shape) * 4 > limits.MAX_ACTIVATION_BYTES:
        raise node.error(
            f"it gives {prod(shape):,} numbers in {len(shape)} axes for one image; at most "
            f"{limits.MAX_ACTIVATION_BYTES // 4:,} in {limits.MAX_DIMENSIONS} are evaluated"
        )
