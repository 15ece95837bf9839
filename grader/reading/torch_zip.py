"""The zip archive that torch.save has written since version 1.6, without torch.

One root folder; `data.pkl` holds the objects, `data/<key>` the numbers of one storage each; nothing is packed. A TorchScript
archive looks alike and holds code.
"""

from grader import limits
from grader.errors import Finding, Refusal
from grader.reading import pickle_machine, zips
from grader.reading.pickle_nodes import Node
from grader.reading.storages import Storages
from grader.reading.tensors import Storage
from grader.reading.zips import Entry

_SMALL = ("version", "byteorder", ".format_version", ".storage_alignment", ".data/serialization_id")
_SMALL_BYTES = 256  # of an entry that says something about the file
_ORDERS = {b"little": True, b"big": False}


def is_checkpoint(entries: tuple[Entry, ...]) -> bool:
    """Whether an archive is a checkpoint, and not several files: its pickle lies in its first folder."""
    root = entries[0].name.partition("/")[0] if entries else ""
    return any(entry.name in (f"{root}/data.pkl", f"{root}/constants.pkl") for entry in entries)


def open_checkpoint(data: bytes, entries: tuple[Entry, ...]) -> tuple[Node, Storages]:
    """The tree of the file's pickle, and where its storages are. Raises Refusal."""
    files = _files(entries)
    if not all(entry.method == zips.STORED for entry in files.values()):
        packed = next(entry for entry in files.values() if entry.method != zips.STORED)
        raise Refusal(Finding("checkpoint-packed", packed.name))
    if "data.pkl" not in files:
        raise Refusal(Finding("checkpoint-no-pickle"))
    pickle = files["data.pkl"]
    if pickle.size > limits.PICKLE_MAX_BYTES:
        raise Refusal(
            Finding(
                "checkpoint-pickle-size", expected=f"{limits.PICKLE_MAX_BYTES:,} bytes", got=f"{pickle.size:,} bytes"
            )
        )
    content = zips.content(data, pickle)
    loaded = pickle_machine.load(content)
    if loaded.end != len(content):
        raise Refusal(Finding("pickle-damaged", got="its end"))

    def read(storage: Storage) -> memoryview:
        entry = files.get(f"data/{storage.key}")
        if entry is None:
            raise Refusal(Finding("storage-missing", f"data/{storage.key}"[: limits.MAX_NAME_CHARACTERS]))
        return zips.content(data, entry)

    return loaded.node, Storages(read, _little_endian(data, files))


def _files(entries: tuple[Entry, ...]) -> dict[str, Entry]:
    """The entries by their names below the root folder."""
    roots = {entry.name.partition("/")[0] for entry in entries}
    if len(roots) != 1:
        raise Refusal(Finding("checkpoint-roots", expected="1", got=", ".join(sorted(roots))))
    files = {entry.name.partition("/")[2]: entry for entry in entries if not entry.is_folder}
    if "constants.pkl" in files or any(name.startswith("code/") for name in files):
        raise Refusal(Finding("torchscript"))
    for name, entry in files.items():
        if name in _SMALL and entry.size > _SMALL_BYTES:
            raise Refusal(Finding("checkpoint-entry", entry.name))
        if name not in (*_SMALL, "data.pkl") and not (name.startswith("data/") and name.count("/") == 1):
            raise Refusal(Finding("checkpoint-entry", entry.name))
    return files


def _little_endian(data: bytes, files: dict[str, Entry]) -> bool:
    """The order of bytes in the numbers; files that do not say it come from little-endian machines."""
    if "byteorder" not in files:
        return True
    told = bytes(zips.content(data, files["byteorder"]))
    if told not in _ORDERS:
        raise Refusal(Finding("checkpoint-byteorder", files["byteorder"].name))
    return _ORDERS[told]
