"""Exports of torch as the reference: the graph without weights, bound to a state dict, gives torch's logits."""

import io
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

pytest.importorskip("torch")

import torch
from torch import nn
from torch.nn import functional

from grader.checking import architecture, values
from grader.checking.fit import Fit
from grader.competition import Definition, Grading, load
from grader.errors import DefinitionError
from grader.evaluating.exact import ExactNetwork
from grader.evaluating.onnx_runtime import Engine
from grader.facts import SlotRole, StoredLayer, StoredWeights
from grader.networks.graph import Network, bind
from grader.networks.onnx_reference import network_from_onnx, without_weights
from tests.grader.networks.onnx_exports import exported as newly_exported
from tests.grader.networks.torch_models import random_network

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:.*:UserWarning", "ignore::FutureWarning")

AS_IT_IS = {"do_constant_folding": False, "training": torch.onnx.TrainingMode.PRESERVE}
IMAGES = 6


def exported(model: Any, shape: tuple[int, ...], **options: Any) -> bytes:
    """What torch.onnx.export writes of a model for one image of that shape, in the version of ONNX that it prefers."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model.eval(), (torch.zeros(1, *shape),), buffer, dynamo=False, **(AS_IT_IS | options))
    return buffer.getvalue()


def stored(model: Any, *, ordered: bool = True) -> StoredWeights:
    layers: dict[str, dict[str, Any]] = {}
    for name, tensor in model.state_dict().items():
        layer, _, array = name.rpartition(".")
        if array != "num_batches_tracked":
            layers.setdefault(layer, {})[array] = tensor.numpy()
    return StoredWeights("torch-state-dict", ordered, tuple(StoredLayer(*each) for each in layers.items()))


def disturb(model: Any, seed: int = 0) -> None:
    """Other weights than those of the export."""
    random = np.random.default_rng(seed)
    for name, tensor in model.state_dict().items():
        if tensor.dtype == torch.float32:
            size = tuple(tensor.shape)
            numbers = random.uniform(0.5, 2, size) if "var" in name else random.normal(0, 0.4, size)
            tensor.copy_(torch.from_numpy(np.asarray(numbers, np.float32)))


def fitted(network: Network, model: Any) -> Fit:
    fit = architecture.fit(stored(model), network)
    assert fit.problems == ()
    return fit


def compare(network: Network, model: Any, logits_of: Any = None) -> None:
    """Another set of weights than the export's, in our engine and in torch."""
    disturb(model)
    weights, _ = values.canonical(fitted(network, model).arrays, network.slots)
    images = np.random.default_rng(1).normal(0, 1, (IMAGES, *network.input_shape)).astype(np.float32)
    bound = bind(network, weights)
    with torch.no_grad():
        reference = (logits_of or model).double()(torch.from_numpy(images).double()).numpy()

    scale = np.abs(reference).max()
    assert np.abs(Engine(bound).logits(images) - reference).max() <= 1e-4 * scale
    assert np.abs(ExactNetwork(bound).logits(images) - reference).max() <= 1e-6 * scale
    assert network.parameters == sum(parameter.numel() for parameter in model.parameters())


class Branches(nn.Module):  # type: ignore[misc]
    """A bit of everything that a Sequential has not: branches, means, views, functions."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(8)
        self.depthwise = nn.Conv2d(8, 8, 3, padding="same", groups=8, bias=False)
        self.bn2 = nn.BatchNorm2d(8)
        self.gate = nn.Conv2d(8, 8, 1)
        self.drop = nn.Dropout()
        self.up = nn.Upsample(scale_factor=2)
        self.fc = nn.Linear(16, 5)
        self.bn3 = nn.BatchNorm1d(5)
        self.head = nn.Linear(5, 4)

    def forward(self, x: Any) -> Any:
        y = torch.relu(self.bn1(self.conv1(x)))
        z = functional.relu6(self.bn2(self.depthwise(y))) + y
        z = z * torch.sigmoid(self.gate(functional.adaptive_avg_pool2d(z, 1)))
        z = functional.hardswish(functional.silu(self.up(functional.max_pool2d(z, 2))))
        z = torch.cat([z, functional.avg_pool2d(z, 3, 1, 1)], 1)
        z = self.drop(z.mean((2, 3))).view(z.size(0), -1)
        return self.head(functional.gelu(self.bn3(self.fc(z))))


def test_a_network_with_branches_gives_the_logits_of_torch() -> None:
    model = Branches()

    compare(network_from_onnx(without_weights(exported(model, (3, 8, 8)))), model)


class OnTheImage(nn.Module):  # type: ignore[misc]
    """A convolution that the image itself and a learnt map are added to, and a window that leaves the last row out."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.map = nn.ParameterDict({"embedding": nn.Parameter(torch.zeros(1, 3, 9, 9))})
        self.norm, self.head = nn.BatchNorm2d(3), nn.Linear(3, 4)

    def forward(self, x: Any) -> Any:
        y = functional.max_pool2d(torch.relu(self.conv(x) + x), 2)
        z = functional.max_pool2d(torch.relu(self.norm(self.conv(x) + self.map["embedding"])), 2)
        return self.head((y + z).mean((2, 3)))


def test_what_the_image_or_a_learnt_map_is_added_to_gives_the_logits_of_torch() -> None:
    model = OnTheImage()

    compare(network_from_onnx(without_weights(exported(model, (3, 9, 9)))), model)


