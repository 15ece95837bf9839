"""Compiles all modules of the project once, before several processes of tests import them at the same time.

    python -m tests.ahead PART PARTS

compiles every PARTS-th file: tests as pytest rewrites them, all else as Python does. Without it each of the processes would
find nothing compiled in a fresh checkout and do all of it by itself.
"""

import compileall
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("app", "client", "grader", "kits", "migrations", "models", "tests")


def compile_all() -> None:
    """Compiles what is not, on every core."""
    if sys.dont_write_bytecode:
        return
    parts = os.cpu_count() or 1
    command = [sys.executable, "-m", "tests.ahead"]
    started = [subprocess.Popen([*command, str(part), str(parts)], cwd=ROOT) for part in range(parts)]
    for process in started:
        process.wait()


def compile_files(paths: Sequence[Path]) -> None:
    """Compiles these files; one that cannot be is left to whoever imports it."""
    for path in paths:
        if path.name.startswith("test_") or path.name == "conftest.py":
            with suppress(SyntaxError):
                _rewrite(path)
        else:
            compileall.compile_file(path, quiet=2)


def _rewrite(path: Path) -> None:
    """As pytest does when it imports a test, which it offers to nobody else."""
    from _pytest.assertion import rewrite

    own: Any = rewrite
    kept = own.get_cache_dir(path) / f"{path.stem}{own.PYC_TAIL}"
    if own._read_pyc(path, kept) is None:
        own.try_makedirs(kept.parent)
        about, code = own._rewrite_test(path, None)
        own._write_pyc(SimpleNamespace(trace=print), code, about, kept)


def files() -> list[Path]:
    """Every module, the longest first."""
    found = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return sorted(found, key=lambda path: -path.stat().st_size)


if __name__ == "__main__":
    part, parts = map(int, sys.argv[1:])
    compile_files(files()[part::parts])
