"""A process that was confined to some paths."""

import subprocess
import sys
from pathlib import Path

import pytest

from grader.airlock import landlock

needs_landlock = pytest.mark.skipif(sys.platform != "linux" or landlock.abi() < 1, reason="this kernel has no Landlock")
TRY = """
import sys
from pathlib import Path
from grader.airlock import kernel, landlock
readable, folder, other = map(Path, sys.argv[1:])
kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
landlock.confine([readable], [folder])
def attempt(act):
    try:
        act()
        return "done"
    except OSError as error:
        return type(error).__name__
print(attempt(readable.read_bytes), attempt(lambda: (folder / "new").write_bytes(b"x")), attempt(other.read_bytes),
      attempt(lambda: readable.write_bytes(b"x")), attempt(lambda: (other.parent / "new").write_bytes(b"x")))
"""


@needs_landlock
def test_it_reads_and_writes_below_them_and_nowhere_else(tmp_path: Path) -> None:
    readable, other, folder = tmp_path / "readable", tmp_path / "other", tmp_path / "folder"
    folder.mkdir()
    for path in (readable, other):
        path.write_bytes(b"1")

    told = subprocess.run(
        [sys.executable, "-c", TRY, readable, folder, other], capture_output=True, text=True, check=True
    ).stdout.split()

    assert told == ["done", "done", "PermissionError", "PermissionError", "PermissionError"]
