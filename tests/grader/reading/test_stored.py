"""The answer of the reading job is doubted in everything but its form."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from grader import messages
from grader.errors import Cause, ChildDied
from grader.facts import AnyArray
from grader.reading.stored import from_answer, read_own

KERNEL, BIAS = np.ones((2, 3), np.float32), np.ones(3, np.float16)


def good_head() -> dict[str, object]:
    layers = [{"name": "dense", "arrays": ["kernel", "bias"]}, {"name": "dense_1", "arrays": ["kernel"]}]
    return {"layout": "keras-legacy", "ordered": True, "layers": layers, "notes": [["optimizer-ignored", 1200]]}


def good_arrays() -> dict[str, AnyArray]:
    return {"0/0": KERNEL, "0/1": BIAS, "1/0": KERNEL}


def test_an_answer_becomes_a_record() -> None:
    weights = from_answer(good_head(), good_arrays())

    assert (weights.layout, weights.ordered) == ("keras-legacy", True)
    assert [(layer.name, list(layer.arrays)) for layer in weights.layers] == [
        ("dense", ["kernel", "bias"]),
        ("dense_1", ["kernel"]),
    ]
    assert weights.layers[0].arrays["bias"] is BIAS
    assert weights.notes == (messages.note("optimizer-ignored", got="1,200"),)


def test_the_order_follows_from_the_layout_and_not_from_the_answer() -> None:
    head = {**good_head(), "layout": "keras-vars", "ordered": True}

    assert not from_answer(head, good_arrays()).ordered


BAD_HEADS: dict[str, dict[str, object]] = {
    "no layout": {"layout": None},
    "unknown layout": {"layout": "onnx"},
    "layers no list": {"layers": "dense"},
    "layers no objects": {"layers": ["dense"]},
    "layers without a name": {"layers": [{"arrays": ["kernel"]}]},
    "layers of one name": {"layers": [{"name": "a", "arrays": ["x", "y"]}, {"name": "a", "arrays": ["x"]}]},
    "a name of many lines": {"layers": [{"name": "a\nb", "arrays": ["x", "y"]}, {"name": "c", "arrays": ["x"]}]},
    "arrays of one name": {"layers": [{"name": "a", "arrays": ["x", "x"]}, {"name": "b", "arrays": ["x"]}]},
    "no arrays": {"layers": [{"name": "a", "arrays": []}]},
    "too few layers": {"layers": [{"name": "dense", "arrays": ["kernel", "bias"]}]},
    "too many layers": {"layers": [{"name": "dense", "arrays": ["a", "b", "c"]}]},
    "thousands of layers": {"layers": [{"name": "a", "arrays": ["x"]}] * 5000},
    "unknown note": {"notes": [["full-score", 1]]},
    "note of text": {"notes": [["optimizer-ignored", "<b>"]]},
    "note of a huge number": {"notes": [["optimizer-ignored", 10**5000]]},
    "note without a fact": {"notes": ["optimizer-ignored"]},
    "note of a list": {"notes": [[["optimizer-ignored"], 1]]},
}


@pytest.mark.parametrize("change", BAD_HEADS.values(), ids=BAD_HEADS.keys())
def test_a_malformed_head_is_the_childs_fault(change: dict[str, object]) -> None:
    with pytest.raises(ChildDied) as caught:
        from_answer({**good_head(), **change}, good_arrays())

    assert caught.value.cause is Cause.ANSWER


@pytest.mark.parametrize(
    "array", [np.ones(3, np.int32), np.ones((0, 3), np.float32), np.ones((1,) * 9, np.float32), np.ones(3, ">f4")]
)
def test_a_malformed_array_is_the_childs_fault(array: AnyArray) -> None:
    with pytest.raises(ChildDied):
        from_answer(good_head(), {**good_arrays(), "0/1": array})


def test_an_array_that_no_layer_names_is_the_childs_fault() -> None:
    with pytest.raises(ChildDied):
        from_answer(good_head(), {**good_arrays(), "9/9": KERNEL})


def test_a_file_of_ones_own_is_read_in_this_process(tmp_path: Path) -> None:
    path = tmp_path / "weights.h5"
    with h5py.File(path, "w") as file:
        file["layers/dense/vars/0"] = KERNEL

    weights = read_own(path)

    assert [(layer.name, layer.arrays["0"].tolist()) for layer in weights.layers] == [("dense", KERNEL.tolist())]
