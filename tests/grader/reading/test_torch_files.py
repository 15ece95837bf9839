"""Files of torch.save and safetensors, written by torch itself in every way that it has."""

import io
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.facts import AnyArray, StoredWeights
from grader.reading import job
from grader.reading.stored import from_answer, read_own

torch = pytest.importorskip("torch", reason="needs PyTorch, which writes the files")
safetensors_torch = pytest.importorskip("safetensors.torch")

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "samples"
Save = Callable[[Any], bytes]


def save(content: Any, **options: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, **options)
    return buffer.getvalue()


def save_old(content: Any) -> bytes:
    return save(content, _use_new_zipfile_serialization=False)


def read(data: bytes) -> StoredWeights:
    return from_answer(*job.read(data, 1 << 24, "model.pt", "pytorch"))


def named(weights: StoredWeights) -> dict[str, AnyArray]:
    return {f"{layer.name}.{name}": array for layer in weights.layers for name, array in layer.arrays.items()}


def notes(weights: StoredWeights) -> list[str]:
    return [note.code for note in weights.notes]


def network() -> Any:
    torch.manual_seed(1)
    nn = torch.nn
    return nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(12, 2, bias=False))


def expected(state_dict: Any) -> dict[str, AnyArray]:
    return {
        name: tensor.detach().float().numpy() if tensor.dtype == torch.bfloat16 else tensor.detach().numpy()
        for name, tensor in state_dict.items()
        if "num_batches" not in name
    }


def assert_same(weights: StoredWeights, state_dict: Any) -> None:
    found, wanted = named(weights), expected(state_dict)
    assert list(found) == list(wanted)
    for name, array in wanted.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
        assert found[name].tobytes() == np.ascontiguousarray(array).tobytes()


@pytest.mark.parametrize("write", [save, save_old])
def test_a_state_dict_is_read_in_its_order(write: Save) -> None:
    state_dict = network().state_dict()

    weights = read(write(state_dict))

    assert_same(weights, state_dict)
    assert [layer.name for layer in weights.layers] == ["0", "1", "4"]
    assert weights.ordered
    assert notes(weights) == ["counters-ignored"]


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("write", [True, False])
def test_every_protocol_of_pickle_says_the_same(protocol: int, write: bool) -> None:
    state_dict = network().state_dict()
    data = save(state_dict, pickle_protocol=protocol, _use_new_zipfile_serialization=write)

    assert_same(read(data), state_dict)


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("write", [save, save_old, lambda content: safetensors_torch.save(dict(content))])
def test_every_type_of_floats_is_read(kind: str, write: Save) -> None:
    state_dict = {"a.weight": torch.linspace(-3, 3, 21).reshape(3, 7).to(getattr(torch, kind))}

    assert_same(read(write(state_dict)), state_dict)


@pytest.mark.parametrize("write", [save, save_old])
def test_a_whole_module_gives_what_its_state_dict_has(write: Save) -> None:
    module = network()
    module.register_buffer("passing", torch.ones(2), persistent=False)
    module.register_buffer("lasting", torch.ones(2))

    weights = read(write(module))

    found = named(weights)
    assert next(iter(found)) == "(top).lasting"
    assert {name.removeprefix("(top)."): array.tolist() for name, array in found.items()} == {
        name: array.tolist() for name, array in expected(module.state_dict()).items()
    }
    assert weights.layout == "torch-module"
    assert notes(weights) == ["whole-module", "counters-ignored"]


@pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"needs the sample files of students in {SAMPLES}")
@pytest.mark.parametrize(
    ("name", "layout", "numbers"),
    [
        ("cs6886/base_state_dict.pt", "torch-state-dict", 925_190),
        ("cs6886/base_whole_module.pth", "torch-module", 925_190),
        ("ntu-hw13/spring2023_58235_student_best.ckpt", "torch-state-dict", 59_714 - 7),
        ("ntu-hw13/spring2022_90387_student_best.ckpt", "torch-state-dict", 91_416 - 5),
    ],
)
def test_a_students_file_has_its_numbers(name: str, layout: str, numbers: int) -> None:
    weights = read_own(SAMPLES / name, "pytorch")

    assert weights.layout == layout
    assert sum(array.size for array in named(weights).values()) == numbers
    if layout == "torch-state-dict":
        assert_same(weights, torch.load(SAMPLES / name, map_location="cpu", weights_only=True))


@pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"needs the sample files of students in {SAMPLES}")
def test_the_whole_module_of_a_student_holds_the_same_tensors_as_the_state_dict() -> None:
    module = named(read_own(SAMPLES / "cs6886/base_whole_module.pth", "pytorch"))

    assert_same(
        read_own(SAMPLES / "cs6886/base_state_dict.pt", "pytorch"),
        OrderedDict((name, torch.from_numpy(array)) for name, array in module.items()),
    )
