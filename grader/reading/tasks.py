"""What the reading job can be asked to do with an uploaded file. Each task gives an answer's head and arrays.

weights     the arrays of a weight file, or of one in an archive (`member`)
contents    what an archive holds, and its manifest; nothing for a single weight file
bytes       the bytes of one file of an archive (`member`), whatever it is
"""

from collections.abc import Mapping

import numpy as np

from grader.errors import Finding, Refusal
from grader.facts import AnyArray
from grader.reading import archives, keras_files, onnx_files, signatures, torch_files
from grader.reading.layout import Layout

PYTORCH = "pytorch"
ONNX = "onnx"
Answer = tuple[dict[str, object], dict[str, AnyArray]]


def weights(data: bytes, file_name: str, file_format: str, member: str | None = None) -> Answer:
    """Layout, layers and notes, and the arrays by `<layer>/<array>`. Raises Refusal."""
    _recognise(data, file_name, file_format)
    if member is not None:
        data = archives.content_of(data, member)
        _recognise(data, member, file_format)
    if file_format == ONNX:
        graph, arrays = onnx_files.read(data)
        return {"layout": Layout.ONNX.value, "graph": graph}, arrays
    if file_format != PYTORCH:
        return _answer(*keras_files.read(data))
    if members := archives.members_of(data):
        code = "archive-not-weights" if member is None else "archive-nested"
        raise Refusal(Finding(code, member or "", got=f"{len(members):,}"))
    return _answer(*torch_files.read(data))


def contents(data: bytes, file_name: str, file_format: str, member: str | None = None) -> Answer:
    """The names and sizes of an archive's files, and its manifest as bytes. Raises Refusal."""
    _recognise(data, file_name, file_format)
    members = archives.members_of(data) if file_format == PYTORCH else None
    if members is None:
        return {"members": []}, {}
    if not members:
        raise Refusal(Finding("archive-empty"))
    manifest = archives.manifest_of(data, members)
    arrays = {} if manifest is None else {"manifest": np.frombuffer(manifest, np.uint8)}
    return {"members": [{"name": each.name, "bytes": each.size} for each in members]}, arrays


def content(data: bytes, file_name: str, file_format: str, member: str | None = None) -> Answer:
    """The bytes of one file of an archive. Raises Refusal."""
    _recognise(data, file_name, file_format)
    return {}, {"content": np.frombuffer(archives.content_of(data, member or ""), np.uint8)}


TASKS = {"weights": weights, "contents": contents, "bytes": content}


def _recognise(data: bytes, file_name: str, file_format: str) -> None:
    if wrong := signatures.recognise(data, file_name, file_format):
        raise Refusal(wrong)


def _answer(layout: Layout, layers: Mapping[str, Mapping[str, AnyArray]], notes: Mapping[str, int]) -> Answer:
    head: dict[str, object] = {
        "layout": layout.value,
        "ordered": layout.ordered,
        "layers": [{"name": name, "arrays": list(arrays)} for name, arrays in layers.items()],
        "notes": [[code, number] for code, number in notes.items()],
    }
    numbered = enumerate(layers.values())
    return head, {f"{at}/{number}": array for at, layer in numbered for number, array in enumerate(layer.values())}
