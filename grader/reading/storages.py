"""The numbers of tensors, copied out of the storages that they look into."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from grader import limits
from grader.errors import Finding, Refusal
from grader.facts import AnyArray
from grader.reading.tensors import ITEM_BYTES, Storage, Tensor


@dataclass(frozen=True, slots=True)
class Storages:
    """Where the bytes of storages are: `read` takes a storage and gives its bytes, or raises Refusal."""

    read: Callable[[Storage], memoryview]
    little_endian: bool


def read_arrays(tensors: Mapping[str, Tensor], storages: Storages) -> dict[str, AnyArray]:
    """Name -> array, in this machine's byte order; bfloat16 is widened to float32, which holds all its values.

    Everything is counted before the first array is made: numbers that share their place count each time that they are seen.
    """
    total = 0
    for name, tensor in tensors.items():
        total += tensor.size
        if total > limits.MAX_ELEMENTS:
            raise Refusal(Finding("too-many-numbers", name, f"{limits.MAX_ELEMENTS:,}", f"{total:,}"))
    known: dict[str, memoryview] = {}
    return {name: _array(tensor, name, storages, known) for name, tensor in tensors.items()}


def _array(tensor: Tensor, name: str, storages: Storages, known: dict[str, memoryview]) -> AnyArray:
    storage = tensor.storage
    if storage.key not in known:
        known[storage.key] = storages.read(storage)
    content = known[storage.key]
    needed = storage.numbers * ITEM_BYTES[storage.kind]
    if len(content) != needed:
        raise Refusal(Finding("storage-length", name, f"{needed:,} bytes", f"{len(content):,} bytes"))
    return _copied(tensor, content, storages.little_endian)


def _copied(tensor: Tensor, content: memoryview, little_endian: bool) -> AnyArray:
    kind = tensor.storage.kind
    form = np.dtype("uint16" if kind == "bfloat16" else kind)
    numbers = np.frombuffer(content, form.newbyteorder("<" if little_endian else ">"))
    if tensor.end > numbers.size:  # read_tensor has seen to that; NumPy would read whatever memory holds
        raise ValueError(f"a tensor up to {tensor.end} of {numbers.size} numbers")
    steps = [step * form.itemsize for step in tensor.strides]
    view = np.lib.stride_tricks.as_strided(numbers[tensor.offset :], tensor.shape, steps, writeable=False)
    if kind != "bfloat16":
        return view.astype(form)
    # its 16 bits are the upper half of a float32
    return (view.astype(np.uint32) << np.uint32(16)).view(np.float32)
