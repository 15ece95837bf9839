"""What came back from reading a weight file, as the trusted side takes it: believed in nothing but its form."""

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from grader import limits, messages
from grader.errors import Cause, ChildDied, Finding, Refusal
from grader.facts import AnyArray, Contents, Member, Note, StoredLayer, StoredWeights
from grader.reading.layout import Layout
from grader.reading.stored_graph import graph_from_words

FLOATS = tuple(np.dtype(name) for name in ("float16", "float32", "float64"))


def from_answer(head: Mapping[str, object], arrays: Mapping[str, AnyArray]) -> StoredWeights:
    """The answer of the reading job as a record. Raises ChildDied where it is not what that job answers."""
    try:
        layout = Layout(_text(head["layout"]))
    except (KeyError, ValueError) as error:
        raise _doubt("unknown layout") from error
    if layout is Layout.ONNX:
        return StoredWeights(layout.value, True, (), graph=graph_from_words(head.get("graph"), arrays))
    layers = [_layer(index, layer, arrays) for index, layer in enumerate(_items(head.get("layers")))]
    if sum(len(layer.arrays) for layer in layers) != len(arrays):
        raise _doubt("arrays that no layer names")
    if len({layer.name for layer in layers}) != len(layers):
        raise _doubt("two layers of one name")
    notes = tuple(_note(entry) for entry in _items(head.get("notes")))
    return StoredWeights(layout.value, layout.ordered, tuple(layers), notes)


def contents_from_answer(head: Mapping[str, object], arrays: Mapping[str, AnyArray]) -> Contents:
    """The answer to the task `contents`. Raises ChildDied where it is none, Refusal for a manifest that is no text."""
    members = tuple(_member(entry) for entry in _items(head.get("members")))
    if len({member.name for member in members}) != len(members) or arrays.keys() - {"manifest"}:
        raise _doubt("two members of one name, or arrays of no meaning")
    if "manifest" not in arrays:
        return Contents(members)
    manifest = _bytes(arrays["manifest"], limits.MAX_MANIFEST_BYTES)
    try:
        return Contents(members, manifest.decode("utf-8").removeprefix("\ufeff"))
    except UnicodeDecodeError:
        raise Refusal(Finding("series-manifest", got="it is no text in UTF-8")) from None


def bytes_from_answer(head: Mapping[str, object], arrays: Mapping[str, AnyArray]) -> bytes:
    """The answer to the task `bytes`. Raises ChildDied where it is none."""
    if arrays.keys() != {"content"}:
        raise _doubt("no content, or other arrays beside it")
    return _bytes(arrays["content"], limits.ARCHIVE_MAX_MEMBER_BYTES)


def read_own(path: Path, file_format: str = "keras-h5") -> StoredWeights:
    """The weights of one's own file, read in this process. Raises Refusal; nothing here contains a hostile file."""
    from grader.reading import job  # the trusted side never loads the parser, except for a file of one's own

    file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        return from_answer(*job.run({"format": file_format, "file_name": path.name}, [file]))
    finally:
        os.close(file)


def _layer(index: int, layer: object, arrays: Mapping[str, AnyArray]) -> StoredLayer:
    if not isinstance(layer, Mapping):
        raise _doubt("a layer that is no object")
    names = [_text(name) for name in _items(layer.get("arrays"))]
    if not names or len(set(names)) != len(names):
        raise _doubt("a layer whose arrays have no names of their own")
    return StoredLayer(
        _text(layer.get("name")), {name: _array(f"{index}/{at}", arrays) for at, name in enumerate(names)}
    )


def _array(key: str, arrays: Mapping[str, AnyArray]) -> AnyArray:
    array = arrays.get(key)
    if array is None or array.dtype not in FLOATS or array.ndim > limits.MAX_DIMENSIONS or not array.size:
        raise _doubt("an array that is absent, empty or of no float type")
    return array


def _member(entry: object) -> Member:
    name, size = (entry.get("name"), entry.get("bytes")) if isinstance(entry, Mapping) else (None, None)
    if type(size) is not int or not 0 <= size <= limits.ARCHIVE_MAX_MEMBER_BYTES:
        raise _doubt("a member without a size")
    parts = _text(name).split("/")
    if "\\" in _text(name) or any(part in ("", ".", "..") for part in parts):
        raise _doubt("a member whose name leads elsewhere")
    return Member(_text(name), size)


def _bytes(array: AnyArray, max_bytes: int) -> bytes:
    if array.dtype != np.uint8 or array.ndim != 1 or array.size > max_bytes:
        raise _doubt("bytes that are none, or too many")
    return array.tobytes()


def _note(entry: object) -> Note:
    code, number = entry if isinstance(entry, list | tuple) and len(entry) == 2 else (None, None)
    known = isinstance(code, str) and code in messages.NOTES
    if not known or not isinstance(number, int) or not 0 <= number <= limits.MAX_TENSORS:
        raise _doubt("a remark of unknown kind")
    return messages.note(str(code), got=f"{number:,}")


def _items(value: object) -> list[object]:
    if not isinstance(value, list) or len(value) > limits.MAX_TENSORS:
        raise _doubt("not a list, or one too long")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= limits.MAX_NAME_CHARACTERS or not value.isprintable():
        raise _doubt("a name that is no short text")
    return value


def _doubt(detail: str) -> ChildDied:
    return ChildDied(Cause.ANSWER, detail)
