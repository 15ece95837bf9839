"""Files of torch.save and safetensors, written by torch itself in every way that it has."""

import io
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.errors import Refusal
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


def refused(data: bytes) -> list[tuple[str, str]]:
    with pytest.raises(Refusal) as caught:
        job.read(data, 1 << 24, "model.pt", "pytorch")
    return [(finding.code, finding.where) for finding in caught.value.findings]


@pytest.mark.parametrize("write", [save, save_old])
def test_the_prefixes_of_data_parallel_and_compile_are_taken_off(write: Save) -> None:
    state_dict = network().state_dict()
    wrapped = torch.nn.DataParallel(network()).state_dict()
    compiled = OrderedDict((f"_orig_mod.{name}", tensor) for name, tensor in wrapped.items())

    assert_same(read(write(wrapped)), state_dict)
    assert_same(read(write(compiled)), state_dict)
    assert notes(read(write(wrapped))) == ["data-parallel", "counters-ignored"]
    assert notes(read(write(compiled))) == ["compiled", "data-parallel", "counters-ignored"]


def test_a_name_that_begins_alike_is_no_prefix_of_data_parallel() -> None:
    state_dict = {"module.weight": torch.ones(2), "modules.bias": torch.ones(2)}

    assert_same(read(save(state_dict)), state_dict)


def test_a_training_checkpoint_gives_its_network() -> None:
    module = network()
    optimizer = torch.optim.Adam(module.parameters())
    module(torch.ones(2, 1, 4, 4)).sum().backward()
    optimizer.step()
    training = {"optimizer_state_dict": optimizer.state_dict(), "epoch": 3, "best": np.float64(0.9)}

    for name in ("state_dict", "model_state_dict", "model", "net", "my_network"):
        weights = read(save({**training, name: module.state_dict()}))
        assert_same(weights, module.state_dict())
        assert notes(weights) == ["checkpoint-baggage-ignored", "counters-ignored"]


def test_the_name_of_a_file_may_have_a_colon(tmp_path: Path) -> None:
    path = tmp_path / "model_2024-05-01 12:30:00.123.pt"
    torch.save(network().state_dict(), path)

    assert_same(read(path.read_bytes()), network().state_dict())


def test_a_whole_module_in_a_checkpoint_is_found() -> None:
    module = network()

    weights = read(save({"model": module, "epoch": 3}))

    assert_same(weights, module.state_dict())
    assert weights.layout == "torch-module"


def test_a_module_that_is_used_twice_gives_both_names() -> None:
    layer = torch.nn.Linear(2, 2)
    module = torch.nn.Sequential(layer, torch.nn.ReLU(), layer)

    for data in (save(module), save(module.state_dict())):
        weights = read(data)
        assert_same(weights, module.state_dict())
        assert "tied-tensors" in notes(weights)


@pytest.mark.parametrize("write", [save, save_old])
def test_views_are_copied_out_as_their_shape_has_them(write: Save) -> None:
    base = torch.arange(60, dtype=torch.float32).reshape(3, 4, 5)
    state_dict = {
        "l.slice": base[1, 1:3],
        "l.transposed": base.permute(2, 0, 1),
        "l.expanded": base[0, 0, :1].expand(7, 3),
        "l.steps": base[::2, ::3, ::2],
        "l.scalar": base[2, 3, 4],
        "l.whole": base,
    }

    assert_same(read(write(state_dict)), state_dict)


@pytest.mark.parametrize("seed", range(20))
def test_random_views_are_those_of_torch(seed: int) -> None:
    random = np.random.default_rng(seed)
    kind = [torch.float16, torch.bfloat16, torch.float32, torch.float64][seed % 4]
    base = torch.from_numpy(random.normal(size=400)).to(kind)
    state_dict = {}
    for number in range(8):
        shape = [int(size) for size in random.integers(1, 4, random.integers(0, 5))]
        strides = [int(step) for step in random.integers(0, 20, len(shape))]
        state_dict[f"l.{number}"] = base.as_strided(shape, strides, int(random.integers(0, 100)))

    assert_same(read([save, save_old][seed % 2](state_dict)), state_dict)


