"""Tensors as a pickle of torch describes them: which numbers of which storage, in which shape. No number is read here.

The calls are those of torch/_utils.py and torch/_tensor.py; a storage is the tuple that torch/serialization.py gives a pickler
as a persistent id: ("storage", class, key, place, numbers) and, in the older format, the view that it is or None.
"""

import math
from dataclasses import dataclass
from typing import TypeGuard

from grader import limits
from grader.errors import Finding
from grader.facts import Shape
from grader.reading.pickle_nodes import Global, Made, Node, Persistent, describe

ITEM_BYTES = {
    "float16": 2,
    "bfloat16": 2,
    "float32": 4,
    "float64": 8,
    "int8": 1,
    "uint8": 1,
    "int16": 2,
    "int32": 4,
    "int64": 8,
    "bool": 1,
    "complex64": 8,
    "complex128": 16,
    "qint8": 1,
    "quint8": 1,
    "qint32": 4,
    "quint4x2": 1,
    "quint2x4": 1,
    "bytes": 1,
}
FLOATS = ("float16", "bfloat16", "float32", "float64")
_STORAGES = {
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "FloatStorage": "float32",
    "DoubleStorage": "float64",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "ShortStorage": "int16",
    "IntStorage": "int32",
    "LongStorage": "int64",
    "BoolStorage": "bool",
    "UntypedStorage": "bytes",
    "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128",
    "QInt8Storage": "qint8",
    "QUInt8Storage": "quint8",
    "QInt32Storage": "qint32",
    "QUInt4x2Storage": "quint4x2",
    "QUInt2x4Storage": "quint2x4",
}
_STORAGE_MODULES = ("torch", "torch.cuda", "torch.storage")
_PLAIN = ("torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor")
_OF_ANY_KIND = "torch._utils._rebuild_tensor_v3"  # whose seventh argument is the type of its numbers
_PARAMETERS = ("torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state")
_WITH_ATTRIBUTES = "torch._tensor._rebuild_from_type_v2"  # function, class, arguments, attributes
_UNUSUAL = {
    "torch._utils._rebuild_sparse_tensor": "tensor-sparse",
    "torch._utils._rebuild_sparse_csr_tensor": "tensor-sparse",
    "torch._utils._rebuild_qtensor": "tensor-quantised",
    "torch._utils._rebuild_meta_tensor_no_storage": "tensor-without-numbers",
    "torch.nn.parameter.UninitializedParameter": "tensor-without-numbers",
    "torch.nn.parameter.UninitializedBuffer": "tensor-without-numbers",
}
_MAX_WRAPPERS = 4  # a parameter with attributes around a tensor with attributes
_MAX_INTEGER = 1 << 48  # far above any file, and products stay small


@dataclass(frozen=True, slots=True)
class Storage:
    """A run of numbers that tensors look into: its key in the file, the type of its numbers and how many there are."""

    key: str
    kind: str
    numbers: int


@dataclass(frozen=True, slots=True)
class Tensor:
    """A view of a storage: shape, strides and offset, all in numbers. Lies inside its storage."""

    storage: Storage
    offset: int
    shape: Shape
    strides: Shape

    @property
    def size(self) -> int:
        """Numbers of the tensor, those included that share their place."""
        return math.prod(self.shape)

    @property
    def end(self) -> int:
        """The place behind its last number, counted in numbers of its own type from the storage's beginning."""
        return self.offset + 1 + sum((size - 1) * step for size, step in zip(self.shape, self.strides, strict=True))


def read_storage(reference: Persistent) -> Storage | None:
    """The storage that a persistent id names, None where it names none."""
    key = reference.key
    if not isinstance(key, tuple) or len(key) not in (5, 6) or (len(key) == 6 and key[5] is not None):
        return None
    word, kind, name, _, numbers = key[:5]
    if not (isinstance(word, str) and word == "storage" and isinstance(kind, Global) and isinstance(name, str)):
        return None
    if kind.module not in _STORAGE_MODULES or kind.name not in _STORAGES or not _is_count(numbers):
        return None
    return Storage(name, _STORAGES[kind.name], numbers)


