"""The nodes of an ONNX graph while they are followed: what each takes, and its attributes, told by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, TypeAlias

import numpy as np

from grader.facts import AnyArray, Shape
from grader.networks.draft import Value


@dataclass(frozen=True, slots=True)
class Weight:
    """An array that students' files hold: its name and its shape there.

    `turned` are its axes in the order in which the graph takes them, `reshaped` its shape in the graph after that. `array`
    are its numbers where they are known: in a graph that a student hands in, and not in a reference.
    """

    name: str
    shape: Shape
    turned: tuple[int, ...] | None = None
    reshaped: Shape | None = None
    array: AnyArray | None = None

    @property
    def graph_shape(self) -> Shape:
        """The shape that the graph sees."""
        return self.reshaped or tuple(self.shape[axis] for axis in self.turned or range(len(self.shape)))

    @property
    def placed(self) -> AnyArray | None:
        """The numbers in the shape that the graph sees."""
        if self.array is None:
            return None
        turned = self.array if self.turned is None else self.array.transpose(self.turned)
        return turned.reshape(self.graph_shape)

    def as_shape(self, shape: Shape) -> "Weight":
        """The same numbers, that the graph sees in another shape."""
        return replace(self, reshaped=None if self.turned is None and shape == self.shape else shape)


@dataclass(frozen=True, slots=True)
class Stack:
    """Values of several networks, one behind the other along an axis before the batch, where only a mean may follow."""

    values: tuple[Value, ...]


Known: TypeAlias = Value | Stack | Weight | AnyArray
"""What a tensor of the graph is: a value that depends on the image, several of them, a weight, or a constant."""


HOW_TO_EXPORT = (
    "export with torch.onnx.export(model.eval(), images, file, dynamo=False, do_constant_folding=False, "
    "training=torch.onnx.TrainingMode.PRESERVE)"
)


class GraphError(Exception):
    """A node, or a whole graph, that cannot be drawn. `where` and `operator` are empty where no node is to blame."""

    def __init__(self, message: str, where: str = "", operator: str = "") -> None:
        super().__init__(f"onnx node {where!r} ({operator}): {message}" if operator else message)
        self.message = message
        self.where = where
        self.operator = operator


@dataclass(frozen=True, slots=True)
class Node:
    """One node: its operator, its inputs (None where one is left out) and its attributes as Python values."""

    operator: str
    name: str
    inputs: Sequence[Known | None]
    attributes: Mapping[str, Any]
    names: Sequence[str] = ()
    outputs: Sequence[str] = ()
    free: bool = False
    """Whether a constant will do where a weight is needed: it is then one, and counted."""

    def error(self, message: str) -> GraphError:
        """The error that names this node before `message`."""
        return GraphError(message, self.name, self.operator)

    def has(self, place: int) -> bool:
        """Whether there is an input at a place."""
        return len(self.inputs) > place and self.inputs[place] is not None

    def value(self, place: int = 0) -> Value:
        """The input at a place, which depends on the image."""
        found = self.inputs[place] if self.has(place) else None
        if isinstance(found, Value):
            return found
        if isinstance(found, Stack):
            raise self.error("the batch has to be the first axis; of a stack of networks only the mean is taken")
        raise self.error(f"its input {place} does not depend on the image")

    def weight(self, place: int) -> Weight:
        """The input at a place, which students' files hold."""
        found = self.inputs[place] if self.has(place) else None
        if isinstance(found, Weight):
            return found
        name = self.names[place] if len(self.names) > place else ""
        if isinstance(found, np.ndarray) and self.free and found.dtype.kind == "f":
            return Weight(name, found.shape, array=found)
        if isinstance(found, Value | Stack):
            raise self.error(f"its input {place}, {name!r}, depends on the image; a weight is needed")
        raise self.error(
            f"its input {place}, {name!r}, is no array of the state dict: the exporter computed it, as where it folds a "
            f"BatchNorm into a convolution; {HOW_TO_EXPORT}"
        )

    def constant(self, place: int, attribute: str | None = None) -> AnyArray | None:
        """The constant at a place, or in the attribute that older versions have for it; None where neither is there."""
        if attribute and attribute in self.attributes:
            return np.asarray(self.attributes[attribute])
        if not self.has(place):
            return None
        found = self.inputs[place]
        known = found.placed if isinstance(found, Weight) else found
        if known is None or isinstance(known, Value | Stack):
            raise self.error(f"its input {place} is no constant; a network of fixed shapes is needed")
        return known

    def option(self, name: str, *allowed: Any) -> Any:
        """An attribute that is one of a few values, the first of them where it is absent."""
        found = self.attributes.get(name, allowed[0])
        found = found.decode() if isinstance(found, bytes) else found
        if found in allowed:
            return found
        raise self.error(f"{name} is {found!r}; supported: {', '.join(map(str, allowed))}")


def elements(shape: Sequence[int]) -> int:
    """How many numbers an array of a shape has."""
    return prod(int(size) for size in shape)