def test_parameters_are_read_with_and_without_attributes_of_their_own() -> None:
    plain, marked = torch.nn.Parameter(torch.ones(2)), torch.nn.Parameter(torch.arange(2.0), requires_grad=False)
    marked.sparsity = 0.5
    tensor = torch.ones(3)
    tensor.layer = "conv"
    state_dict = {"a.weight": plain, "b.weight": marked, "c.weight": tensor}

    assert_same(read(save(state_dict)), state_dict)


UNUSUAL: dict[str, Callable[[], Any]] = {
    "tensor-dtype": lambda: torch.arange(3),
    "tensor-complex": lambda: torch.ones(3, dtype=torch.complex64),
    "tensor-sparse": lambda: torch.eye(3).to_sparse(),
    "tensor-quantised": lambda: torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8),
    "tensor-without-numbers": lambda: torch.ones(3, device="meta"),
    "tensor-empty": lambda: torch.ones(0, 3),
    "tensor-too-many-dimensions": lambda: torch.ones([1] * 9),
    "not-a-tensor": lambda: np.ones(3),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("code", UNUSUAL)
def test_a_tensor_that_is_not_plain_is_refused_by_its_name(code: str) -> None:
    assert refused(save({"a.weight": torch.ones(2), "b.weight": UNUSUAL[code]()})) == [(code, "b.weight")]


@pytest.mark.parametrize("kind", ["float8_e4m3fn", "uint16", "bool", "int8"])
def test_other_types_of_numbers_are_refused_in_both_formats(kind: str) -> None:
    state_dict = {"a.weight": torch.ones(4).to(getattr(torch, kind))}

    assert refused(save(state_dict)) == [("tensor-dtype", "a.weight")]
    assert refused(safetensors_torch.save(state_dict)) == [("tensor-dtype", "a.weight")]


def test_a_pruned_module_is_told_to_make_its_masks_permanent() -> None:
    module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Linear(2, 2))
    prune = pytest.importorskip("torch.nn.utils.prune")
    prune.l1_unstructured(module[0], "weight", 0.5)

    assert refused(save(module.state_dict())) == [("torch-pruned", "0.weight")]
    prune.remove(module[0], "weight")
    assert_same(read(save(module.state_dict())), module.state_dict())


def test_parametrised_weights_are_refused() -> None:
    module = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(3, 2))

    assert {code for code, _ in refused(save(module.state_dict()))} == {"torch-parametrised"}


@pytest.mark.filterwarnings("ignore")
def test_torchscript_gets_its_own_sentence() -> None:
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), buffer)

    assert refused(buffer.getvalue()) == [("torchscript", "")]


def test_safetensors_are_read_in_the_order_of_the_numbers_in_their_names() -> None:
    state_dict = {f"layers.{number}.weight": torch.full((2,), float(number)) for number in (10, 9, 1, 0)}

    weights = read(safetensors_torch.save(state_dict, {"format": "pt", "note": "ignored"}))

    assert [layer.name for layer in weights.layers] == [f"layers.{number}" for number in (0, 1, 9, 10)]
    assert (weights.layout, weights.ordered) == ("safetensors", False)


def test_a_layer_that_is_called_as_the_top_is_here_is_refused() -> None:
    assert refused(save({"weight": torch.ones(1), "(top).weight": torch.ones(1)})) == [
        ("tensor-named-twice", "(top).weight")
    ]


@pytest.mark.parametrize("name", ["", ".weight", "a.", "a..b", "a\tb", "x" * 201])
def test_a_name_has_parts_that_can_be_read(name: str) -> None:
    assert refused(save({"a.weight": torch.ones(1), name: torch.ones(1)})) == [("tensor-name", "")]
    assert refused(safetensors_torch.save({name: torch.ones(1)})) == [("tensor-name", "")]


@pytest.mark.parametrize("content", [[torch.ones(2)], torch.ones(2), 7, {}, {"a": 1}, None, {"a": {"b": {"c": {}}}}])
def test_what_is_no_state_dict_is_told(content: Any) -> None:
    assert refused(save(content)) == [("no-state-dict", "")]
