"""Processes that are measured beside the service, and how figures are told."""

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.material import NETWORK, Material

HERE = Path(__file__).parent


class Spent(NamedTuple):
    """Seconds of CPU and of wall time."""

    cpu: float
    wall: float


class BareEngine:
    """A process with onnxruntime, the graph and the images in memory; see `bare_engine`."""

    def __init__(self, material: Material, batch: int, off: Sequence[str] = ()) -> None:
        arguments = [str(material.graph), str(material.pixels), str(batch), *off]
        command = [sys.executable, "-m", "benchmarks.bare_engine", *arguments]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=HERE.parent
        )

    def begin(self, evaluations: int) -> None:
        """Starts so many evaluations, one after the other."""
        assert self._process.stdin
        print(evaluations, file=self._process.stdin, flush=True)

    def end(self) -> Spent:
        """What they took, when they are done."""
        assert self._process.stdout
        return Spent(**json.loads(self._process.stdout.readline()))

    def run(self, evaluations: int) -> Spent:
        """What so many evaluations take."""
        self.begin(evaluations)
        return self.end()

    def close(self) -> None:
        """Ends the process."""
        self._process.communicate()


def fresh_keras(weights: Path, material: Material) -> Spent:
    """What a fresh process with TensorFlow and Keras takes for one submission."""
    arguments = [str(weights), str(material.test_set), str(NETWORK)]
    before, begun = _of_children(), time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.fresh_keras", *arguments]
    subprocess.run(command, check=True, capture_output=True, cwd=HERE.parent)
    return Spent(_of_children() - before, time.perf_counter() - begun)


def fma_peak(folder: Path) -> float | None:
    """GFLOP/s of one thread at most, None where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return None
    program = folder / "fma_peak"
    flags = ["-O3", "-march=native", "-ffp-contract=fast"]
    subprocess.run([compiler, *flags, "-o", str(program), str(HERE / "fma_peak.c")], check=True)
    return float(subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout)


def told(values: Sequence[float], digits: int = 3, unit: str = "s") -> str:
    """Median, least and most."""
    middle = statistics.median(values)
    return f"{middle:.{digits}f} {unit} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 100) * len(ordered) // 100) - 1))]


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0))


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
