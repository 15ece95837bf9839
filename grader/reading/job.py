"""The reading job: the bytes of an uploaded file in, named arrays out. Runs in the jail.

Arguments: `format` of the weights, `max_bytes` and `file_name`, which only helps to tell what was uploaded by mistake.
"""

import os

from grader import limits
from grader.errors import Finding, Refusal
from grader.facts import AnyArray
from grader.reading import keras_files, samples, signatures, torch_files
from grader.reading.layout import Layout

READ_BYTES = 1 << 20  # for one call


def warm() -> None:
    """Reads good and damaged files of each kind, so that nothing is left to load once files can no longer be opened."""
    for file_format, content in samples.all_kinds():
        try:
            read(content, limits.MAX_FILE_BYTES, "", file_format)
        except Refusal:
            continue


def run(arguments: dict[str, object], inputs: list[int]) -> tuple[dict[str, object], dict[str, AnyArray]]:
    """Layout, layers and notes, and the arrays by `<layer>/<array>`. Raises Refusal with what is wrong with the file."""
    asked = arguments.get("max_bytes")
    max_bytes = asked if isinstance(asked, int) else limits.MAX_FILE_BYTES
    data = _content(inputs[0], max_bytes)
    return read(data, max_bytes, str(arguments.get("file_name", "")), str(arguments.get("format", "keras-h5")))


def read(
    data: bytes, max_bytes: int, file_name: str = "", file_format: str = "keras-h5"
) -> tuple[dict[str, object], dict[str, AnyArray]]:
    """What `run` returns, for bytes in memory. One byte beyond `max_bytes` is enough to refuse them."""
    if len(data) > max_bytes:
        raise Refusal(Finding("too-large", expected=f"{max_bytes:,} bytes", got=f"more than {max_bytes:,} bytes"))
    if wrong := signatures.recognise(data, file_name, file_format):
        raise Refusal(wrong)
    if file_format == "pytorch":
        return _answer(*torch_files.read(data))
    return _answer(*keras_files.read(data))


def _answer(
    layout: Layout, layers: dict[str, dict[str, AnyArray]], notes: dict[str, int]
) -> tuple[dict[str, object], dict[str, AnyArray]]:
    head: dict[str, object] = {
        "layout": layout.value,
        "ordered": layout.ordered,
        "layers": [{"name": name, "arrays": list(arrays)} for name, arrays in layers.items()],
        "notes": [[code, number] for code, number in notes.items()],
    }
    numbered = enumerate(layers.values())
    return head, {f"{at}/{number}": array for at, layer in numbered for number, array in enumerate(layer.values())}


def _content(file: int, max_bytes: int) -> bytes:
    """The file from its beginning, but no more than one byte beyond `max_bytes`."""
    os.lseek(file, 0, os.SEEK_SET)
    pieces: list[bytes] = []
    left = max_bytes + 1
    while left > 0 and (piece := os.read(file, min(left, READ_BYTES))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)
