"""Ways to bring numbers into a network of the student's own: many are counted, whatever they come in as."""

from typing import Any

import numpy as np
import pytest

from grader import limits
from grader.checking import values
from grader.evaluating.exact import ExactNetwork
from grader.facts import AnyArray
from grader.networks.graph import bind
from tests.corpus.makers import onnx as maker
from tests.grader.checking.free_fits import codes, fitted

PLAIN = 47
"""Parameters of the corpus' network, for images of 1 x 4 x 4."""
HALF = {"dims": [1, 2, 4], "type": 7, "as": "ints", "values": [3, -2, 5, 7, -1, 2, 4, 9]}
JOINED = ["Concat", ["top", "bottom"], ["whole"], {"axis": 1}]
WHOLE = {"top": HALF, "bottom": HALF}
FLOATS = {"table": {"dims": [1, 4, 4], "values": [0.5, -2, 4, 8]}}
NORM = {name: {"dims": [2], "values": [0.5, 1.5]} for name in ("scale", "shift", "mean", "var", "var2")}


def program(first: list[list[Any]], taken: str, tensors: dict[str, Any]) -> dict[str, Any]:
    """The corpus' network on what some nodes make of the images."""
    nodes = [[node[0], [taken if name == "images" else name for name in node[1]], *node[2:]] for node in maker.NODES]
    return {"nodes": [*first, *nodes], "tensors": tensors}


def normalised(*norms: list[str]) -> dict[str, Any]:
    """The corpus' network with BatchNormalizations behind its convolution, each with the arrays of these names."""
    conv, *rest = maker.NODES
    nodes = [[conv[0], conv[1], ["n0"], *conv[3:]]]
    nodes += [
        ["BatchNormalization", [f"n{at}", *names], ["convolved" if at + 1 == len(norms) else f"n{at + 1}"]]
        for at, names in enumerate(norms)
    ]
    used = {name for names in norms for name in names}
    return {"nodes": [*nodes, *rest], "tensors": {name: each for name, each in NORM.items() if name in used}}


def parameters(told: dict[str, Any]) -> int:
    fit = fitted(maker.make(told, 1), (1, 4, 4), 3)
    assert codes(fit) == []
    assert fit.network is not None
    return fit.network.parameters


def logits(told: dict[str, Any], images: AnyArray) -> AnyArray:
    fit = fitted(maker.make(told, 1), (1, 4, 4), 3)
    assert fit.network is not None
    weights, _ = values.canonical(fit.arrays, fit.slots)
    return ExactNetwork(bind(fit.network, weights)).logits(images)


