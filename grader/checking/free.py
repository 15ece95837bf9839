"""A network of the student's own choice, in a file that holds it together with its weights."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

from grader import limits
from grader.checking.fit import Fit, cast_notes
from grader.errors import Finding, GraderFault
from grader.facts import Graph, Shape, StoredWeights
from grader.messages.onnx import advice
from grader.networks.activation_sizes import operations
from grader.networks.graph import Network
from grader.networks.onnx_drawing import Drawing, UnknownOperators, draw
from grader.networks.onnx_nodes import GraphError
from grader.networks.onnx_singles import single_numbers


@dataclass(frozen=True, slots=True)
class Free:
    """What every network of a free architecture has: images of one shape (channels, height, width) go in."""

    input_shape: Shape

    @property
    def channels_first(self) -> bool:
        """Always: that is how torch exports images."""
        return True


def fit(stored: StoredWeights, rule: Free, classes: int) -> Fit:
    """The network in a file, drawn with our own operators, and its arrays in their places, with all that is wrong."""
    if stored.graph is None:
        raise GraderFault("a free architecture is read from files that hold a graph alone")
    if stored.graph.input_shape != rule.input_shape:
        problem = Finding(
            "onnx-other-images", stored.graph.images, str(rule.input_shape), str(stored.graph.input_shape)
        )
        return Fit(None, (), {}, (problem,))
    try:
        drawing = draw(stored.graph, {}, free=True)
    except UnknownOperators as error:
        return Fit(None, (), {}, tuple(_unknown(error)))
    except GraphError as error:
        where = f"{error.where} ({error.operator})" if error.operator else stored.graph.output
        return Fit(None, (), {}, (Finding("onnx-node", where, got=error.message),))
    network = drawing.network
    problems = (*_unused(drawing, stored.graph), *_judged(network, classes))
    notes = tuple(cast_notes(drawing.arrays))
    return Fit(network, network.slots, drawing.arrays, problems, notes, (_digest(network),))


def _unknown(error: UnknownOperators) -> Iterator[Finding]:
    for node in error.nodes[: limits.MAX_MATCH_PROBLEMS]:
        yield Finding("onnx-operator", node.name, advice(node.operator), node.operator)


def _unused(drawing: Drawing, graph: Graph) -> Iterator[Finding]:
    """Arrays that no logit depends on would be weights that do nothing, and make a network look sparse."""
    idle = [name for name in drawing.unused if graph.arrays[name].dtype.kind == "f" and graph.arrays[name].size]
    if idle:
        numbers = sum(graph.arrays[name].size for name in idle)
        yield Finding("onnx-unused", idle[0], expected=f"{numbers:,}", got=f"{len(idle):,}")


def _judged(network: Network, classes: int) -> Iterator[Finding]:
    if network.classes != classes:
        yield Finding("onnx-classes", expected=f"{classes:,}", got=f"{network.classes:,}")
    if (work := operations(network)) > limits.MAX_OPERATIONS:
        yield Finding("too-many-operations", expected=f"{limits.MAX_OPERATIONS:,}", got=f"{work:,}")
    numbers = single_numbers(network)
    if len(numbers) > limits.ONNX_MAX_SINGLES:
        yield Finding("onnx-singles", expected=f"{limits.ONNX_MAX_SINGLES}", got=f"{len(numbers):,}")
    if not all(map(isfinite, numbers)):
        yield Finding("not-finite", "a constant of the graph", got="infinity or NaN")


def _digest(network: Network) -> str:
    """What tells networks apart whose weights are equal: the graph that they stand in."""
    return hashlib.sha256(network.graph.SerializeToString(deterministic=True)).hexdigest()
