"""A zygote's children and what it has freed."""

import platform
import subprocess
import sys

import pytest

from grader.airlock.process import ENVIRONMENT

PROGRAM = """
import sys
sys.path[:0] = [sys.argv[1]]
import numpy as np
from grader.airlock import heap
blocks = [np.full(size, 0xA5, np.uint8) for size in (3 << 20, 70_000, 9_000) for _ in range(20)]
kept = blocks[1::2]
del blocks
afresh = sys.argv[2] == "afresh" and heap.start_afresh()
found = [np.empty(size, np.uint8) for size in (2 << 20, 60_000, 8_000) for _ in range(5)]
print(int(afresh), sum(int(np.count_nonzero(each == 0xA5)) for each in found))
"""


def _old_bytes(where: str, mode: str) -> tuple[bool, int]:
    """Whether a process could start afresh, and how many of what it allocates then are bytes that it had freed."""
    command = [sys.executable, "-c", PROGRAM, where, mode]
    told = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=True).stdout.split()
    return bool(int(told[0])), int(told[1])


def _has_glibc() -> bool:
    """Whether the C library is glibc from 2.33 on, the first with `mallinfo2`."""
    name, version = platform.libc_ver()
    return name == "glibc" and tuple(map(int, version.split(".")[:2])) >= (2, 33)


@pytest.mark.skipif(not _has_glibc(), reason="the C library is not glibc, or one before 2.33")
def test_what_was_freed_is_not_given_out_again(request: pytest.FixtureRequest) -> None:
    where = str(request.config.rootpath)
    afresh, old = _old_bytes(where, "afresh")
    assert afresh
    assert old < 256 << 10, "but for the piece that is kept free"
    assert _old_bytes(where, "as it is")[1] > 10 << 20, "and without it, it is"