WAYS: dict[str, tuple[list[list[Any]], str, dict[str, Any]]] = {
    "divided-by-an-array": ([["Div", ["images", "table"], ["x"]]], "x", FLOATS),
    "multiplied-by-whole-numbers": ([JOINED, ["Mul", ["images", "whole"], ["x"]]], "x", WHOLE),
    "divided-by-whole-numbers": ([JOINED, ["Div", ["images", "whole"], ["x"]]], "x", WHOLE),
    "limited-by-whole-numbers": ([JOINED, ["Max", ["images", "whole"], ["x"]]], "x", WHOLE),
    "added-truths": ([["Equal", ["top", "bottom"], ["same"]], ["Add", ["images", "same"], ["x"]]], "x", {
        "top": {"dims": [1, 4, 4], "type": 7, "as": "ints", "values": [1, 2]},
        "bottom": {"dims": [1, 4, 4], "type": 7, "as": "ints", "values": [1, 3]},
    }),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_an_array_of_different_numbers_is_counted_whatever_it_comes_in_as(way: str) -> None:
    assert parameters(program(*WAYS[way])) == PLAIN + 16


def test_an_array_that_multiplies_and_divides_is_counted_for_each() -> None:
    nodes = [["Mul", ["images", "table"], ["x"]], ["Div", ["x", "table"], ["y"]], ["Div", ["y", "table"], ["z"]]]
    told = program(nodes, "z", FLOATS)
    images = np.random.default_rng(0).normal(0, 1, (2, 1, 4, 4)).astype(np.float32)
    table = np.resize(np.asarray(FLOATS["table"]["values"]), (1, 4, 4))

    assert parameters(told) == PLAIN + 2 * 16
    np.testing.assert_allclose(logits(told, images), logits({}, (images / table).astype(np.float32)), rtol=1e-6)


@pytest.mark.parametrize("operator", ["Add", "Div", "Max", "Mul", "Sub"])
@pytest.mark.parametrize("dims", [[], [1, 4, 4]])
@pytest.mark.parametrize("kind", [{"type": 1}, {"type": 7, "as": "ints"}])
def test_one_number_all_over_that_nobody_named_is_free(operator: str, dims: list[int], kind: dict[str, Any]) -> None:
    tensors = {"onnx::x": {"dims": dims, "values": 2} | kind}

    assert parameters(program([[operator, ["images", "onnx::x"], ["x"]]], "x", tensors)) == PLAIN


def test_a_divisor_that_somebody_named_is_counted() -> None:
    told = program([["Div", ["images", "temperature"], ["x"]]], "x", {"temperature": {"dims": [], "values": 2}})

    assert parameters(told) == PLAIN + 1


def test_whole_numbers_in_a_normalisation_are_counted() -> None:
    told = normalised(["scale", "shift", "mean", "var"])
    for name in ("scale", "shift", "mean", "var"):
        told["tensors"][name] = {"dims": [2], "type": 7, "as": "ints", "values": [1, 2]}

    assert parameters(told) == PLAIN + 4 * 2


@pytest.mark.parametrize(
    ("norms", "hidden"),
    [
        ([["scale", "shift", "mean", "var"]], 2 * 2),
        ([["scale", "shift", "mean", "var"], ["scale", "shift", "mean", "var"]], 2 * 2),
        ([["scale", "shift", "mean", "var"], ["scale", "shift", "mean", "var2"]], 2 * 2 + 2 * 2),
        ([["scale", "scale", "mean", "var"]], 3 * 2),
        ([["scale", "shift", "mean", "var"], ["var2", "shift", "mean", "var"]], 3 * 2),
    ],
)
def test_statistics_are_free_beside_a_scale_and_a_shift_of_their_own(norms: list[list[str]], hidden: int) -> None:
    assert parameters(normalised(*norms)) == PLAIN + hidden


def test_statistics_beside_a_shift_that_nobody_learnt_are_counted() -> None:
    told = normalised(["scale", "onnx::zeros", "mean", "var"])
    told["tensors"]["onnx::zeros"] = {"dims": [2], "values": 0}

    assert parameters(told) == PLAIN + 3 * 2


NEVER_LEARNT = {
    "onnx::s": {"dims": [1], "values": 1},
    "onnx::b": {"dims": [1], "values": 0},
    "onnx::x": {"dims": [1, 4, 4], "values": 2},
}
ONCE: dict[str, tuple[str, list[str], int]] = {
    "products": ("Mul", ["onnx::x"], 16),
    "quotients": ("Div", ["onnx::x"], 16),
    "normalisations": ("InstanceNormalization", ["onnx::s", "onnx::b"], 2 * 16),
}


@pytest.mark.parametrize("way", ONCE)
def test_an_array_that_many_nodes_take_is_held_once(way: str) -> None:
    """A small file could fill the memory otherwise."""
    operator, taken, numbers = ONCE[way]
    nodes = [[operator, [f"x{at}" if at else "images", *taken], [f"x{at + 1}"]] for at in range(20)]

    fit = fitted(maker.make(program(nodes, "x20", {each: NEVER_LEARNT[each] for each in taken}), 1), (1, 4, 4), 3)

    assert codes(fit) == []
    assert fit.network is not None
    assert sum(int(np.prod(each.dims)) for each in fit.network.graph.initializer) == numbers


def test_constants_that_are_too_large_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    told = program([["InstanceNormalization", ["images", "onnx::s", "onnx::b"], ["x"]]], "x", NEVER_LEARNT)
    told["tensors"].pop("onnx::x")
    monkeypatch.setattr(limits, "MAX_FOLDED_IN_ALL", 31)

    (problem,) = fitted(maker.make(told, 1), (1, 4, 4), 3).problems

    assert (problem.code, problem.got) == ("onnx-node", "with it the constants of the graph have more than 31 numbers")


def test_a_slice_names_each_axis_once() -> None:
    told_places = {"first": 0, "end": 4, "axes": 2}
    places = {name: {"dims": [2], "type": 7, "as": "ints", "values": place} for name, place in told_places.items()}
    told = program([["Slice", ["images", "first", "end", "axes"], ["x"]]], "x", places)

    (problem,) = fitted(maker.make(told, 1), (1, 4, 4), 3).problems

    assert problem.got.startswith("steps of 1 for each of 2 axes are supported, got axes [2, 2]")
