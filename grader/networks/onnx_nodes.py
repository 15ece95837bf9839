"""The nodes of an exported ONNX graph while they are followed: what each takes, and its attributes, told by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np

from grader.errors import DefinitionError
from grader.facts import AnyArray, Shape, Slot, SlotRole
from grader.networks.draft import Draft, Value
from grader.networks.graph import Network


@dataclass(frozen=True, slots=True)
class Weight:
    """An array that students' files hold: its name in the state dict and its shape there.

    `turned` are its axes in the order in which the graph takes them.
    """

    name: str
    shape: Shape
    turned: tuple[int, ...] | None = None


Known: TypeAlias = Value | Weight | AnyArray
"""What a tensor of the exported graph is: a value that depends on the image, a weight, or a constant."""


HOW_TO_EXPORT = (
    "export with torch.onnx.export(model.eval(), images, file, dynamo=False, do_constant_folding=False, "
    "training=torch.onnx.TrainingMode.PRESERVE)"
)


@dataclass(frozen=True, slots=True)
class Node:
    """One node: its operator, its inputs (None where one is left out) and its attributes as Python values."""

    operator: str
    name: str
    inputs: Sequence[Known | None]
    attributes: Mapping[str, Any]
    names: Sequence[str] = ()

    def error(self, message: str) -> DefinitionError:
        """The error that names this node before `message`."""
        return DefinitionError(f"onnx node {self.name!r} ({self.operator}): {message}")

    def has(self, place: int) -> bool:
        """Whether there is an input at a place."""
        return len(self.inputs) > place and self.inputs[place] is not None

    def value(self, place: int = 0) -> Value:
        """The input at a place, which depends on the image."""
        found = self.inputs[place] if self.has(place) else None
        if isinstance(found, Value):
            return found
        raise self.error(f"its input {place} does not depend on the image")

    def weight(self, place: int) -> Weight:
        """The input at a place, which students' files hold."""
        found = self.inputs[place] if self.has(place) else None
        if isinstance(found, Weight):
            return found
        name = self.names[place] if len(self.names) > place else ""
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
        if isinstance(found, Value | Weight):
            raise self.error(f"its input {place} is no constant; a network of fixed shapes is needed")
        return found

    def option(self, name: str, *allowed: Any) -> Any:
        """An attribute that is one of a few values, the first of them where it is absent."""
        found = self.attributes.get(name, allowed[0])
        found = found.decode() if isinstance(found, bytes) else found
        if found in allowed:
            return found
        raise self.error(f"{name} is {found!r}; supported: {', '.join(map(str, allowed))}")


@dataclass(slots=True)
class Sketch:
    """The network drawn so far, and the weights that it has used."""

    draft: Draft
    slots: dict[str, dict[str, Slot]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)

    def use(
        self,
        node: Node,
        weight: Weight,
        kind: str,
        *,
        role: SlotRole = SlotRole.PARAMETER,
        positions: int = 0,
        turned: tuple[int, ...] | None = None,
    ) -> str:
        """The name of a weight's slot, which is made or, where the weight was used before, used once more."""
        layer, _, array = weight.name.rpartition(".")
        if not layer or not array:
            raise node.error(f"the weight {weight.name!r} is not named as in a state dict, such as conv1.weight")
        slot = Slot(weight.name, weight.shape, role, turned, positions)
        known = self.slots.setdefault(layer, {}).get(weight.name)
        if known is not None and replace(known, positions=0) != replace(slot, positions=0):
            raise node.error(f"the weight {weight.name!r} is used here in another way than elsewhere")
        if known is not None:
            slot = replace(slot, positions=known.positions + positions)
        self.slots[layer][weight.name] = slot
        self.kinds.setdefault(layer, kind)
        return weight.name

    def finish(self, name: str, logits: Value, order: Sequence[str]) -> Network:
        """The network, its layers and their arrays in the order of the weights' names."""
        layers = dict.fromkeys(weight.rpartition(".")[0] for weight in order)
        for layer in layers:
            if layer in self.slots:
                used = [self.slots[layer][weight] for weight in order if weight in self.slots[layer]]
                self.draft.own(layer, self.kinds[layer], used)
        return self.draft.finish(name, logits, list(layers), channels_first=True)
