"""The reading job: the bytes of an uploaded file in, named arrays out. Runs in the jail.

Arguments: the `task` and the `member` of an archive that it is about (see `tasks`), the `format` of the weights, `max_bytes`,
and `file_name`, which only helps to tell what was uploaded by mistake.
"""

import os
from collections.abc import Mapping

from grader import limits
from grader.errors import Finding, Refusal
from grader.reading import samples
from grader.reading.tasks import TASKS, Answer

READ_BYTES = 1 << 20  # for one call at least, for a file that does not tell its size
TEXTS = {"task": "weights", "format": "keras-h5", "file_name": ""}
"""Arguments and their values where they are left out."""


def warm() -> None:
    """Reads good and damaged files of each kind, so that nothing is left to load once files can no longer be opened."""
    for arguments, content in samples.all_kinds():
        try:
            answer(content, limits.MAX_FILE_BYTES, arguments)
        except Refusal:
            continue


def run(arguments: dict[str, object], inputs: list[int]) -> Answer:
    """The head and arrays of the answer to a task. Raises Refusal with what is wrong with the file."""
    asked = arguments.get("max_bytes")
    max_bytes = asked if isinstance(asked, int) else limits.MAX_FILE_BYTES
    return answer(content_of(inputs[0], max_bytes), max_bytes, arguments)


def answer(data: bytes, max_bytes: int, arguments: Mapping[str, object]) -> Answer:
    """What `run` returns, for bytes in memory. One byte beyond `max_bytes` is enough to refuse them."""
    if len(data) > max_bytes:
        raise Refusal(Finding("too-large", expected=f"{max_bytes:,} bytes", got=f"more than {max_bytes:,} bytes"))
    task, file_format, file_name = (str(arguments.get(name, default)) for name, default in TEXTS.items())
    member = arguments.get("member")
    return TASKS[task](data, file_name, file_format, None if member is None else str(member))


def read(data: bytes, max_bytes: int, file_name: str = "", file_format: str = "keras-h5") -> Answer:
    """The weights in bytes in memory."""
    return answer(data, max_bytes, {"file_name": file_name, "format": file_format})


def content_of(file: int, max_bytes: int) -> bytes:
    """The file from its beginning, but no more than one byte beyond `max_bytes`."""
    os.lseek(file, 0, os.SEEK_SET)
    at_once = max(os.fstat(file).st_size + 1, READ_BYTES)  # one piece is not copied once more
    pieces: list[bytes] = []
    left = max_bytes + 1
    while left > 0 and (piece := os.read(file, min(left, at_once))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)
