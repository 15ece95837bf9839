"""The answer of reading an ONNX file is believed in nothing but its form."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from grader.errors import Cause, ChildDied
from grader.reading import onnx_files
from grader.reading.stored_graph import graph_from_words
from tests.corpus.makers import onnx as maker


def answer() -> tuple[Any, dict[str, Any]]:
    words, arrays = onnx_files.read(maker.make({}, 1))
    return copy.deepcopy(words), dict(arrays)


def test_the_graph_of_an_answer_is_that_of_the_file() -> None:
    words, arrays = answer()

    graph = graph_from_words(words, arrays)

    assert (graph.images, graph.input_shape, graph.output) == ("images", (1, 4, 4), "logits")
    assert [node.operator for node in graph.nodes] == ["Conv", "Relu", "Flatten", "Gemm"]
    assert {name: array.shape for name, array in graph.arrays.items()} == maker.SHAPES


def node(words: Any) -> Any:
    return words["nodes"][0]


SPOILT: dict[str, Callable[[Any, dict[str, Any]], None]] = {
    "no-nodes": lambda words, arrays: words.update(nodes=[]),
    "nodes-of-no-kind": lambda words, arrays: words.update(nodes={"a": 1}),
    "a-node-that-is-a-list": lambda words, arrays: words["nodes"].append([]),
    "an-unprintable-name": lambda words, arrays: node(words).update(name="\n"),
    "no-operator": lambda words, arrays: node(words).update(operator=""),
    "too-many-inputs": lambda words, arrays: node(words).update(inputs=["a"] * 65),
    "inputs-of-no-kind": lambda words, arrays: node(words).update(inputs=[1]),
    "an-attribute-of-no-kind": lambda words, arrays: node(words)["attributes"].update(a=None),
    "a-truth-value": lambda words, arrays: node(words)["attributes"].update(a=True),
    "a-long-attribute": lambda words, arrays: node(words)["attributes"].update(a=[1] * 65),
    "a-list-of-texts": lambda words, arrays: node(words)["attributes"].update(a=["b"]),
    "a-number-beyond-64-bits": lambda words, arrays: node(words)["attributes"].update(a=1 << 63),
    "a-float-beyond-float32": lambda words, arrays: node(words)["attributes"].update(a=1e300),
    "an-attribute-without-its-array": lambda words, arrays: node(words)["attributes"].update(a={"array": "99"}),
    "two-sizes": lambda words, arrays: words.update(shape=[4, 4]),
    "a-size-of-zero": lambda words, arrays: words.update(shape=[1, 0, 4]),
    "a-size-that-is-true": lambda words, arrays: words.update(shape=[True, 4, 4]),
    "no-output": lambda words, arrays: words.update(output=None),
    "arrays-of-no-kind": lambda words, arrays: words.update(arrays=[]),
    "an-array-that-is-absent": lambda words, arrays: arrays.pop("0"),
    "many-whole-numbers": lambda words, arrays: arrays.update({"0": np.zeros(65, np.int64)}),
    "an-array-of-another-type": lambda words, arrays: arrays.update({"0": np.zeros(2, np.uint32)}),
    "nine-axes": lambda words, arrays: arrays.update({"0": np.zeros([1] * 9, np.float32)}),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_what_no_reading_answers_is_a_fault_of_the_child(spoil: Callable[[Any, dict[str, Any]], None]) -> None:
    words, arrays = answer()
    spoil(words, arrays)

    with pytest.raises(ChildDied) as caught:
        graph_from_words(words, arrays)

    assert caught.value.cause is Cause.ANSWER