def test_a_dynamic_batch_is_taken() -> None:
    model = Branches()
    data = exported(model, (3, 8, 8), input_names=["x"], dynamic_axes={"x": {0: "n"}})

    compare(network_from_onnx(without_weights(data)), model)


def test_what_the_newer_exporter_writes_gives_the_logits_of_torch() -> None:
    pytest.importorskip("onnxscript")
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 3), nn.GELU())

    compare(network_from_onnx(without_weights(newly_exported(model, (3, 8, 8), "dynamo-folded"))), model)


def test_the_newer_exporter_keeps_batch_norm_where_it_is_told_to() -> None:
    pytest.importorskip("onnxscript")
    model = Branches()

    compare(network_from_onnx(without_weights(newly_exported(model, (3, 8, 8), "dynamo"))), model)


def test_batch_norm_that_the_newer_exporter_folded_is_told() -> None:
    pytest.importorskip("onnxscript")

    told = refused(newly_exported(Branches(), (3, 8, 8), "dynamo-folded"))

    assert "the exporter's optimiser changed its weights (FuseBatchNorm)" in told
    assert "optimize=False" in told


@pytest.mark.parametrize("seed", range(12))
def test_random_networks_give_the_logits_of_torch(seed: int) -> None:
    drawn = random_network(seed)
    model = drawn.model
    try:
        data = exported(model, drawn.shape)
    except torch.onnx.errors.SymbolicValueError as error:
        pytest.skip(f"torch does not export this network: {str(error)[:60]}")

    logits = model
    while isinstance(logits[-1], nn.Softmax | nn.LogSoftmax | nn.Dropout):
        logits = logits[:-1]
    compare(network_from_onnx(without_weights(data)), model, logits)


def test_slots_are_the_state_dicts_arrays() -> None:
    model = Branches()
    network = network_from_onnx(without_weights(exported(model, (3, 8, 8))))
    state = {name: tuple(t.shape) for name, t in model.state_dict().items() if "num_batches" not in name}

    assert {slot.name: slot.shape for slot in network.slots} == state
    buffers = {slot.name for slot in network.slots if slot.role is SlotRole.BUFFER}
    assert buffers == {name for name in state if "running" in name}
    assert network.channels_first is True


def test_the_text_holds_no_weights() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 64 * 64, 10))
    data = exported(model, (3, 64, 64))

    text = without_weights(data)

    assert len(data) > 400_000
    assert len(text) < 4_000
    assert network_from_onnx(text).parameters == 122_890


def test_a_definition_takes_the_name_of_an_export_and_stands_alone(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(exported(Branches(), (3, 8, 8)))
    (tmp_path / "x.yaml").write_text(
        "slug: x\ngrading:\n  file: {format: pytorch, names: ['*.pt']}\n  network: {onnx: net.onnx}\n"
        "  classes: [a, b, c, d]\n  score: accuracy\n"
    )

    definition = load(tmp_path / "x.yaml")
    again = Definition("x", Grading.model_validate(json.loads(definition.grading.model_dump_json())))

    assert again.digest == definition.digest
    assert again.network == definition.network
    assert again.input_shape == (3, 8, 8)


def test_a_file_that_is_no_export_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"\xff" * 9)
    (tmp_path / "x.yaml").write_text("slug: x\ngrading:\n  network:\n    onnx: net.onnx\n")

    with pytest.raises(DefinitionError, match=r"x\.yaml, line 4: net\.onnx cannot be read: this is no ONNX model"):
        load(tmp_path / "x.yaml")


def refused(data: bytes) -> str:
    with pytest.raises(DefinitionError) as caught:
        without_weights(data)
    return str(caught.value)


def test_a_folded_batch_norm_is_told_with_how_to_export() -> None:
    told = refused(exported(Branches(), (3, 8, 8), do_constant_folding=True, training=torch.onnx.TrainingMode.EVAL))

    assert "is no array of the state dict: the exporter computed it" in told
    assert "do_constant_folding=False" in told


def test_operators_that_are_not_supported_are_named_all_at_once() -> None:
    class Odd(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(12, 3)

        def forward(self, x: Any) -> Any:
            return torch.sin(torch.cos(self.fc(x.flatten(1))))

    assert "operators that are not supported: Cos, Sin; supported: Abs, Add, AveragePool" in refused(
        exported(Odd(), (3, 2, 2))
    )


def test_free_heights_are_told() -> None:
    data = exported(nn.Conv2d(1, 2, 1), (1, 4, 4), input_names=["x"], dynamic_axes={"x": {2: "height"}})

    assert "the input has shape [1, 1, 'height', 4]; a batch, channels, height and width are needed" in refused(data)


def test_an_export_of_several_images_at_once_is_told() -> None:
    model = onnx.load_model_from_string(exported(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)), (1, 2, 2)))
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 7

    assert "the input has a batch of 7" in refused(model.SerializeToString())


def test_an_image_as_output_is_told() -> None:
    assert "gives an output of shape (2, 4, 4)" in refused(exported(nn.Sequential(nn.Conv2d(1, 2, 1)), (1, 4, 4)))


@pytest.mark.parametrize("operator", ["Conv", "Gemm", "Reshape", "MaxPool", "BatchNormalization", "Concat", "Resize"])
def test_damaged_attributes_are_told_with_the_node(operator: str) -> None:
    model = onnx.load_model_from_string(exported(Branches(), (3, 8, 8)))
    for node in model.graph.node:
        if node.op_type == operator:
            del node.attribute[:]
            del node.input[1:]

    assert f"({operator}): " in refused(model.SerializeToString())
