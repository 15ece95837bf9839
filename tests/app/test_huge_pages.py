"""Memory in huge pages: what was there stays, and the system says that it is."""

import mmap
import re
import sys
from pathlib import Path

import pytest

from app import huge_pages

CHOICE = Path("/sys/kernel/mm/transparent_hugepage/enabled")
MEBIBYTE = 1 << 20


def _in_huge_pages() -> int:
    """Bytes of this process that are in huge pages."""
    found = re.search(r"AnonHugePages:\s+(\d+) kB", Path("/proc/self/smaps_rollup").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1]) << 10


def _can_be_put_together() -> bool:
    """Whether this system does it for memory of one's own, asked by Python's own call."""
    if not CHOICE.exists():
        return False
    with mmap.mmap(-1, 4 * huge_pages.BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as piece:
        try:
            piece.madvise(mmap.MADV_HUGEPAGE)
            piece.write(bytes(len(piece)))
            piece.madvise(huge_pages.MADV_COLLAPSE)
        except OSError:
            return False
    return True


def test_what_a_process_has_is_put_together_and_stays() -> None:
    if not _can_be_put_together():
        pytest.skip("this system puts no pages together; Linux does from 6.1")
    # Pieces of which each is too small for a mapping of its own: they lie in the heap.
    pieces = [bytes([number]) * (MEBIBYTE // 16) for number in range(256)]

    together = huge_pages.use_them()

    assert together > 0
    assert _in_huge_pages() >= together * huge_pages.BYTES
    assert all(piece.count(number) == len(piece) for number, piece in enumerate(pieces))


def test_elsewhere_than_on_linux_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")

    assert huge_pages.use_them() == 0
