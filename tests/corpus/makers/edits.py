"""Changes of a file's bytes.

An edit is one of `overwrite`, `insert` and `invert` at a place, `keep`, `drop` and `append`. A place is `at`, or `find`
(a text, or `find-hex`) for its `nth` place, counted from 0 or from the end; `plus` is added to it. Bytes are `text`, `hex`
or a number of `zeros`.
"""

from collections.abc import Mapping
from typing import Any

Edit = Mapping[str, Any]


def apply(data: bytes, edit: Edit) -> bytes:
    """The bytes after one edit. Raises ValueError for an edit of no kind."""
    if "keep" in edit:
        return data[: edit["keep"]]
    if "drop" in edit:
        return data[: -edit["drop"]]
    if "append" in edit:
        return data + content_of(edit["append"])
    at = _place(data, edit)
    if "overwrite" in edit:
        new = content_of(edit["overwrite"])
        return data[:at] + new + data[at + len(new) :]
    if "insert" in edit:
        return data[:at] + content_of(edit["insert"]) + data[at:]
    if "invert" in edit:
        return data[:at] + bytes([data[at] ^ edit["invert"]]) + data[at + 1 :]
    raise ValueError(f"no kind of edit: {dict(edit)}")


def _place(data: bytes, edit: Edit) -> int:
    plus = int(edit.get("plus", 0))
    if "at" in edit:
        return int(edit["at"]) + plus
    wanted = bytes.fromhex(edit["find-hex"]) if "find-hex" in edit else str(edit["find"]).encode()
    places = [at for at in range(len(data)) if data.startswith(wanted, at)]
    return places[int(edit.get("nth", 0))] + plus


def content_of(content: Mapping[str, Any]) -> bytes:
    """The bytes of a `text`, of `hex` digits, or so many `zeros`."""
    ((kind, value),) = content.items()
    return {"text": lambda: str(value).encode(), "hex": lambda: bytes.fromhex(value), "zeros": lambda: bytes(value)}[
        kind
    ]()
