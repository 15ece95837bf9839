"""The interpreter that runs on GPUs, on the processor and on a GPU where there is one: every operator, and the same classes
as everywhere else."""

import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from grader.airlock.protocol import Answer, JobLimits
from grader.errors import Cause, ChildDied, GraderFault
from grader.evaluating.agreement import ROUNDING_MARGIN
from grader.evaluating.deciding import evaluate
from grader.evaluating.exact import ExactNetwork
from grader.evaluating.onnx_runtime import Engine as Onnxruntime
from grader.evaluating.operators import OPERATORS
from grader.evaluating.tasks import TIME
from grader.evaluating.torch_engine import Engine, prepare
from grader.evaluating.torch_operators import OPERATORS as BY_TORCH
from grader.facts import Shape
from grader.memory_files import memory_file
from grader.networks.graph import bind
from grader.torch_process import ENVIRONMENT, PASSED_ON, TorchProcess
from tests.grader.evaluating.devices import DEVICES
from tests.grader.evaluating.test_exact import SMALL, Fill, Make, _images, _random
from tests.grader.networks.test_torch_reference import graded
from tests.grader.networks.torch_models import random_network

LIMITS = JobLimits(60, 60, 1 << 30, 1 << 20)
Convolution = tuple[int, int, int, int, int]
CONVOLUTIONS: tuple[Convolution, ...] = (
    (3, 32, 3, 25, 1),
    (32, 32, 3, 25, 1),
    (64, 64, 3, 11, 1),
    (256, 256, 3, 14, 1),
    (64, 64, 5, 14, 1),
    (32, 32, 3, 14, 32),
    (32, 64, 3, 14, 4),
    (8, 8, 11, 40, 1),
)
"""Channels, filters, size of the kernel, side of the image, groups: what libraries have transforms for, and what not."""
RANDOM_NETWORKS = range(2000, 2030)
on_every_device = pytest.mark.parametrize("device", DEVICES)


def test_torch_knows_the_operators_of_the_table_and_no_others() -> None:
    assert BY_TORCH.keys() == OPERATORS.keys()


@on_every_device
@pytest.mark.parametrize("layer", SMALL, ids=lambda layer: f"{layer[0]}-{'-'.join(map(str, layer[1].values()))}")
def test_every_layer_means_the_same_by_torch(
    layer: tuple[str, dict[str, Any]], device: str, small_network: Make, fill: Fill
) -> None:
    network = small_network(layer, ("Flatten", {}), ("Dense", {"units": 3}))
    model, images = bind(network, fill(network, _random)), _images(4)

    logits = Engine(model, device, torch.float64).logits(images)

    np.testing.assert_allclose(logits, ExactNetwork(model).logits(images), rtol=1e-12, atol=1e-12)


@on_every_device
@pytest.mark.parametrize("zeros", [0.0, 0.9, 1.0])
def test_torch_decides_every_image_as_onnxruntime_does(
    zeros: float, device: str, small_network: Make, fill: Fill, in_memory: Callable[..., Any]
) -> None:
    prepare(device)
    network = small_network(SMALL[0], SMALL[1], SMALL[3], ("Flatten", {}), ("Dense", {"units": 5}))
    random = np.random.default_rng(7)

    def some(name: str, shape: Shape) -> Any:
        return random.normal(0, 1, shape) * (random.random(shape) >= zeros)

    model, images = bind(network, fill(network, some)), in_memory(_images(400))
    by_torch = evaluate(Engine(model, device), model, images, 64, 5)
    usual = evaluate(Onnxruntime(model), model, images, 16, 5)

    np.testing.assert_array_equal(by_torch.classes, usual.classes)


@on_every_device
def test_images_that_overflow_are_found_out_by_torch_too(
    device: str, small_network: Make, fill: Fill, in_memory: Callable[..., Any]
) -> None:
    network = small_network(("Flatten", {}), ("Dense", {"units": 3}))
    model = bind(network, fill(network, lambda name, shape: np.full(shape, 3e38)))

    assert evaluate(Engine(model, device), model, in_memory(_images(6)), 4, 3).classes.tolist() == [-1] * 6


