"""Bytes behind a descriptor without a file that has a name: nothing of a student's is written where others look."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

if sys.platform == "linux":  # elsewhere nothing is jailed, and nobody has to be kept from changing a file
    import fcntl


@contextmanager
def memory_file(content: bytes) -> Iterator[int]:
    """A descriptor of an anonymous file, for the time of the `with` block; on Linux nobody can change it any more."""
    if sys.platform != "linux":
        with tempfile.TemporaryFile() as stream:
            stream.write(content)
            stream.flush()
            yield stream.fileno()
        return
    file = os.memfd_create("input", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        with os.fdopen(os.dup(file), "wb") as stream:
            stream.write(content)
        seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
        fcntl.fcntl(file, fcntl.F_ADD_SEALS, seals)
        yield file
    finally:
        os.close(file)


def beginning_of(file: int, most: int) -> bytes:
    """So many bytes from the beginning of the file behind a descriptor, or all of them."""
    os.lseek(file, 0, os.SEEK_SET)
    return os.read(file, most)


def content_of(file: int) -> bytes:
    """All bytes of the file behind a descriptor."""
    with os.fdopen(os.dup(file), "rb") as stream:
        stream.seek(0)
        return stream.read()
