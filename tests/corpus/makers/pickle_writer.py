"""A writer of pickles from a description, so that any class can be named that nobody has, and nothing is ever run.

A description is plain data, or a mapping with one of these keys and its arguments:

    tensor   the name of one of the base's tensors, or a mapping of what differs from it (see `Tensor`)
    call     a function's path, `with` its arguments
    object   a class's path, `state` its attributes, `with` its arguments
    global   a path
    ordered  pairs or a mapping, as an OrderedDict
    pairs    a dictionary that may repeat itself
    tuple    the items of a tuple
    hex      opcodes as they are
    bytes    bytes as hexadecimal text
    repeat   a description and `times`: opcodes again and again
    steps    descriptions, one behind the other
"""

import math
import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

MARK, REDUCE, BUILD, NEWOBJ, PERSID = b"(", b"R", b"b", b"\x81", b"Q"


@dataclass(frozen=True)
class Tensor:
    """A tensor's words: everything may be told otherwise than it is."""

    key: str
    numbers: int
    shape: tuple[int, ...]
    storage: str = "torch.FloatStorage"
    stride: tuple[int, ...] | None = None
    offset: Any = 0
    function: str = "torch._utils._rebuild_tensor_v2"
    view: Any = "none"  # sixth part of a storage's id, in the old format

    def told_otherwise(self, facts: Mapping[str, Any]) -> "Tensor":
        changes: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()
        }
        return replace(self, **changes)


class Writer:
    """Turns descriptions into opcodes of protocol 2; `tensors` are the base's, `old` says whether ids have six parts."""

    def __init__(self, tensors: Mapping[str, Tensor], *, old: bool = False) -> None:
        self._tensors, self._old = tensors, old

    def pickle(self, description: Any, protocol: int = 2) -> bytes:
        """A whole pickle."""
        return b"\x80" + bytes([protocol]) + self.words(description) + b"."

    def words(self, description: Any) -> bytes:
        """The opcodes that push what is described."""
        if isinstance(description, Mapping):
            for key, write in self._ways().items():
                if key in description:
                    return write(description[key], description)
            return b"}" + self._sets(description.items())
        if isinstance(description, list):
            return b"]" + (MARK + b"".join(map(self.words, description)) + b"e" if description else b"")
        return _plain(description)

    def _ways(self) -> dict[str, Callable[[Any, Mapping[str, Any]], bytes]]:
        return {
            "tensor": lambda which, _: self._tensor(which),
            "call": lambda path, all_: _global(path) + self._tuple(all_.get("with", [])) + REDUCE,
            "object": self._object,
            "global": lambda path, _: _global(path),
            "ordered": lambda pairs, _: _ORDERED + self._sets(pairs.items() if isinstance(pairs, Mapping) else pairs),
            "pairs": lambda pairs, _: b"}" + self._sets(pairs),
            "tuple": lambda items, _: self._tuple(items),
            "hex": lambda digits, _: bytes.fromhex(digits),
            "bytes": lambda digits, _: b"B" + _counted(bytes.fromhex(digits)),
            "steps": lambda all_, _: b"".join(map(self.words, all_)),
            "repeat": lambda inner, all_: self.words(inner) * int(all_["times"]),
        }

    def _object(self, path: str, description: Mapping[str, Any]) -> bytes:
        made = _global(path) + self._tuple(description.get("with", [])) + NEWOBJ
        return made + (self.words(description["state"]) + BUILD if "state" in description else b"")

    def _tensor(self, which: Any) -> bytes:
        facts = dict(which) if isinstance(which, Mapping) else {"like": which}
        wrapper, attributes = facts.pop("parameter", None), facts.pop("extra", [])
        tensor = self._tensors[facts.pop("like")].told_otherwise(facts)
        stride = tensor.stride if tensor.stride is not None else strides(tensor.shape)
        sixth = [None if tensor.view == "none" else tensor.view] if self._old or tensor.view != "none" else []
        storage = (
            self._tuple(["storage", {"global": tensor.storage}, tensor.key, "cpu", tensor.numbers, *sixth]) + PERSID
        )
        words = _global(tensor.function) + MARK + storage + self.words(tensor.offset)
        words += self._tuple(tensor.shape) + self._tuple(stride) + _plain(False) + _ORDERED
        words += b"".join(map(self.words, attributes)) + b"t" + REDUCE
        return words if wrapper is None else _global(wrapper) + MARK + words + _plain(True) + _ORDERED + b"t" + REDUCE

    def _tuple(self, items: Iterable[Any]) -> bytes:
        return MARK + b"".join(map(self.words, items)) + b"t"

    def _sets(self, pairs: Iterable[Any]) -> bytes:
        words = b"".join(self.words(key) + self.words(value) for key, value in pairs)
        return MARK + words + b"u" if words else b""


def strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides of a contiguous array, in numbers."""
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def _global(path: str) -> bytes:
    module, _, name = path.rpartition(".")
    return b"c" + module.encode() + b"\n" + name.encode() + b"\n"


_ORDERED = _global("collections.OrderedDict") + b")" + REDUCE


def _counted(content: bytes) -> bytes:
    return struct.pack("<I", len(content)) + content


def _plain(value: Any) -> bytes:
    if value is None or isinstance(value, bool):
        return {None: b"N", True: b"\x88", False: b"\x89"}[value]
    if isinstance(value, float):
        return b"G" + struct.pack(">d", value)
    if isinstance(value, int):
        content = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
        return (
            b"J" + struct.pack("<i", value)
            if -(1 << 31) <= value < 1 << 31
            else b"\x8a" + bytes([len(content)]) + content
        )
    return b"X" + _counted(str(value).encode("utf-8", "surrogatepass"))
