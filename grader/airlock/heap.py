"""Has the children of a zygote take memory that nobody has touched yet.

What a zygote has freed is still mapped in each child: what a child puts there is copied first, page by page. Memory from
the heap's end comes in huge pages of zeros, for a fifth of that a byte.
"""

import ctypes
import sys

HUGE_PAGE_BYTES = 2 << 20
LARGEST_PLUG_BYTES = 16 << 20
SMALLEST_PLUG_BYTES = 1 << 10
"""Smaller pieces stay free, for the small things that a child makes."""
KEPT_FREE_BYTES = 256 << 10
"""For what the zygote itself needs for a job, so that it does not touch the heap's end."""
OVERHEAD_BYTES = 16
"""glibc's, for a block; a block's address is a multiple of it."""


class _Mallinfo2(ctypes.Structure):
    """`struct mallinfo2`; `keepcost` is what is free at the heap's end."""

    _fields_ = (("others", ctypes.c_size_t * 9), ("keepcost", ctypes.c_size_t))


class _Heap:
    """glibc's main heap, by its own functions. Raises AttributeError for another C library, or an older one."""

    def __init__(self) -> None:
        library = ctypes.CDLL(None)
        self.take, self.free, self.trim = library.malloc, library.free, library.malloc_trim
        self._facts, self._break = library.mallinfo2, library.sbrk
        self.take.argtypes, self.take.restype = [ctypes.c_size_t], ctypes.c_void_p
        self.free.argtypes, self.free.restype = [ctypes.c_void_p], None
        self.trim.argtypes = [ctypes.c_size_t]
        self._break.argtypes, self._break.restype = [ctypes.c_ssize_t], ctypes.c_void_p
        self._facts.restype = _Mallinfo2

    @property
    def end(self) -> int:
        """The first address behind it."""
        return int(self._break(0))

    @property
    def last_block(self) -> int:
        """The address of what is free at its end."""
        return self.end - int(self._facts().keepcost)


def start_afresh() -> bool:
    """Takes what is free in this process's heap for good, so that what is allocated next is new. False without glibc."""
    if sys.platform != "linux":
        return False
    try:
        heap = _Heap()
    except AttributeError:
        return False
    heap.trim(0)
    kept = heap.take(KEPT_FREE_BYTES)
    _plug(heap)
    heap.trim(0)  # what the plugging touched at the end
    edge = -(-heap.end // HUGE_PAGE_BYTES) * HUGE_PAGE_BYTES
    # The next block's header is the last thing before a huge page, so that nobody has touched that one.
    heap.take(max(OVERHEAD_BYTES, edge - heap.last_block - 3 * OVERHEAD_BYTES))
    heap.free(kept)
    return True


def _plug(heap: _Heap) -> None:
    """Takes each free piece between used ones, the large ones first."""
    end, size = heap.last_block, LARGEST_PLUG_BYTES
    while size >= SMALLEST_PLUG_BYTES:
        while (block := heap.take(size)) and block < end:
            pass
        heap.free(block)
        size //= 2
