"""A weight file of PyTorch: which of its formats it is, and its layers with their numbers.

A state dict names arrays (`features.0.weight`); a layer here is what stands before the last dot, its arrays what stands behind.
"""

from typing import NamedTuple

from grader import limits
from grader.errors import Finding, Refusal
from grader.facts import AnyArray
from grader.reading import safetensors, signatures, state_dicts, torch_legacy, torch_zip, zips
from grader.reading.layout import Layout
from grader.reading.pickle_nodes import Node
from grader.reading.storages import Storages, read_arrays
from grader.reading.tensors import Storage

TOP = "(top)"  # the layer of arrays that belong to the network itself and not to one of its modules


class Weights(NamedTuple):
    """What a file holds: layer -> array's name -> numbers, in the file's order; remarks by code, each with a number."""

    layout: Layout
    layers: dict[str, dict[str, AnyArray]]
    notes: dict[str, int]


def read(data: bytes) -> Weights:
    """The weights of a file that begins like one of PyTorch's. Raises Refusal."""
    if signatures.safetensors_begins(data):
        return _read_safetensors(data)
    if signatures.torch_legacy_begins(data):
        return _read_pickled(*torch_legacy.open_legacy(data), Layout.TORCH_LEGACY)
    if data.startswith(signatures.ZIP):
        entries = zips.read_entries(data, limits.ZIP_MAX_ENTRIES)
        if torch_zip.is_checkpoint(entries):
            return _read_pickled(*torch_zip.open_checkpoint(data, entries), Layout.TORCH)
    raise Refusal(Finding("not-pytorch"))


def _read_pickled(tree: Node, storages: Storages, layout: Layout) -> Weights:
    found = state_dicts.find(tree)
    arrays = read_arrays(found.tensors, storages)
    return Weights(Layout.TORCH_MODULE if found.is_module else layout, _layers(arrays), found.notes)


def _read_safetensors(data: bytes) -> Weights:
    rows, places = safetensors.open_safetensors(data)
    notes: dict[str, int] = {}
    tensors = state_dicts.collect([*rows], notes)

    def read_storage(storage: Storage) -> memoryview:
        return places[storage.key]

    return Weights(Layout.SAFETENSORS, _layers(read_arrays(tensors, Storages(read_storage, little_endian=True))), notes)


def _layers(arrays: dict[str, AnyArray]) -> dict[str, dict[str, AnyArray]]:
    layers: dict[str, dict[str, AnyArray]] = {}
    for name, array in arrays.items():
        layer, _, own = name.rpartition(".")
        arrays_of_layer = layers.setdefault(layer or TOP, {})
        if own in arrays_of_layer:  # where a layer is called as the top is here
            raise Refusal(Finding("tensor-named-twice", name))
        arrays_of_layer[own] = array
    return layers
