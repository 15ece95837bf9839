"""Evaluation by torch on a device beside onnxruntime: the same classes for every image, how fast, and what several at once come to.

`python -m benchmarks.gpu` needs a CUDA device; `--device cpu` runs the same check and figures on the processor.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.gpu import agreement, passes
from benchmarks.gpu.cards import measured_gflops, nominal_gflops, seconds
from benchmarks.material import Material, prepare, rules
from grader.evaluating.deciding import evaluate
from grader.evaluating.onnx_runtime import Engine as Onnxruntime
from grader.evaluating.torch_engine import Engine
from grader.evaluating.torch_engine import prepare as prepare_device

BATCHES = (16, 64, 256, 1024, 4096)
PASS_BATCH = 1024
"""What the service takes at once, of images of this size."""


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
    parser.add_argument("--examples", default="2525,5000", help="images of the test sets, comma-separated")
    parser.add_argument("--networks", type=int, default=200, help="random networks that are compared")
    chosen = parser.parse_args()
    if chosen.device == "cuda" and not torch.cuda.is_available():
        print("There is no CUDA device here: nothing was measured, and evaluation on a GPU stays untested.")
        return 2
    print(prepare_device(chosen.device), torch.cuda.get_device_name() if chosen.device == "cuda" else "")
    peak = _peak(chosen.device)
    apart = 0
    for examples in map(int, chosen.examples.split(",")):
        with tempfile.TemporaryDirectory() as scratch:
            material = prepare(Path(scratch), examples)
            apart += _compare(material, chosen.device, peak)
            if examples == int(chosen.examples.split(",")[0]):
                _tell_passes(material, chosen.device)
    random = agreement.of_random_networks(chosen.device, chosen.networks)
    print(
        f"{random.networks} random networks, {random.images:,} images, a third of them near ties: {random.rechecked} "
        f"rechecked, {random.apart} with another class than by onnxruntime"
    )
    return int(apart + random.apart > 0)


def _peak(device: str) -> float:
    """GFLOP/s of the device, nominal where it is a card; says both."""
    measured = measured_gflops(device)
    nominal = nominal_gflops() if device == "cuda" else float("nan")
    print(f"float32: {nominal:,.0f} GFLOP/s by its clock, {measured:,.0f} in a large matrix product")
    return nominal if device == "cuda" else measured


def _compare(material: Material, device: str, peak: float) -> int:
    """Images with another class than by onnxruntime, in all batches; says how fast each is."""
    model, pixels = material.graph.read_bytes(), np.load(material.pixels)
    classes, apart = len(rules().grading.classes), 0
    expected = evaluate(Onnxruntime(model), model, Held(pixels), 16, classes)
    for batch in BATCHES:
        engine = Engine(model, device)
        outcome = evaluate(engine, model, Held(pixels), batch, classes)
        apart += int((outcome.classes != expected.classes).sum())
        parts = [engine.moved(pixels[first : first + batch]) for first in range(0, len(pixels), batch)]
        taken = seconds(device, lambda of=engine, held=parts: of.logits_of(held))
        gflops = 2 * material.macs * len(pixels) / taken / 1e9
        print(
            f"batch {batch:5}: {len(pixels) / taken:10,.0f} images/s, {gflops:8,.0f} GFLOP/s, {gflops / peak:.3f} of the peak; "
            f"rechecked {outcome.rechecked}"
        )
    bare = seconds("cpu", lambda: _by_onnxruntime(model, pixels), 1)
    print(f"onnxruntime on one thread: {len(pixels) / bare:,.0f} images/s")
    print(f"images with another class than by onnxruntime: {apart} of {len(BATCHES) * len(pixels):,}")
    return apart


def _by_onnxruntime(model: bytes, pixels: Any) -> None:
    engine = Onnxruntime(model)
    for first in range(0, len(pixels), 16):
        engine.logits(pixels[first : first + 16])


def _tell_passes(material: Material, device: str) -> None:
    model, pixels = material.graph.read_bytes(), np.load(material.pixels)
    raw = np.load(material.test_set)["images"]
    for name, taken in passes.steps(model, raw, Held(pixels), device, PASS_BATCH).items():
        print(f"  {name:30} {taken:8.2f} ms")
    for count, ways in passes.together(model, pixels, device, PASS_BATCH).items():
        told = "; ".join(f"{name} {taken:.2f}" for name, taken in ways.items())
        print(f"{count} submissions, ms of each: {told}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
