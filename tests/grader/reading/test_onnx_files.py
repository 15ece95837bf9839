"""The reader of ONNX files against the onnx library, and each limit from both sides."""

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, numpy_helper

from grader import limits
from grader.errors import Refusal
from grader.reading import onnx_files, protobuf
from grader.reading.onnx_messages import MODEL
from grader.reading.protobuf import Reader
from tests.corpus.cases import Case, all_cases
from tests.corpus.makers import onnx as maker
from tests.corpus.makers.onnx_wire import message, varint

ACCEPTED = [case for case in all_cases() if case.competition == "corpus-onnx" and case.accepted]


def code_of(program: dict[str, Any]) -> str:
    """`read`, or the code of the refusal."""
    try:
        onnx_files.read(maker.make(program, 1))
    except Refusal as refusal:
        return refusal.findings[0].code
    return "read"


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.id)
def test_nodes_and_arrays_are_those_that_the_library_finds(case: Case) -> None:
    graph = onnx.load_model_from_string(case.content).graph

    words, arrays = onnx_files.read(case.content)

    nodes: Any = words["nodes"]
    named: Any = words["arrays"]
    assert [(node["operator"], node["inputs"], node["outputs"]) for node in nodes] == [
        (node.op_type, list(node.input), list(node.output)) for node in graph.node
    ]
    assert list(named) == [tensor.name for tensor in graph.initializer]
    for tensor in graph.initializer:
        ours, theirs = arrays[named[tensor.name]], numpy_helper.to_array(tensor)
        assert ours.shape == theirs.shape
        assert np.array_equal(ours.astype(np.float64), theirs.astype(np.float64))
    for node, ours_ in zip(graph.node, nodes, strict=True):
        for attribute in node.attribute:
            _same_attribute(attribute, ours_["attributes"][attribute.name], arrays)


def _same_attribute(attribute: onnx.AttributeProto, ours: Any, arrays: Any) -> None:
    theirs = onnx.helper.get_attribute_value(attribute)
    if isinstance(theirs, TensorProto):
        assert np.array_equal(arrays[ours["array"]], numpy_helper.to_array(theirs))
    elif isinstance(theirs, bytes):
        assert ours == theirs.decode()
    else:
        assert ours == theirs


@pytest.mark.parametrize(
    ("count", "code"), [(limits.ONNX_MAX_NODES, "read"), (limits.ONNX_MAX_NODES + 1, "onnx-too-many-nodes")]
)
def test_nodes_are_read_up_to_their_limit(count: int, code: str) -> None:
    assert code_of({"then": [["Relu"]], "times": count - len(maker.NODES)}) == code


@pytest.mark.parametrize(
    ("count", "code"), [(limits.ONNX_MAX_LIST, "read"), (limits.ONNX_MAX_LIST + 1, "onnx-integers")]
)
def test_whole_numbers_are_read_up_to_their_limit(count: int, code: str) -> None:
    assert code_of({"tensors": {"axes": {"dims": [count], "type": 7, "values": 1}}}) == code


@pytest.mark.parametrize(
    ("count", "code"), [(limits.ONNX_MAX_LIST, "read"), (limits.ONNX_MAX_LIST + 1, "onnx-long-list")]
)
def test_attributes_are_read_up_to_their_limit(count: int, code: str) -> None:
    assert code_of({"then": [["Identity", {"numbers": [7] * count}]]}) == code


@pytest.mark.parametrize(
    ("count", "code"), [(limits.ONNX_MAX_NAME_CHARACTERS, "read"), (limits.ONNX_MAX_NAME_CHARACTERS + 1, "onnx-name")]
)
def test_names_are_read_up_to_their_limit(count: int, code: str) -> None:
    assert code_of({"tensors": {"\u00e9" * count: {"dims": [1]}}}) == code


def test_fields_are_read_up_to_their_limit() -> None:
    notes = message([(14, [])]) * (limits.ONNX_MAX_FIELDS + 1)

    with pytest.raises(Refusal) as caught:
        Reader().read(memoryview(notes), MODEL, "model")

    assert caught.value.findings[0].code == "onnx-too-many-fields"


def test_packed_numbers_that_come_one_by_one_are_held_to_a_limit() -> None:
    row = [(8, 7)] * (limits.ONNX_MAX_PACKED + 2)

    assert code_of({"then": [["Identity", {"numbers": {"fields": row}}]]}) == "onnx-long-list"


@pytest.mark.parametrize("number", [0, 1, 127, 128, 300, (1 << 63) - 1, -1, -(1 << 63)])
def test_whole_numbers_of_all_lengths_are_read(number: int) -> None:
    table = Reader().read(memoryview(message([(1, number)])), MODEL, "model")

    assert table == {"ir_version": number}


@pytest.mark.parametrize(
    "data", [b"\x08", b"\x80", varint(1 << 3) + b"\xff" * 11, b"\x0d\0\0", b"\x09" + bytes(7), b"\0"]
)
def test_bytes_that_are_no_message_are_refused(data: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        Reader().read(memoryview(data), MODEL, "model")

    assert caught.value.findings[0].code == "onnx-damaged"


def test_messages_within_messages_end() -> None:
    endless: dict[int, protobuf.Field] = {}
    endless[1] = protobuf.Field("again", endless)
    data = b""
    for _ in range(limits.ONNX_MAX_DEPTH + 2):
        data = message([(1, data)])

    with pytest.raises(Refusal, match="onnx-damaged"):
        Reader().read(memoryview(data), endless, "model")
