"""Zip archives of several files: checkpoints by program, texts, zeros, and other archives.

Keys: `files`, each with its `name`, what it holds (`checkpoint`: a program of that maker; `archive`: one of this one; or
`text`, `hex`, `zeros`), and whatever `zip_writer.Entry` takes; `zip`: options of `zip_writer.write`; `edits` of the bytes.
Files are packed unless `method` says otherwise.
"""

from collections.abc import Mapping
from typing import Any

from tests.corpus.makers import checkpoint, edits, zip_writer
from tests.corpus.makers.zip_writer import DESCRIPTOR, UTF_8, Entry

DEFLATE = 8


def make(parameters: Mapping[str, Any], seed: int) -> bytes:
    """The bytes of the archive."""
    entries = [_entry(dict(file), seed + at) for at, file in enumerate(parameters["files"])]
    data = zip_writer.write(entries, **{"zip64": False, **parameters.get("zip", {})})
    for edit in parameters.get("edits", []):
        data = edits.apply(data, edit)
    return data


def _entry(file: dict[str, Any], seed: int) -> Entry:
    name = file.pop("name")
    if "checkpoint" in file:
        content = checkpoint.make(file.pop("checkpoint"), seed)
    elif "archive" in file:
        content = make(file.pop("archive"), seed)
    else:
        kind = next(kind for kind in ("text", "hex", "zeros") if kind in file)
        content = edits.content_of({kind: file.pop(kind)})
    return Entry(name, content, **{"method": DEFLATE, "flags": UTF_8 | DESCRIPTOR, **file})
