from collections.abc import Callable
from typing import Any

import numpy as np

from grader.airlock.protocol import JobLimits
from grader.airlock.runner import Airlock
from grader.evaluating import job
from grader.evaluating.tasks import TIME
from grader.facts import AnyArray, Shape, Weights
from grader.networks.graph import Network, bind

Make = Callable[..., Network]
Fill = Callable[[Network, Callable[[str, Shape], AnyArray]], Weights]
Hold = Callable[[bytes], int]

PIXELS = np.random.default_rng(3).integers(0, 256, (5, 6, 6, 3), dtype=np.uint8)
ARGUMENTS = {
    "task": TIME,
    "dtype": "uint8",
    "shape": list(PIXELS.shape),
    "offset": 0,
    "input": {"divide_by": 255, "mean": None, "std": None},
    "batch": 16,
    "examples": 40,
    "rounds": 6,
}


def model(make: Make, fill: Fill, filters: int) -> bytes:
    convolutions = [("Conv2D", {"filters": filters, "kernel_size": 3, "padding": "same"})] * 3
    network = make(*convolutions, ("Flatten", {}), ("Dense", {"units": 3}))
    return bind(network, fill(network, lambda name, shape: np.random.default_rng(len(name)).normal(0, 0.1, shape)))


def test_two_networks_are_timed_in_turns_on_as_many_images_as_asked_for(
    small_network: Make, fill: Fill, descriptor: Hold
) -> None:
    small, large = (model(small_network, fill, filters) for filters in (2, 128))

    head, arrays = job.run(ARGUMENTS, [descriptor(small), descriptor(large), descriptor(PIXELS.tobytes())])

    seconds: Any = arrays["seconds"]
    assert seconds.shape == (6, 2)
    assert (seconds > 0).all()
    assert seconds[:, 0].sum() < seconds[:, 1].sum()  # a thousand times the work
    assert head["engine"].startswith("onnxruntime")


def test_timing_runs_in_the_jail(
    small_network: Make, fill: Fill, descriptor: Hold, evaluating_airlock: Airlock
) -> None:
    inputs = [descriptor(model(small_network, fill, 4)) for _ in range(2)] + [descriptor(PIXELS.tobytes())]
    answer = evaluating_airlock.run(ARGUMENTS, inputs, JobLimits(20, 60, 1 << 30, 1 << 16))

    assert answer.arrays["seconds"].shape == (6, 2)