def is_tensor(node: Node) -> bool:
    """Whether the node is a call that makes a tensor, of whatever kind."""
    made = _unwrapped(node)
    if not isinstance(made, Made):
        return False
    return made.path in (*_PLAIN, _OF_ANY_KIND, *_UNUSUAL) or made.path.startswith("torch._utils._rebuild_")


def read_tensor(node: Node, where: str) -> Tensor | Finding:
    """The tensor that a node describes, or what is wrong with it."""
    made = _unwrapped(node)
    if not isinstance(made, Made) or not is_tensor(made):
        return Finding("not-a-tensor", where, got=describe(node))
    if made.path in _UNUSUAL:
        return Finding(_UNUSUAL[made.path], where)
    if made.path not in (*_PLAIN, _OF_ANY_KIND):
        return Finding("tensor-kind", where, got=made.path)
    arguments = made.arguments
    if not isinstance(arguments, tuple) or len(arguments) < 4 or not isinstance(arguments[0], Persistent):
        return Finding("tensor-malformed", where)
    storage = read_storage(arguments[0])
    if storage is None:
        return Finding("storage-malformed", where)
    kind = _kind(arguments[6]) if made.path == _OF_ANY_KIND and len(arguments) > 6 else storage.kind
    if problem := _problem_of_kind(kind, where):
        return problem
    if kind != storage.kind:  # torch stores floats in storages of their own type
        return Finding("storage-malformed", where)
    return _placed(storage, arguments[1:4], where)


def _unwrapped(node: Node) -> Node:
    """The call that makes the tensor itself, without the calls around it that make it a parameter."""
    for _ in range(_MAX_WRAPPERS):
        arguments = node.arguments if isinstance(node, Made) else ()
        if not isinstance(node, Made) or not isinstance(arguments, tuple) or not arguments:
            break
        if node.path in _PARAMETERS:
            node = arguments[0]
        elif node.path == _WITH_ATTRIBUTES and len(arguments) == 4:
            node = Made(arguments[0], arguments[2])
        else:
            break
    return node


def _kind(node: Node) -> str:
    return node.name if isinstance(node, Global) and node.module == "torch" else "an unknown type"


def _problem_of_kind(kind: str, where: str) -> Finding | None:
    if kind in FLOATS:
        return None
    if kind.startswith("complex"):
        return Finding("tensor-complex", where, got=kind)
    if kind.startswith(("qint", "quint")):
        return Finding("tensor-quantised", where)
    return Finding("tensor-dtype", where, "float32", kind)


def _placed(storage: Storage, place: tuple[Node, ...], where: str) -> Tensor | Finding:
    """The tensor at a place, once that place has been shown to lie inside the storage."""
    offset, shape, strides = place
    sizes, steps = _counts(shape), _counts(strides)
    if not _is_count(offset) or sizes is None or steps is None or len(sizes) != len(steps):
        return Finding("tensor-malformed", where)
    if len(sizes) > limits.MAX_DIMENSIONS:
        return Finding("tensor-too-many-dimensions", where, str(limits.MAX_DIMENSIONS), str(len(sizes)))
    if 0 in sizes:
        return Finding("tensor-empty", where, got=str(sizes))
    tensor = Tensor(storage, offset, sizes, steps)
    if tensor.end > storage.numbers:
        return Finding("tensor-outside", where, f"{storage.numbers:,}", f"{tensor.end:,}")
    return tensor


def _counts(node: Node) -> Shape | None:
    if not isinstance(node, tuple | list) or len(node) > 4 * limits.MAX_DIMENSIONS:
        return None
    counts = tuple(item for item in node if _is_count(item))
    return counts if len(counts) == len(node) else None


def _is_count(node: Node) -> TypeGuard[int]:
    return type(node) is int and 0 <= node < _MAX_INTEGER
