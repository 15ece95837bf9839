"""How a worker uses memory: it needs the same few megabytes for each file, so it keeps them from one to the next."""

import ctypes
import sys

_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
KEPT_BYTES = 128 << 20
"""Freed memory that stays with the process; by default glibc gives back what is above 128 KiB."""
LARGEST_BLOCK_BYTES = 32 << 20
"""Blocks up to this size are taken from what was kept (glibc allows no more); above, each is mapped anew."""


def keep_freed_memory() -> None:
    """Has the C library keep freed memory, where it is glibc: each page given back costs a fault to get again."""
    if sys.platform != "linux":
        return
    adjust = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if adjust is not None:
        adjust(_M_TRIM_THRESHOLD, KEPT_BYTES)
        adjust(_M_MMAP_THRESHOLD, LARGEST_BLOCK_BYTES)
