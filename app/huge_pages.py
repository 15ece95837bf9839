"""Puts what a process has in memory together into huge pages of 2 MiB, where the system has them (Linux 6.1).

The processor then finds what it looks for with far fewer entries of its tables, above all after others had their turn.
"""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from grader.airlock import kernel

BYTES = 2 << 20
MADV_HUGEPAGE = 14
MADV_COLLAPSE = 25
HEAP = "[heap]"


def use_them() -> int:
    """How many pages were put together of what is there now; what is touched in these pieces later is huge at once.

    The contents stay. What cannot be put together, such as a piece that is shared, is left as it is.
    """
    if sys.platform != "linux":
        return 0
    return sum(_collapse(first, end) for first, end in _own_memory())


def _own_memory() -> Iterator[tuple[int, int]]:
    """First and last address of each piece that is private, written, of no file, and holds a huge page (man 5 proc_pid_maps)."""
    for line in Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines():
        span, access, _, _, file, *name = line.split(maxsplit=5)
        if access != "rw-p" or file != "0" or name not in ([], [HEAP]):
            continue
        low, high = (int(each, 16) for each in span.split("-"))
        first, end = -(-low // BYTES) * BYTES, high // BYTES * BYTES
        if first < end:
            yield first, end


def _collapse(first: int, end: int) -> int:
    if not _advised(first, end - first, MADV_HUGEPAGE):
        return 0
    return sum(_advised(page, BYTES, MADV_COLLAPSE) for page in range(first, end, BYTES))


def _advised(address: int, size: int, advice: int) -> bool:
    """Whether the kernel did as it was told."""
    with suppress(OSError):
        kernel.checked(kernel.libc().madvise(ctypes.c_void_p(address), ctypes.c_size_t(size), ctypes.c_int(advice)))
        return True
    return False
