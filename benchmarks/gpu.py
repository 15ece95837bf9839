"""Evaluation by torch on a device beside onnxruntime: the same classes for every image, and how fast.

`python -m benchmarks.gpu` needs a CUDA device; `--device cpu` runs the same check and figures on the processor.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.material import prepare, rules
from grader.evaluating.deciding import evaluate
from grader.evaluating.onnx_runtime import Engine as Onnxruntime
from grader.evaluating.torch_engine import Engine
from grader.evaluating.torch_engine import prepare as prepare_device

BATCHES = (16, 64, 256, 1024)
ROUNDS = 7
FP32_LANES_PER_SM = 128
"""Multiply-adds of one streaming multiprocessor in a cycle, from Ampere to Blackwell."""


class Held:
    """Images in memory, scaled already."""

    def __init__(self, pixels: Any) -> None:
        self._pixels = pixels

    def __len__(self) -> int:
        return len(self._pixels)

    def take(self, indices: Any) -> Any:
        """Some of them."""
        return self._pixels[np.asarray(indices)]


def main() -> int:
    """The exit status: 0 where every image got the class that onnxruntime's logits come to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--examples", type=int, default=2_525)
    chosen = parser.parse_args()
    if chosen.device == "cuda" and not torch.cuda.is_available():
        print("There is no CUDA device here: nothing was measured, and evaluation on a GPU stays untested.")
        return 2
    print(prepare_device(chosen.device), torch.cuda.get_device_name() if chosen.device == "cuda" else "")
    with tempfile.TemporaryDirectory() as scratch:
        material = prepare(Path(scratch), chosen.examples)
        model, pixels = material.graph.read_bytes(), np.load(material.pixels)
    classes = len(rules().grading.classes)
    expected = evaluate(Onnxruntime(model), model, Held(pixels), 16, classes)
    apart = 0
    for batch in BATCHES:
        engine = Engine(model, chosen.device)
        outcome = evaluate(engine, model, Held(pixels), batch, classes)
        apart += int((outcome.classes != expected.classes).sum())
        seconds = _median(lambda size=batch, of=engine: _run(of, pixels, size))
        gflops = 2 * material.macs * len(pixels) / seconds / 1e9
        share = f", {gflops / _peak(chosen.device):.2f} of the device's fp32 peak" if chosen.device == "cuda" else ""
        print(
            f"batch {batch:5}: {len(pixels) / seconds:10,.0f} images/s, {gflops:8,.0f} GFLOP/s{share}; rechecked {outcome.rechecked}"
        )
    seconds = _median(lambda: _run(Onnxruntime(model), pixels, 16))
    print(f"onnxruntime on one thread: {len(pixels) / seconds:,.0f} images/s")
    print(f"images with another class than by onnxruntime: {apart} of {len(BATCHES) * len(pixels):,}")
    return int(apart > 0)


def _run(engine: Any, pixels: Any, batch: int) -> None:
    for first in range(0, len(pixels), batch):
        engine.logits(pixels[first : first + batch])


def _median(work: Callable[[], None]) -> float:
    work()
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def _peak(device: str) -> float:
    """GFLOP/s of the card in float32, from its clock and its multiprocessors."""
    facts = torch.cuda.get_device_properties(device)
    return float(facts.multi_processor_count * FP32_LANES_PER_SM * 2 * getattr(facts, "clock_rate", 0) / 1e6) or float(
        "nan"
    )


if __name__ == "__main__":
    sys.exit(main())
