"""A network in float64, operator by operator: it decides the samples that float32 leaves open, the same everywhere."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper

from grader import limits
from grader.errors import GraderFault
from grader.evaluating.agreement import TIE, classes_of, exact_slack
from grader.evaluating.gates import GATED, self_gated
from grader.evaluating.images import Images
from grader.evaluating.jumps import JUMP, jumps
from grader.evaluating.operators import OPERATORS, Operator
from grader.evaluating.windows import Tensor
from grader.facts import AnyArray, FloatArray

LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True)
class Step:
    """One operator of a graph, its attributes as Python values; `spent` are the tensors that no later step takes."""

    operator: str
    inputs: tuple[str, ...]
    output: str
    attributes: Mapping[str, Any]
    spent: frozenset[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """A bound graph as it is computed: its constants, the name of its input, and the operators in order."""

    constants: Mapping[str, AnyArray]
    input: str
    steps: tuple[Step, ...]


def plan_of(model: bytes) -> Plan:
    """The plan of a serialized ModelProto. Raises GraderFault where an operator is not in the table."""
    graph = onnx.load_model_from_string(model).graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    told: dict[str, dict[str, Any]] = {name: {JUMP: jump} for name, jump in jumps(graph.node, constants).items()}
    told |= {name: {GATED: True} for name in self_gated(graph.node)}
    steps = _steps(graph.node, {graph.output[0].name, *constants}, told)
    if steps[-1].output != graph.output[0].name:
        raise GraderFault("the graph's output is not its last operator's")
    return Plan(constants, graph.input[0].name, steps)


class ExactNetwork:
    """A bound ONNX graph that computes in float64. Raises GraderFault where an operator is not in the table."""

    def __init__(self, model: bytes) -> None:
        plan = plan_of(model)
        self._constants = {name: value.astype(np.float64) for name, value in plan.constants.items()}
        self._input, self._steps = plan.input, plan.steps

    def logits(self, images: FloatArray) -> npt.NDArray[np.float64]:
        """The logits of some images: (images, classes), NaN for those that leave float32's range on the way."""
        usable = np.ones(len(images), np.bool_)
        for value in self.values(images):
            usable = usable & _in_range(value)
        answer: npt.NDArray[np.float64] = np.where(usable[:, None], value, np.nan)
        return answer

    def sample_bytes(self, image: FloatArray) -> int:
        """The size of the largest tensor on one image's way, in bytes; `image` has a batch axis of 1."""
        return max(value.nbytes for value in self.values(image))

    def values(self, images: FloatArray, operators: Mapping[str, Operator] = OPERATORS) -> Iterator[Tensor]:
        """The input, and each operator's output in turn; the last ones are the logits.

        Another table of operators gives another arithmetic on the same graph.
        """
        tensors: dict[str, Tensor] = {self._input: images.astype(np.float64)}
        yield tensors[self._input]
        for step in self._steps:
            inputs = [self._constants[name] if name in self._constants else tensors[name] for name in step.inputs]
            with np.errstate(all="ignore"):  # what overflows is found by its value
                tensors[step.output] = operators[step.operator](inputs, step.attributes)
            yield tensors[step.output]
            for name in step.spent:
                del tensors[name]


def decide(
    network: ExactNetwork, images: Images, indices: npt.NDArray[np.int64], magnitude: float = 0.0
) -> npt.NDArray[np.int32]:
    """The classes of the images at `indices`, -1 where a value leaves float32's range; ties go to the lowest class.

    `magnitude` is how large the numbers are that are added up to a logit: what float64 cannot tell apart is a tie.
    Works in batches, so that memory is bounded; time is not, and is the job's limit to set.
    """
    classes = np.empty(len(indices), np.int32)
    if not len(indices):
        return classes
    batch = max(1, limits.EXACT_BATCH_BYTES // network.sample_bytes(images.take(indices[:1])))
    for first in range(0, len(indices), batch):
        part = slice(first, first + batch)
        classes[part] = classes_of(network.logits(images.take(indices[part])), TIE, exact_slack(magnitude))
    return classes


def _in_range(tensor: Tensor) -> npt.NDArray[np.bool_]:
    """True for each sample whose values are finite and fit float32; NaN fails both comparisons."""
    axes = tuple(range(1, tensor.ndim))
    fits: npt.NDArray[np.bool_] = (tensor.max(axis=axes) <= LARGEST) & (tensor.min(axis=axes) >= -LARGEST)
    return fits


def _steps(nodes: Any, kept: set[str], told: Mapping[str, Mapping[str, Any]]) -> tuple[Step, ...]:
    """The operators in order, each with the tensors that it is the last to use; `told` are more attributes, by output."""
    unknown = sorted({node.op_type for node in nodes} - OPERATORS.keys())
    if unknown:
        raise GraderFault(f"operators that float64 does not know: {', '.join(unknown)}")
    steps: list[Step] = []
    needed = set(kept)
    for node in reversed(nodes):
        spent = frozenset(node.input) - needed
        needed |= spent
        attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
        attributes |= told.get(node.output[0], {})
        steps.append(Step(node.op_type, tuple(node.input), node.output[0], attributes, spent))
    return tuple(reversed(steps))
