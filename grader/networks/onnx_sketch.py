"""The network that is drawn while the nodes of an ONNX graph are followed, and the weights that it has used."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count

import numpy as np

from grader.facts import AnyArray, Shape, Slot, SlotRole
from grader.networks.draft import Draft, Value
from grader.networks.graph import Network
from grader.networks.onnx_nodes import Node, Weight

MADE_UP = ("onnx::", "val_", "_val_", "const_", "scalar_tensor", "c_lifted")
"""How exporters name tensors that they computed: weights under such names are no longer the state dict's."""
PLACES = ("input", "weight", "bias", "running_mean", "running_var")
"""What the inputs of a layer with weights are called, where their names do not tell."""


def is_made_up(name: str) -> bool:
    """Whether an exporter, and nobody who wrote a network, chose this name."""
    return name.startswith(MADE_UP) or "/" in name


def is_state_dict_name(name: str) -> bool:
    """Whether a name is one of a state dict's, `conv1.weight`."""
    return "." in name.strip(".") and not is_made_up(name)


@dataclass(slots=True)
class Sketch:
    """The network drawn so far, and the weights that it has used."""

    draft: Draft
    slots: dict[str, dict[str, Slot]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    free: bool = False
    """Whether weights may have any name; then they get one such as a state dict has."""
    names: dict[tuple[object, ...], str] = field(default_factory=dict)
    """Name of a weight in the graph and how it is used -> that of its slot, where any name will do."""
    arrays: dict[str, AnyArray] = field(default_factory=dict)
    """Slot name -> its numbers, of those weights whose numbers are known."""
    operands: dict[tuple[str, SlotRole], str] = field(default_factory=dict)
    """Name of a tensor in the graph and its role -> the tensor of ours; an array that many nodes take is there once."""
    inverses: dict[str, Weight | AnyArray] = field(default_factory=dict)
    """Name of a divisor in the graph -> what is multiplied by in its place."""
    fillings: dict[tuple[Shape, float], str] = field(default_factory=dict)
    """Shape and number -> the constant of that number all over."""

    def use(
        self,
        node: Node,
        weight: Weight,
        kind: str,
        *,
        role: SlotRole = SlotRole.PARAMETER,
        positions: int = 0,
    ) -> str:
        """The name of a weight's slot, which is made or, where the weight was used before, used once more."""
        name = self._slot_name(node, weight, role)
        layer, _, array = name.rpartition(".")
        if not layer or not array:
            raise node.error(f"the weight {weight.name!r} is not named as in a state dict, such as conv1.weight")
        slot = Slot(name, weight.shape, role, weight.turned, positions, weight.reshaped)
        known = self.slots.setdefault(layer, {}).get(name)
        if known is not None and replace(known, positions=0) != replace(slot, positions=0):
            raise node.error(f"the weight {weight.name!r} is used here in another way than elsewhere")
        if known is not None:
            slot = replace(slot, positions=known.positions + positions)
        self.slots[layer][name] = slot
        self.kinds.setdefault(layer, kind)
        if weight.array is not None:
            self.arrays[name] = weight.array
        return name

    def operand(
        self, node: Node, place: int, known: Weight | AnyArray, kind: str, role: SlotRole = SlotRole.PARAMETER
    ) -> str:
        """The tensor of an input that no image decides: the slot of a weight, or a constant of the architecture.

        Numbers come into a network here alone. In one of the student's own, an array of different numbers is a weight,
        whatever type it has and whatever the graph made it of: else any number of them could come in uncounted.
        """
        way = (node.names[place], role)
        if way not in self.operands:
            if isinstance(known, np.ndarray) and self.free and known.size and (known != known.flat[0]).any():
                known = Weight(node.names[place], known.shape, array=known.astype(np.float32))
            self.operands[way] = (
                self.use(node, known, kind, role=role) if isinstance(known, Weight) else self.draft.constant(known)
            )
        return self.operands[way]

    def filled(self, shape: Shape, number: float) -> str:
        """A constant of one number all over."""
        if (shape, number) not in self.fillings:
            self.fillings[shape, number] = self.draft.constant(np.full(shape, number, np.float32))
        return self.fillings[shape, number]

    def knows(self, weight: Weight, role: SlotRole) -> bool:
        """Whether a weight was used before, in that role."""
        name = self.names.get(_way(weight, role), "") if self.free else weight.name
        slot = self.slots.get(name.rpartition(".")[0], {}).get(name)
        return slot is not None and slot.role is role

    def _slot_name(self, node: Node, weight: Weight, role: SlotRole) -> str:
        """The weight's own name where it is one of a state dict's; else that of the layer where it is first used.

        One that is used in another way once more (the exporter found two arrays equal) is counted for each way.
        """
        if not self.free:
            return weight.name
        way = _way(weight, role)
        if way not in self.names:
            taken = set(self.names.values())
            name = weight.name if is_state_dict_name(weight.name) else _named_after(node, weight.name)
            names = (name if number == 1 else f"{name}_{number}" for number in count(1))
            self.names[way] = next(each for each in names if each not in taken)
        return self.names[way]

    def finish(self, name: str, logits: Value, order: Sequence[str]) -> Network:
        """The network, its layers and their arrays in the order of the weights' names."""
        layers = dict.fromkeys(weight.rpartition(".")[0] for weight in order)
        for layer in layers:
            if layer in self.slots:
                used = [self.slots[layer][weight] for weight in order if weight in self.slots[layer]]
                self.draft.own(layer, self.kinds[layer], used)
        return self.draft.finish(name, logits, list(layers), channels_first=True)


def _named_after(node: Node, name: str) -> str:
    """A name for a weight that has none of its own: its node's, or that of the parameter, and what it is there."""
    place = node.names.index(name) if name in node.names else 0
    array = PLACES[place] if place < len(PLACES) else f"input_{place}"
    owner = node.name if is_made_up(name) or name in node.outputs else name
    return f"{owner.strip('/').replace('/', '.').replace(':', '_') or node.operator}.{array}"


def _way(weight: Weight, role: SlotRole) -> tuple[object, ...]:
    return (weight.name, role, weight.turned, weight.reshaped)
