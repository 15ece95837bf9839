"""The rule about the name of an uploaded file. It belongs to the upload: grading judges content alone."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from grader.errors import Finding


def misnamed(name: str, patterns: Sequence[str]) -> Finding | None:
    """What is wrong with a name that fits none of the patterns (* and ?, no classes), None where it fits one."""
    if any(fnmatchcase(name, pattern.replace("[", "[[]")) for pattern in patterns):
        return None
    return Finding("wrong-file-name", expected=" or ".join(patterns), got=name[:120] or "(no name)")
