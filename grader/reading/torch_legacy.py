"""The format that torch.save wrote before version 1.6, and writes still when it is asked to, without torch.

Five pickles, one behind the other: a number that marks the format, the number of its version, facts about the machine, the
objects, and the keys of their storages; then for each key how many numbers it has (8 bytes) and the numbers.
"""

import struct

from grader import limits
from grader.errors import Finding, Refusal
from grader.reading import pickle_machine
from grader.reading.pickle_nodes import Node, Persistent, Table
from grader.reading.storages import Storages
from grader.reading.tensors import ITEM_BYTES, Storage, read_storage

MAGIC = 0x1950A86A20F9469CFC6C  # torch/serialization.py
PROTOCOL = 1001
_COUNT = struct.Struct("<q")


def open_legacy(data: bytes) -> tuple[Node, Storages]:
    """The tree of the file's objects, and where its storages are. Raises Refusal."""
    magic = pickle_machine.load(data, 0, limits.LEGACY_MAX_HEAD_OPCODES)
    protocol = pickle_machine.load(data, magic.end, limits.LEGACY_MAX_HEAD_OPCODES)
    machine = pickle_machine.load(data, protocol.end, limits.LEGACY_MAX_HEAD_OPCODES)
    objects = pickle_machine.load(data, machine.end)
    keys = pickle_machine.load(data, objects.end, limits.LEGACY_MAX_KEY_OPCODES)
    if magic.node != MAGIC or protocol.node != PROTOCOL or not isinstance(machine.node, Table):
        raise Refusal(Finding("legacy-head"))
    places = _places(data, keys.end, _keys(keys.node), _storages(objects.persistent))

    def read(storage: Storage) -> memoryview:
        return places[storage.key]

    # torch writes numbers little-endian here on every machine, whatever it says about that machine
    return objects.node, Storages(read, little_endian=True)


def _storages(references: list[Persistent]) -> dict[str, Storage]:
    """The storages by key. The same pickle also refers to the source code of modules, which is passed over."""
    found: dict[str, Storage] = {}
    for reference in references:
        word = reference.key[0] if isinstance(reference.key, tuple) and reference.key else None
        if isinstance(word, str) and word == "module":
            continue
        storage = read_storage(reference)
        if storage is None or found.setdefault(storage.key, storage) != storage:
            raise Refusal(Finding("storage-malformed", storage.key if storage else "the pickle"))
    return found


def _keys(node: Node) -> list[str]:
    keys = [key for key in node if isinstance(key, str)] if isinstance(node, list) else None
    if keys is None or not isinstance(node, list) or len(keys) != len(node) or len(set(keys)) != len(keys):
        raise Refusal(Finding("legacy-keys"))
    return keys


def _places(data: bytes, at: int, keys: list[str], storages: dict[str, Storage]) -> dict[str, memoryview]:
    """The bytes of each storage; they follow each other up to the end of the file."""
    if set(keys) != set(storages):
        raise Refusal(Finding("legacy-keys"))
    view = memoryview(data)
    places: dict[str, memoryview] = {}
    for key in keys:
        storage = storages[key]
        end = at + _COUNT.size + storage.numbers * ITEM_BYTES[storage.kind]
        if end > len(data):
            raise Refusal(Finding("legacy-truncated", expected=f"{end:,} bytes", got=f"{len(data):,} bytes"))
        (numbers,) = _COUNT.unpack_from(data, at)
        if numbers != storage.numbers:
            where = key[: limits.MAX_NAME_CHARACTERS]
            raise Refusal(Finding("storage-length", where, f"{storage.numbers:,} numbers", f"{numbers:,} numbers"))
        places[key] = view[at + _COUNT.size : end]
        at = end
    if at != len(data):
        raise Refusal(Finding("legacy-truncated", expected=f"{at:,} bytes", got=f"{len(data):,} bytes"))
    return places