@on_every_device
@pytest.mark.parametrize("layer", CONVOLUTIONS)
def test_a_convolution_rounds_nothing_but_the_numbers_of_its_window(layer: Convolution, device: str) -> None:
    """By Fourier or Winograd transforms, numbers far larger than these, beside them, would change the result."""
    prepare(device)
    channels, filters, size, side, groups = layer
    random = np.random.default_rng(2)
    images = random.normal(0, 1, (64, channels, side, side)).astype(np.float32)
    images[..., :2] *= 1e6
    kernel = random.normal(0, 1, (filters, channels // groups, size, size)).astype(np.float32)
    attributes = {"group": groups, "pads": (size // 2,) * 4}

    moved = [torch.from_numpy(each).to(device) for each in (images, kernel)]
    result = BY_TORCH["Conv"](moved, attributes).cpu().numpy()[:4]

    wide = [images[:4].astype(np.float64), kernel.astype(np.float64)]
    error = np.abs(result - OPERATORS["Conv"](wide, attributes))
    rounded = np.sqrt(OPERATORS["Conv"]([np.square(each) for each in wide], attributes))
    assert (error <= 2 * ROUNDING_MARGIN * rounded).all()  # of sums of some thousand terms


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
@on_every_device
def test_random_networks_get_the_classes_that_onnxruntime_gives(device: str, in_memory: Callable[..., Any]) -> None:
    prepare(device)
    for seed in RANDOM_NETWORKS:
        network, model = graded(random_network(seed))
        pixels = np.random.default_rng(seed).normal(0.3, 1, (32, *network.input_shape)).astype(np.float32)
        images, classes = in_memory(pixels), network.classes

        by_torch = evaluate(Engine(model, device), model, images, 32, classes)

        usual = evaluate(Onnxruntime(model), model, images, 16, classes)
        assert by_torch.classes.tolist() == usual.classes.tolist(), seed


def test_what_reduces_precision_is_off() -> None:
    prepare("cpu")

    assert not torch.backends.cuda.matmul.allow_tf32
    assert not torch.backends.cudnn.allow_tf32
    assert torch.get_float32_matmul_precision() == "highest"
    assert torch.backends.cudnn.deterministic


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_device_that_is_not_there_is_told() -> None:
    with pytest.raises(GraderFault, match="no CUDA device"):
        prepare("cuda")


class Timer:
    """What answers for the timing of networks."""

    level = "A"

    def run(self, arguments: Any, inputs: Any, job_limits: JobLimits) -> Answer:
        return Answer({"timed": True}, {}, None)  # type: ignore[arg-type]


@pytest.fixture(scope="module", params=DEVICES)
def process(request: pytest.FixtureRequest) -> Iterator[TorchProcess]:
    with TorchProcess(request.param, Timer()) as process:
        yield process


@pytest.fixture
def model(small_network: Make, fill: Fill) -> bytes:
    network = small_network(SMALL[0], ("Flatten", {}), ("Dense", {"units": 4}))
    return bind(network, fill(network, _random))


def ask(process: TorchProcess, model: bytes, images: Any, job_limits: JobLimits = LIMITS, **more: Any) -> Answer:
    arguments = {"dtype": "float32", "shape": list(images.shape), "offset": 0, "input": {}, "batch": 8, "classes": 4}
    with memory_file(model) as graph, memory_file(images.tobytes()) as pixels:
        return process.run(arguments | more, [graph, pixels], job_limits)


def test_a_process_that_lasts_answers_one_after_the_other(
    process: TorchProcess, model: bytes, in_memory: Callable[..., Any]
) -> None:
    for count in (3, 50):
        images = _images(count)
        answer = ask(process, model, images, alone=True)
        expected = evaluate(Onnxruntime(model), model, in_memory(images), 16, 4).classes
        np.testing.assert_array_equal(answer.arrays["classes"], expected)
        assert answer.head["engine"] == process.engine
        assert re.fullmatch(rf"torch {re.escape(torch.__version__)} (cpu|cuda) float32", process.engine)


def test_what_is_wrong_with_a_request_ends_neither_process_nor_worker(process: TorchProcess, model: bytes) -> None:
    running = process._process
    with pytest.raises(GraderFault, match="expected"):
        ask(process, model, _images(3), classes=5)
    with pytest.raises(GraderFault):
        ask(process, b"no graph", _images(3))

    assert ask(process, model, _images(3)).arrays["classes"].shape == (3,)
    assert process._process is running


def test_times_are_measured_elsewhere(process: TorchProcess) -> None:
    assert process.run({"task": TIME}, [], LIMITS).head == {"timed": True}


def test_a_process_that_died_while_nobody_asked_it_is_replaced(process: TorchProcess, model: bytes) -> None:
    assert process._process is not None
    process._process.kill()
    process._process.wait()

    assert ask(process, model, _images(3)).arrays["classes"].shape == (3,)


def test_a_process_that_dies_or_is_late_is_told_and_replaced(process: TorchProcess, model: bytes) -> None:
    assert process._process is not None
    running = process._process.pid
    os.kill(running, signal.SIGSTOP)
    threading.Timer(0.2, os.kill, (running, signal.SIGKILL)).start()
    with pytest.raises(ChildDied) as death:
        ask(process, model, _images(3))
    assert death.value.cause is Cause.CRASH

    with pytest.raises(ChildDied) as late:
        ask(process, model, _images(3), JobLimits(0, 0, 1 << 30, 1 << 20))
    assert late.value.cause is Cause.WALL
    assert ask(process, model, _images(3)).arrays["classes"].shape == (3,)


def test_a_process_that_is_asked_to_end_with_everything_else_goes_on(process: TorchProcess, model: bytes) -> None:
    assert process._process is not None
    running = process._process.pid
    assert os.getsid(running) == running  # a Ctrl-C does not reach it
    os.kill(running, signal.SIGTERM)

    assert ask(process, model, _images(3)).arrays["classes"].shape == (3,)
    assert process._process.pid == running


def test_the_process_knows_no_secret_of_the_service(process: TorchProcess) -> None:
    assert process._process is not None
    stored = Path(f"/proc/{process._process.pid}/environ").read_bytes()
    names = {each.partition(b"=")[0].decode() for each in stored.split(b"\0") if each}

    assert names <= {*PASSED_ON, *ENVIRONMENT, "LC_CTYPE"}
    assert not any("SECATEUR" in name for name in names)
