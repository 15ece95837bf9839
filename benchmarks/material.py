"""What is graded in the measurements: images, the network, and weight files that differ in one number each."""

import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np

import competitions
from app.competitions import definition
from grader.checking import architecture, values
from grader.competition import Definition
from grader.evaluating.images import Scaling, normalise
from grader.facts import Weights
from grader.networks.graph import bind
from grader.reading import stored

EXAMPLES = 2_525
"""Images of the test set, unless told otherwise. The course that the network is from has 5,000."""
SHIPPED = Path(competitions.__file__).parent
SAMPLE = SHIPPED / "demo" / "samples" / "pruned-93" / "my_model_weights.h5"
WRONG = SHIPPED / "demo" / "samples" / "wrong-architecture" / "my_model_weights.h5"
NETWORK = SHIPPED / "cmu-10605.keras.json"
_SPREAD = 1e-6
"""What a distinct file adds to one bias, times its number: another file, and no other class."""


@dataclass(frozen=True, slots=True)
class Material:
    """Everything on disk in one folder. `macs` are the graph's multiply-accumulates for one image, as it is run."""

    examples: int
    test_set: Path
    pixels: Path
    graph: Path
    macs: int


def prepare(folder: Path, examples: int = EXAMPLES) -> Material:
    """The material in `folder`: the demo's hidden set, repeated; its pixels as the network takes them; the bound graph."""
    shipped = np.load(SHIPPED / "demo" / "hidden-test.npz")
    order = np.arange(examples) % len(shipped["labels"])
    images, labels = shipped["images"][order], shipped["labels"][order]
    found = Material(examples, folder / "test.npz", folder / "pixels.npy", folder / "graph.onnx", _macs_as_run())
    np.savez(found.test_set, images=images, labels=labels)
    np.save(found.pixels, normalise(images, Scaling(255.0)))
    found.graph.write_bytes(bind(rules().network, weights()))
    return found


def rules() -> Definition:
    """The demo's definition."""
    path = SHIPPED / "demo.yaml"
    return definition.from_yaml(path.read_text(encoding="utf-8"), path.name, path.parent).grading


def weights() -> Weights:
    """The sample's weights, as the grader binds them."""
    network = rules().network
    arrays, findings = values.canonical(
        architecture.match(stored.read_own(SAMPLE), network.layers).arrays, network.slots
    )
    assert not findings
    return arrays


class Mould(NamedTuple):
    """A weight file, and where in it one bias lies: with another bias it is another file, and classifies as before."""

    content: bytes
    offset: int
    bias: float

    def cast(self, number: int) -> tuple[memoryview, bytes, memoryview]:
        """The pieces of the file of that number, no two alike, so that no result can be copied from an equal one."""
        changed = np.float32(self.bias + number * _SPREAD).tobytes()
        whole = memoryview(self.content)
        return whole[: self.offset], changed, whole[self.offset + len(changed) :]


def mould(sample: Path = SAMPLE) -> Mould:
    """A mould from a sample that the demo ships."""
    content = _as_keras_writes_it(sample)
    with h5py.File(io.BytesIO(content)) as file:
        bias = _arrays(file)["dense_1/dense_1/bias:0"]
        return Mould(content, bias.id.get_offset(), float(bias[0]))


def distinct_files() -> Iterator[bytes]:
    """Weight files without end, no two alike."""
    form = mould()
    for number in itertools.count(1):
        yield b"".join(form.cast(number))


def _as_keras_writes_it(sample: Path) -> bytes:
    """A sample without the compression that keeps it small in the repository: 2.4 MB, as students upload it."""
    written = io.BytesIO()
    with h5py.File(sample) as source, h5py.File(written, "w") as target:
        for name in source:
            source.copy(name, target, without_attrs=False)
        target.attrs.update(source.attrs)
        for name, array in _arrays(source).items():
            attributes = dict(array.attrs)
            del target[name]
            target.create_dataset(name, data=array[()]).attrs.update(attributes)
    return written.getvalue()


def _arrays(file: h5py.File) -> dict[str, h5py.Dataset]:
    found: dict[str, h5py.Dataset] = {}
    file.visititems(lambda name, item: found.update({name: item}) if isinstance(item, h5py.Dataset) else None)
    return found


def _macs_as_run() -> int:
    """Multiply-accumulates of one image through the graph, counted on its kernels and the shapes that they give."""
    import onnx

    model = onnx.shape_inference.infer_shapes(onnx.load_model_from_string(bind(rules().network, weights())))
    shapes = {
        each.name: [size.dim_value for size in each.type.tensor_type.shape.dim] for each in model.graph.value_info
    }
    shapes |= {each.name: list(each.dims) for each in model.graph.initializer}
    total = 0
    for node in model.graph.node:
        if node.op_type == "Conv":
            total += int(np.prod(shapes[node.input[1]])) * int(np.prod(shapes[node.output[0]][2:]))
        elif node.op_type in ("Gemm", "MatMul"):
            total += int(np.prod(shapes[node.input[1]]))
    return total
