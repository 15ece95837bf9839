"""From source and arrays to a graph, in this process."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
import pytest

pytest.importorskip("torch")

import torch

from grader.errors import Finding, Refusal
from grader.exporting import job, wire
from grader.facts import AnyArray
from grader.memory_files import memory_file

ENTRIES = ("build", "get_student_model", "StudentNet")
NET = """\
from torch import nn
import torch

class StudentNet(nn.Module):
    def __init__(self, filters=2):
        super().__init__()
        self.conv = nn.Conv2d(1, filters, 3)
        self.norm = nn.BatchNorm2d(filters)
        self.fc = nn.Linear(4 * filters, 3)

    def forward(self, x):
        return self.fc(self.norm(self.conv(x)).relu().flatten(1))
"""
SHAPES = {
    "conv.weight": (2, 1, 3, 3),
    "conv.bias": (2,),
    "norm.weight": (2,),
    "norm.bias": (2,),
    "norm.running_mean": (2,),
    "norm.running_var": (2,),
    "fc.weight": (3, 8),
    "fc.bias": (3,),
}


def arrays(seed: int = 0, kind: str = "float32") -> dict[str, AnyArray]:
    random = np.random.default_rng(seed)
    return {name: (random.normal(0, 1, shape) ** 2).astype(kind) for name, shape in SHAPES.items()}


def built(
    source: str, *checkpoints: Mapping[str, AnyArray], name: str = "hw13.py"
) -> tuple[dict[str, Any], onnx.ModelProto]:
    head, answer = job.build(name, source.encode(), checkpoints or [arrays()], ENTRIES, (1, 4, 4))
    return head, onnx.load_model_from_string(answer["graph"].tobytes())


def refused(source: str, *checkpoints: Mapping[str, AnyArray]) -> list[Finding]:
    with pytest.raises(Refusal) as refusal:
        built(source, *checkpoints)
    return list(refusal.value.findings)


def weights_of(model: onnx.ModelProto) -> dict[str, AnyArray]:
    return {each.name: onnx.numpy_helper.to_array(each) for each in model.graph.initializer}


def test_the_graph_is_unfused_and_keeps_the_names_of_the_state_dict() -> None:
    _, model = built(NET)

    assert {node.op_type for node in model.graph.node} >= {"Conv", "BatchNormalization", "Gemm"}
    found = weights_of(model)
    assert all(np.array_equal(found[name], array) for name, array in arrays().items())


@pytest.mark.parametrize("kind", ["float16", "float64"])
def test_weights_of_other_floats_are_converted(kind: str) -> None:
    _, model = built(NET, arrays(kind=kind))

    assert np.array_equal(weights_of(model)["fc.weight"], arrays(kind=kind)["fc.weight"].astype(np.float32))


@pytest.mark.parametrize(
    ("more", "entry"),
    [
        ("", "StudentNet"),
        ("def get_student_model(): return StudentNet()", "get_student_model"),
        ("def build(filters=2): return StudentNet(filters)\ndef get_student_model(): raise SystemExit", "build"),
        ("build = StudentNet(2)", "StudentNet"),
        ("def build(*layers, **options): return nn.DataParallel(StudentNet())", "build"),
    ],
)
def test_the_first_entry_that_can_be_called_builds_the_network(more: str, entry: str) -> None:
    assert built(f"{NET}\n{more}")[0]["entry"] == entry


def test_several_networks_are_averaged_by_their_softmax() -> None:
    _, model = built(f"{NET}\ndef build(): return [StudentNet(), StudentNet()]", arrays(1), arrays(2))
    images = np.random.default_rng(3).normal(0, 1, (1, 1, 4, 4)).astype(np.float32)

    from onnx.reference import ReferenceEvaluator

    (ours,) = ReferenceEvaluator(model).run(None, {"images": images})

    shares = []
    for seed in (1, 2):
        names: dict[str, Any] = {}
        exec(NET, names)
        network = names["StudentNet"]().eval()
        network.load_state_dict({name: torch.from_numpy(array) for name, array in arrays(seed).items()}, strict=False)
        shares.append(network(torch.from_numpy(images)).softmax(1).detach().numpy())
    assert np.abs(ours - (shares[0] + shares[1]) / 2).max() < 1e-6


def test_one_checkpoint_may_hold_the_weights_of_all_networks() -> None:
    both = {f"{number}.{name}": array for number in range(2) for name, array in arrays(number).items()}

    _, model = built(f"{NET}\ndef build(): return StudentNet(), StudentNet()", both)

    assert np.array_equal(weights_of(model)["1.fc.weight"], both["1.fc.weight"])


def test_as_many_checkpoints_as_networks_are_needed() -> None:
    assert refused(NET, arrays(), arrays()) == [Finding("code-checkpoints", expected="1", got="2")]


def test_every_difference_between_names_is_told_with_the_nearest() -> None:
    given = arrays()
    given["norm.wieght"] = given.pop("norm.weight")
    given["fc.weight"] = np.zeros((3, 9), np.float32)

    assert refused(NET, given) == [
        Finding("code-missing-weight", "norm.weight", "(2,)", "norm.wieght"),
        Finding("code-weight-shape", "fc.weight", "(3, 8)", "(3, 9)"),
        Finding("code-unexpected-weight", "norm.wieght", "norm.weight", "(2,)"),
    ]


def test_an_exception_is_told_with_the_students_own_lines() -> None:
    source = NET.replace("return self.fc(", "return self.head(").replace(
        "def forward", "def head(self, x):\n        return x @ self.fc.weight\n\n    def forward"
    )

    (finding,) = refused(source)

    assert finding.code == "code-raised"
    assert finding.where == "hw13.py, line 15 in forward, line 12 in head"
    assert finding.expected == "return x @ self.fc.weight"
    assert finding.got.startswith("RuntimeError: mat1 and mat2 shapes cannot be multiplied")


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("x = 1", "code-no-entry"),
        ("def build(a, *, b): pass", "code-entry-arguments"),
        ("def build(): return 1", "code-no-network"),
        ("def build(): return []", "code-no-network"),
        ("def build():\n    import no_such_module", "code-import"),
        ("import no_such_module\ndef build(): return no_such_module.Net()", "code-import"),
        ("model = make()\ndef build(): return model", "code-left-out"),
        ("size = 1 / 0\ndef build(): return size", "code-failed-name"),
        ("class build(no_such_name): pass", "code-raised"),
        ("def build(): return open('/no/such/file')", "code-forbidden"),
        (f"{NET}\ndef build(): return StudentNet().cuda()", "code-device"),
        (f"{NET}\ndef build(): raise KeyboardInterrupt", "code-raised"),
        (NET.replace("return ", "x = torch.fft.fft(x).real\n        return "), "code-operator"),
    ],
)
def test_what_goes_wrong_is_told_by_its_kind(source: str, code: str) -> None:
    assert [finding.code for finding in refused(source)] == [code]


def test_no_finding_names_a_folder_of_this_machine() -> None:
    (finding,) = refused("import torch\ndef build(): raise RuntimeError(torch.__file__)")

    assert finding.got.startswith("RuntimeError: .../")


NOISY = """
class Noisy(StudentNet):
    def __init__(self):
        super().__init__()
        self.noise = torch.randn(3)

    def forward(self, x):
        return super().forward(x) + self.noise

def build():
    return Noisy()
"""


def test_the_same_code_gives_the_same_graph_each_time() -> None:
    assert built(NET + NOISY)[1] == built(NET + NOISY)[1]


def test_the_job_reads_what_it_is_given_by_descriptor() -> None:
    arguments = {"name": "hw13.py", "entries": list(ENTRIES), "shape": [1, 4, 4]}
    with memory_file(NET.encode()) as source, memory_file(wire.pack([arrays()])) as weights:
        head, answer = job.run(arguments, [source, weights])

    assert (head["networks"], head["dropped"]) == (1, 0)
    assert answer["graph"].dtype == np.uint8
