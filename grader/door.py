"""What is refused of an upload before anything looks into it: by its name, its size and its first bytes."""

from grader.errors import Finding
from grader.file_names import misnamed
from grader.reading.signatures import ZIP, is_archive, recognise
from grader.upload_rules import FileRule

FIRST_BYTES = 1 << 20
"""So many bytes of a file are looked at, or all of it."""


def refused(name: str, head: bytes, rule: FileRule) -> Finding | None:
    """What is wrong with a file of that name that begins with `head`, None where it may come in."""
    if not name.isprintable():
        return Finding("wrong-file-name", expected=" or ".join(rule.names), got=ascii(name[:100]))
    # What a file is tells its sender more than that its name is another: a .keras file under its own name.
    return _other_kind(head, name, rule) or misnamed(name, rule.names)


def too_large(size: int, rule: FileRule) -> Finding | None:
    """What is wrong with a file of so many bytes, None where it is small enough."""
    if size <= rule.max_bytes:
        return None
    return Finding("too-large", expected=f"{rule.max_bytes:,} bytes", got=f"{size:,} bytes")


def _other_kind(head: bytes, name: str, rule: FileRule) -> Finding | None:
    """What the file is in place of what the assignment takes, as far as its beginning tells."""
    if rule.code is None or not head.startswith(ZIP):
        return recognise(head, name, rule.format)
    return None if is_archive(head) else Finding("code-checkpoint-alone", expected=" or ".join(rule.code.scripts))
