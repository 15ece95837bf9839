"""A card's float32 peak: what its clock and multiprocessors come to, and what a large matrix product reaches."""

import subprocess
from collections.abc import Callable
from statistics import median
from time import perf_counter

import torch

FP32_LANES_PER_SM = 128
"""Multiply-adds of one streaming multiprocessor in a cycle, from Ampere to Blackwell."""
SIDE = 8192
ROUNDS = 7


def waited(device: str) -> None:
    """Returns when the device has done what it was told to."""
    if device == "cuda":
        torch.cuda.synchronize()


def seconds(device: str, work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Median time of a piece of work, the device's part included, after one round to warm up."""
    times = []
    for _ in range(rounds + 1):
        begun = perf_counter()
        work()
        waited(device)
        times.append(perf_counter() - begun)
    return median(times[1:])


def nominal_gflops() -> float:
    """What the card's greatest clock comes to; nan where neither torch nor nvidia-smi tells it."""
    facts = torch.cuda.get_device_properties(0)
    kilohertz = float(getattr(facts, "clock_rate", 0)) or _told_by_the_driver() * 1e3
    return facts.multi_processor_count * FP32_LANES_PER_SM * 2 * kilohertz / 1e6 or float("nan")


def measured_gflops(device: str) -> float:
    """What a product of two large random matrices reaches, in float32 alone."""
    side = SIDE if device == "cuda" else SIDE // 8
    first, second = (torch.randn(side, side, device=device) for _ in range(2))
    return 2 * side**3 / seconds(device, lambda: first @ second) / 1e9


def _told_by_the_driver() -> float:
    command = ["nvidia-smi", "--query-gpu=clocks.max.sm", "--format=csv,noheader,nounits"]
    try:
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[0])
    except (OSError, subprocess.CalledProcessError, ValueError, IndexError):
        return 0.0
