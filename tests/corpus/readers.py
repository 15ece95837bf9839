"""Ordinary programs that read a weight file, as graders do that are written in an afternoon; one process for many files.

`python tests/corpus/readers.py visititems|walk|keras|tf_keras|torch|torch-script|onnx|onnxruntime` takes a line of JSON for each
file from its input and answers with one. It runs without a jail: its owner limits its memory and its time, and starts another when it ends.
"""

import importlib
import json
import os
import resource
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from grader.facts import AnyArray

MEMORY_BYTES = 3 << 30  # beside what the reader has when it is ready
FOREIGN = 7.25  # what the planted neighbour holds, and no file of the corpus
OPTIONS = ("name", "filters", "kernel_size", "padding", "pool_size", "units", "activation", "rate")
MARKER = "marker"  # what code in a file of the corpus leaves behind
PASSWORDS = Path("/etc/passwd")
Read = Callable[[Path, str], Iterator[AnyArray]]


def visititems(folder: Path, config: str) -> Iterator[AnyArray]:
    """Every dataset that h5py's own walk meets."""
    found: list[AnyArray] = []

    def take(name: str, item: h5py.Group | h5py.Dataset) -> None:
        if isinstance(item, h5py.Dataset):
            found.append(np.asarray(item[()]))

    with h5py.File(folder / "my.h5") as file:
        file.visititems(take)
    yield from found


def walk(folder: Path, config: str) -> Iterator[AnyArray]:
    """Every dataset below a group, asked for by name."""
    with h5py.File(folder / "my.h5") as file:
        yield from _below(file)


def _below(group: h5py.Group) -> Iterator[AnyArray]:
    for name in group:
        item = group[name]
        yield from _below(item) if isinstance(item, h5py.Group) else [np.asarray(item[()])]


def with_keras(package: str) -> Read:
    """Weights into the network of the assignment, under both names that Keras knows; then the file as a whole model."""
    keras = importlib.import_module(package)
    built: dict[str, Any] = {}

    def read(folder: Path, config: str) -> Iterator[AnyArray]:
        if config not in built:
            built[config] = _built(keras, json.loads(Path(config).read_text(encoding="utf-8"))["config"]["layers"])
        network, errors = built[config], []
        for name in ("my.weights.h5", "my.h5"):
            try:
                network.load_weights(str(folder / name))
                return iter(network.get_weights())
            except Exception as error:  # whatever Keras raises; the next way is tried
                errors.append(error)
        try:
            return iter(keras.models.load_model(str(folder / "my.h5"), compile=False).get_weights())
        except Exception as error:
            raise errors[0] from error

    return read


def _built(keras: Any, layers: list[dict[str, Any]]) -> Any:
    """The network, from options that both versions of Keras understand."""
    network = keras.Sequential()
    for layer in layers:
        options = {name: value for name, value in layer["config"].items() if name in OPTIONS}
        if layer["class_name"] == "InputLayer":
            network.add(keras.Input(layer["config"]["batch_shape"][1:]))
        else:
            network.add(getattr(keras.layers, layer["class_name"])(**options))
    return network


def torch_load(folder: Path, config: str) -> Iterator[AnyArray]:
    """`torch.load` as it is since version 2.6, and nothing more."""
    torch = importlib.import_module("torch")
    torch.load(folder / "my.pt", map_location="cpu", weights_only=True)
    return iter(())


def torch_script(folder: Path, config: str) -> Iterator[AnyArray]:
    """What a grading script of an afternoon does: load anything, look for a state dict, put it into the network."""
    torch = importlib.import_module("torch")
    path = folder / "my.pt"
    if path.read_bytes()[8:9] == b"{":
        found = importlib.import_module("safetensors.torch").load_file(path)
    else:
        found = torch.load(path, map_location="cpu", weights_only=False)
    found = found.state_dict() if hasattr(found, "state_dict") else found
    for name in ("state_dict", "model_state_dict", "model"):
        found = found[name] if isinstance(found, dict) and name in found else found
    nn = torch.nn
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3))
    network.load_state_dict({name.removeprefix("module."): tensor for name, tensor in found.items()})
    return iter([tensor.numpy() for tensor in network.state_dict().values()])


def onnx_checker(folder: Path, config: str) -> Iterator[AnyArray]:
    """The onnx library: load, check in full, and the weights as arrays."""
    onnx = importlib.import_module("onnx")
    model = onnx.load(folder / "my.onnx")
    onnx.checker.check_model(model, full_check=True)
    return iter([onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer])


def onnx_runtime(folder: Path, config: str) -> Iterator[AnyArray]:
    """onnxruntime as it is, on one image."""
    runtime = importlib.import_module("onnxruntime")
    runtime.set_default_logger_severity(4)
    session = runtime.InferenceSession(folder / "my.onnx", providers=["CPUExecutionProvider"])
    return iter(session.run(None, {session.get_inputs()[0].name: np.ones((1, 1, 4, 4), np.float32)}))


def answer(read: Read, task: dict[str, str]) -> dict[str, Any]:
    """`accepted`, `foreign`, `code` (the file's own was run) or `refused`, with the exception."""
    folder = Path(task["folder"])
    os.chdir(folder)
    try:
        foreign = [_is_foreign(array) for array in read(folder, task["config"])]
    except Exception as error:
        result = "code" if (folder / MARKER).exists() else "refused"
        return {"result": result, "detail": type(error).__name__}
    if (folder / MARKER).exists():
        return {"result": "code", "detail": "what the file names was run"}
    return {"result": "foreign" if any(foreign) else "accepted", "detail": f"{len(foreign)} arrays"}


def _is_foreign(array: AnyArray) -> bool:
    """Whether an array holds what stands in another file."""
    if array.dtype.kind != "f":
        return False
    return bool((array == FOREIGN).any()) or array.tobytes()[:16] == PASSWORDS.read_bytes()[:16]


PLAIN: dict[str, Read] = {
    "visititems": visititems,
    "walk": walk,
    "torch": torch_load,
    "torch-script": torch_script,
    "onnx": onnx_checker,
    "onnxruntime": onnx_runtime,
}


def main() -> None:
    way = sys.argv[1]
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    read = PLAIN.get(way) or with_keras(way)
    used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY_BYTES, used + MEMORY_BYTES))
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(read, json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
