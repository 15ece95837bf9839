"""A network as the grader holds it: an ONNX graph without weights, and the named slots that weights go into."""

import math
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import numpy_helper

from grader.errors import GraderFault
from grader.facts import AnyArray, FloatArray, NetworkLayer, Shape, Slot, SlotRole, Weights

OPSET = 17  # every operator that is used, in a version that onnxruntime has had since 1.12
IR_VERSION = 8  # the format version that belongs to this opset
IMAGES = "images"
"""Name of the graph's input: float32, shape (samples, *input_shape)."""


@dataclass(frozen=True, slots=True)
class Network:
    """What weights are for. `layers` stand in saving order; `input_shape` is the student's framework's, without batch.

    `graph` takes `images` and gives one tensor of logits, shape (samples, classes). It names each slot where it is used
    and defines none of them; constants of the architecture (a threshold, a scale) are its only initialisers.
    """

    name: str
    graph: onnx.GraphProto
    layers: tuple[NetworkLayer, ...]
    input_shape: Shape
    classes: int
    channels_first: bool = False
    """Whether the first axis of `input_shape`, and not the last, is that of the channels."""

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Every slot in saving order."""
        return tuple(slot for layer in self.layers for slot in layer.slots)

    @property
    def parameters(self) -> int:
        """How many weights and biases the network defines, without BatchNormalization's running statistics."""
        return sum(math.prod(slot.shape) for slot in self.slots if slot.role is SlotRole.PARAMETER)


def bind(network: Network, weights: Weights) -> bytes:
    """A serialized ONNX ModelProto: the graph with `weights` as initialisers. Equal inputs give equal bytes.

    Raises GraderFault where an array is missing or has not its slot's shape: checking comes before binding.
    """
    model = onnx.ModelProto(ir_version=IR_VERSION)
    model.graph.CopyFrom(network.graph)
    for slot in network.slots:
        _fill(model.graph.initializer.add(), slot.name, placed(slot, _bound(slot, weights)))
    model.opset_import.append(onnx.OperatorSetIdProto(domain="", version=OPSET))
    return bytes(model.SerializeToString(deterministic=True))


def _bound(slot: Slot, weights: Weights) -> FloatArray:
    array = weights.get(slot.name)
    if array is None or array.shape != slot.shape or array.dtype != np.float32:
        found = "nothing" if array is None else f"{array.dtype} {array.shape}"
        raise GraderFault(f"slot {slot.name} takes float32 {slot.shape}, was bound to {found}")
    return array


def placed(slot: Slot, array: AnyArray) -> AnyArray:
    """An array of a slot as the graph has it; a view where no other shape is needed."""
    turned = array if slot.permutation is None else array.transpose(slot.permutation)
    return turned if slot.reshaped is None else turned.reshape(slot.reshaped)


def placed_shape(slot: Slot) -> Shape:
    """The shape of a slot's array as the graph has it."""
    permutation = slot.permutation or range(len(slot.shape))
    return slot.reshaped or tuple(slot.shape[axis] for axis in permutation)


def unbind(network: Network, model: bytes) -> Weights:
    """The weights that `bind` put into a model, by slot name in saving order, as the student's framework has them."""
    found = {each.name: numpy_helper.to_array(each) for each in onnx.load_model_from_string(model).graph.initializer}
    return {slot.name: _as_stored(slot, found[slot.name]) for slot in network.slots}


def _as_stored(slot: Slot, found: AnyArray) -> FloatArray:
    permutation = slot.permutation or tuple(range(len(slot.shape)))
    turned = found.reshape([slot.shape[axis] for axis in permutation])
    return np.ascontiguousarray(turned.transpose(np.argsort(permutation)), np.float32)


def tensor(name: str, array: AnyArray) -> onnx.TensorProto:
    """An initialiser that holds `array` (float32 or int64) as little-endian bytes."""
    return _fill(onnx.TensorProto(), name, array)


def _fill(made: onnx.TensorProto, name: str, array: AnyArray) -> onnx.TensorProto:
    """The same, filled in where it stands: a message that is put into another one is copied."""
    made.name, made.dims[:] = name, array.shape
    made.data_type = onnx.TensorProto.FLOAT if array.dtype == np.float32 else onnx.TensorProto.INT64
    made.raw_data = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
    return made
