"""A state dict that is written without torch is the one that torch and our own reader load."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from grader.facts import FloatArray
from grader.reading import stored
from grader.writing.torch_file import ALIGNMENT, LOCAL_HEADER_BYTES, state_dict_file

SHAPES = {
    "features.0.weight": (3, 1, 2, 5),
    "features.0.bias": (3,),
    "empty": (0, 4),
    "scalar": (),
    "größe.weight": (300, 70_000 // 300),
}


def _weights(seed: int = 0) -> dict[str, FloatArray]:
    random = np.random.default_rng(seed)
    weights = {name: np.asarray(random.normal(0, 1, shape), np.float32) for name, shape in SHAPES.items()}
    weights["features.0.bias"][:] = np.asarray([1e-45, -np.inf, 3.4e38], np.float32)
    return weights


def test_torch_loads_the_same_numbers_as_weights_only(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    weights = _weights()
    path = tmp_path / "compacted.pt"
    path.write_bytes(state_dict_file(weights))

    for mapped in (False, True):
        loaded = torch.load(path, weights_only=True, mmap=mapped)
        assert type(loaded).__name__ == "OrderedDict"
        assert list(loaded) == list(weights)
        for name, array in weights.items():
            assert loaded[name].dtype == torch.float32
            assert loaded[name].shape == array.shape
            assert loaded[name].numpy().tobytes() == array.tobytes()


def test_torch_loads_it_into_a_module(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    module = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))
    state = module.state_dict()
    weights = {name: each.numpy() + 1 for name, each in state.items() if not name.endswith("num_batches_tracked")}
    path = tmp_path / "compacted.pt"
    path.write_bytes(state_dict_file(weights))

    module.load_state_dict(torch.load(path, weights_only=True))

    assert np.array_equal(module[0].weight.detach().numpy(), weights["0.weight"])
    assert np.array_equal(module[1].running_var.numpy(), weights["1.running_var"])


def test_our_reader_reads_the_same_numbers(tmp_path: Path) -> None:
    weights = {name: array for name, array in _weights().items() if name.startswith("features")}
    path = tmp_path / "compacted.pt"
    path.write_bytes(state_dict_file(weights))

    found = stored.read_own(path, "pytorch")

    assert (found.layout, found.ordered, found.notes) == ("torch-state-dict", True, ())
    (layer,) = found.layers
    assert layer.name == "features.0"
    for name, array in layer.arrays.items():
        assert array.tobytes() == weights[f"features.0.{name}"].tobytes()


def test_arrays_that_do_not_lie_in_rows_are_written_in_rows() -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3)

    assert state_dict_file({"a.weight": array.T}) == state_dict_file({"a.weight": array.T.copy()})


def test_equal_weights_give_equal_bytes() -> None:
    assert state_dict_file(_weights()) == state_dict_file(_weights())
    assert state_dict_file(_weights()) != state_dict_file(_weights(seed=1))


def test_numbers_are_stored_unpacked_at_multiples_of_64_bytes() -> None:
    content = state_dict_file(_weights())

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        for entry in archive.infolist():
            assert entry.compress_type == zipfile.ZIP_STORED
            begin = entry.header_offset + LOCAL_HEADER_BYTES
            names = int.from_bytes(content[begin - 4 : begin - 2], "little")
            extra = int.from_bytes(content[begin - 2 : begin], "little")
            assert (begin + names + extra) % ALIGNMENT == 0
