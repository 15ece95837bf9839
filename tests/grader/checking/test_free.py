"""Networks of the student's own choice: what is told of them, how they are named, when they are equal."""

from typing import Any

import pytest

from grader import limits, messages
from grader.checked import check_weights
from grader.competition import Definition, Grading
from grader.facts import SlotRole
from grader.messages import problem
from grader.messages.onnx import INSTEAD, advice
from grader.networks.onnx_drawing import SUPPORTED
from grader.report import Digests, Report, Status
from tests.corpus.makers import onnx as maker
from tests.grader.checking.free_fits import codes, fitted, read

SHAPE, CLASSES, PARAMETERS = (1, 4, 4), 3, 47
RULES: dict[str, Any] = {
    "file": {"format": "onnx", "names": ["*.onnx"]},
    "network": {"free": True, "input_shape": [1, 4, 4]},
    "classes": ["red", "green", "blue"],
    "score": "accuracy",
}
MADE_UP = {"conv.weight": "onnx::Conv_7", "conv.bias": "onnx::Conv_8", "fc.weight": "kernel", "fc.bias": "val_3"}


def fit(program: dict[str, Any]) -> Any:
    return fitted(maker.make(program, 1), SHAPE, CLASSES)


def checked(program: dict[str, Any], **rules: Any) -> Any:
    begun = Report(Status.CHECKED, "free", Digests("", ""), 0, "none")
    definition = Definition("free", Grading.model_validate(RULES | rules))
    return check_weights(read(maker.make(program, 1)), definition, begun)


def renamed() -> dict[str, Any]:
    """The corpus' network with names of weights that exporters make up, or that are no state dict's."""
    nodes = [[node[0], [MADE_UP.get(name, name) for name in node[1]], *node[2:]] for node in maker.NODES]
    tensors: dict[str, Any] = dict.fromkeys(MADE_UP, None)
    return {
        "nodes": nodes,
        "tensors": tensors | {MADE_UP[name]: {"dims": list(maker.SHAPES[name])} for name in MADE_UP},
    }


def test_weights_keep_the_names_of_the_state_dict() -> None:
    assert [slot.name for slot in fit({}).slots] == list(maker.SHAPES)


def test_weights_without_such_names_are_called_after_their_layer() -> None:
    names = [slot.name for slot in fit(renamed()).slots]

    assert names == ["Conv.weight", "Conv.bias", "kernel.weight", "Gemm.bias"]


def test_parameters_and_buffers_are_told_apart_by_their_place() -> None:
    norm = ["bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"]
    arrays = {name: {"dims": [1], "values": 1} for name in norm}

    found = fit({"before": [["BatchNormalization", {}, norm]], "tensors": arrays})

    roles = {slot.name: slot.role for slot in found.slots if slot.name.startswith("bn")}
    assert [roles[name] for name in norm] == [SlotRole.PARAMETER] * 2 + [SlotRole.BUFFER] * 2


def test_equal_weights_in_another_graph_have_another_digest() -> None:
    one, other = (checked({"before": [[operator]]}).report.digests.weights for operator in ("Relu", "Sigmoid"))

    assert one != other


def test_names_of_nodes_and_notes_make_no_other_digest() -> None:
    named = {"nodes": [[*maker.NODES[0], {"name": "first"}], *maker.NODES[1:]], "extra": {"model": [[6, "a note"]]}}

    assert checked(named).report.digests.weights == checked({}).report.digests.weights


def test_a_network_that_is_too_large_is_told_with_its_layers() -> None:
    report = checked({}, limits={"max_parameters": 46}).report

    assert [each.code for each in report.problems] == ["too-many-parameters"]
    assert report.counts is not None
    assert [(layer.name, layer.parameters) for layer in report.counts.layers] == [
        ("conv.weight", 18),
        ("conv.bias", 2),
        ("fc.weight", 24),
        ("fc.bias", 3),
    ]


@pytest.mark.parametrize(
    ("limit", "code"), [("max_macs", "too-many-macs"), ("max_activation_bytes", "too-large-activations")]
)
def test_a_network_that_is_too_heavy_is_refused(limit: str, code: str) -> None:
    exact = {"max_macs": 18 * 4 + 24, "max_activation_bytes": 64}[limit]

    assert not checked({}, limits={limit: exact}).report.problems
    assert [each.code for each in checked({}, limits={limit: exact - 1}).report.problems] == [code]


def test_too_many_numbers_beside_the_kernels_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    work = 8 + 8 + 8 + 3  # of Conv, Relu, Flatten and Gemm
    monkeypatch.setattr("grader.limits.MAX_OPERATIONS", work)
    assert codes(fit({})) == []

    monkeypatch.setattr("grader.limits.MAX_OPERATIONS", work - 1)
    assert codes(fit({})) == ["too-many-operations"]


def test_a_network_that_is_too_large_to_be_followed_is_counted_whole_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unused = {"tensors": {"fc.weight": {"dims": [3, 8], "values": 0}}}
    followed = checked(unused).report
    monkeypatch.setattr(limits, "MAX_FOLLOWED_NUMBERS", 100)

    whole = checked(unused).report

    assert followed.macs.effective < followed.macs.dense == whole.macs.effective
    assert followed.shrunk.parameters < whole.shrunk.parameters == PARAMETERS
    assert [each.code for each in followed.notes] == []
    (note,) = whole.notes
    assert note == messages.note("not-followed", expected="256 MiB or 100 numbers")


def test_every_unknown_operator_is_named_once_with_what_to_do() -> None:
    found = fit({"then": [["Floor"], ["ArgMax"], ["Floor"], ["NoSuch"]]}).problems

    assert [each.got for each in found] == ["ArgMax", "Floor", "NoSuch"]
    assert problem(found[0]).hint == "Instead: end the network with its logits; the grader takes the largest."


def test_no_operator_that_is_supported_has_an_advice_against_it() -> None:
    assert not set(SUPPORTED) & set(INSTEAD)
    assert advice("NoSuch")


def test_a_final_softmax_is_left_out_and_another_is_not() -> None:
    last = fit({"then": [["Softmax", {"axis": 1}]]}).network
    inner = fit({"then": [["Softmax", {"axis": 1}], ["Relu"]]}).network

    assert "Softmax" not in [node.op_type for node in last.graph.node]
    assert "Softmax" in [node.op_type for node in inner.graph.node]
