"""Networks that would take much to follow: little is held meanwhile, and beyond the limits nothing is taken out."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from grader import limits
from grader.checking import values
from grader.compaction.compacting import Outline, compact, outline
from grader.compaction.rules import RULES
from grader.compaction.trace import Trace
from grader.compaction.views import cores
from grader.facts import Weights
from grader.flops import dense_macs
from grader.networks.graph import Network
from tests.corpus.makers import onnx as maker
from tests.grader.checking.free_fits import codes, fitted
from tests.grader.compaction.small_networks import Sequential, drawn, two_convolutions

MIB = 1 << 20
CHANNELS = 8
Nodes = list[list[Any]]


def sigmoids(times: int) -> Nodes:
    return [["Sigmoid", [f"t{at}"], [f"t{at + 1}"]] for at in range(times)]


def turned(times: int) -> Nodes:
    """Each time the elements are in another order, which nothing but a new array can hold."""
    return [
        node
        for at in range(times)
        for node in (
            ["Transpose", [f"t{at}"], [f"u{at}"], {"perm": [0, 2, 1]}],
            ["Reshape", [f"u{at}", "crossed"], [f"t{at + 1}"]],
        )
    ]


def added(times: int) -> Nodes:
    """Elements meet those that stood elsewhere."""
    return [
        node
        for at in range(times)
        for node in (
            ["Transpose", [f"t{at}"], [f"u{at}"], {"perm": [0, 2, 1]}],
            ["Reshape", [f"u{at}", "crossed"], [f"v{at}"]],
            ["Add", [f"v{at}", f"t{at}"], [f"t{at + 1}"]],
        )
    ]


def network_of(middle: Nodes, size: int) -> tuple[Network, Weights]:
    """Channels, one of them constant, put into rows of another length, then the nodes, then a mean of each channel."""
    last = middle[-1][2][0]
    nodes: Nodes = [
        ["Conv", ["images", "conv.weight", "conv.bias"], ["c"], {"kernel_shape": [1, 1]}],
        ["Reshape", ["c", "crossed"], ["t0"]],
        *middle,
        ["Reshape", [last, "image"], ["b"]],
        ["GlobalAveragePool", ["b"], ["g"]],
        ["Flatten", ["g"], ["f"], {"axis": 1}],
        ["Gemm", ["f", "fc.weight", "fc.bias"], ["logits"], {"transB": 1}],
    ]
    tensors = {
        "conv.weight": {"dims": [CHANNELS, 1, 1, 1], "values": [1, 2, 3, 0, 4, 5, 6, 7]},
        "conv.bias": {"dims": [CHANNELS], "values": 0.5},
        "fc.weight": {"dims": [3, CHANNELS]},
        "crossed": {"dims": [3], "type": 7, "as": "ints", "values": [1, size * size, CHANNELS]},
        "image": {"dims": [4], "type": 7, "as": "ints", "values": [1, CHANNELS, size, size]},
    }
    return read({"nodes": nodes, "tensors": tensors}, size)


def read(program: dict[str, Any], size: int) -> tuple[Network, Weights]:
    """The network and the weights of a program for images of one channel."""
    told = {**program, "inputs": [["images", 1, [None, 1, size, size]]]}
    fit = fitted(maker.make(told, 1), (1, size, size), 3)
    assert codes(fit) == []
    assert fit.network is not None
    return fit.network, values.canonical(fit.arrays, fit.slots)[0]


def peak_of(work: Callable[[], object]) -> int:
    """What was held at most while something was done, in bytes."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def check_whole(network: Network, found: Outline) -> None:
    assert found == Outline(dense_macs(network), network.parameters, {}, folded=False, followed=False)


def test_constants_are_held_until_the_last_operator_that_takes_them() -> None:
    network, weights = network_of(sigmoids(60), 128)  # 1 MiB for the constants of each tensor

    assert peak_of(lambda: outline(network, weights)) < 16 * MIB
    assert outline(network, weights).followed


def test_a_tensor_without_constants_takes_no_memory_for_them() -> None:
    network, weights = network_of(sigmoids(1), 16)
    weights = {**weights, "conv.weight": np.ones((CHANNELS, 1, 1, 1), np.float32)}

    trace = Trace(network, weights, fold=True).run(RULES)

    assert all(cores([traced.values])[0].size == 1 for traced in trace.tensors.values())


def test_channels_that_are_put_together_repeat_themselves_without_memory() -> None:
    nodes: Nodes = [
        ["Conv", ["images", "conv.weight", "conv.bias"], ["c"], {"kernel_shape": [3, 3]}],
        ["Concat", ["c", "c"], ["both"], {"axis": 1}],
        ["Flatten", ["both"], ["f"], {"axis": 1}],
        ["Gemm", ["f", "fc.weight", "fc.bias"], ["logits"], {"transB": 1}],
    ]
    network, weights = read({"nodes": nodes, "tensors": {"fc.weight": {"dims": [3, 16]}}}, 4)

    trace = Trace(network, weights, fold=True).run(RULES)

    (joined,) = (node.output for node in trace.nodes if node.operator == "Concat")
    assert cores([trace.tensors[joined].ids])[0].shape == (1, 4, 1, 1)


@pytest.mark.parametrize("middle", [sigmoids(40), turned(40), added(40)], ids=["sigmoids", "turned", "added"])
def test_the_largest_tensors_take_no_more_than_the_limit_and_the_operator_at_work(middle: Nodes) -> None:
    network, weights = network_of(middle, 1000)  # 8 million numbers, of which 32 MiB are allowed
    found = []

    peak = peak_of(lambda: found.append(outline(network, weights)))

    assert peak < limits.MAX_FOLLOWED_BYTES + 512 * MIB
    check_whole(network, found[0])


def test_what_would_hold_too_much_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    network, weights = network_of(turned(20), 64)  # 256 KiB for the units of each tensor
    assert outline(network, weights).followed
    monkeypatch.setattr(limits, "MAX_FOLLOWED_BYTES", 2 * MIB)

    assert peak_of(lambda: outline(network, weights)) < 6 * MIB
    check_whole(network, outline(network, weights))
    found = compact(network, weights)
    assert (found.network, found.weights, found.removed) == (network, weights, {})


def test_what_would_compute_too_much_stays_whole(sequential: Sequential, monkeypatch: pytest.MonkeyPatch) -> None:
    network = two_convolutions(sequential)
    weights = drawn(network)
    weights["conv2d_0/kernel"][..., 1] = 0
    weights["conv2d_0/bias"][1] = 0
    assert outline(network, weights).removed == {"conv2d_0": 1}
    monkeypatch.setattr(limits, "MAX_FOLLOWED_NUMBERS", 5_000)

    check_whole(network, outline(network, weights))
    assert compact(network, weights).removed == {}


def test_a_large_kernel_that_is_used_again_and_again_costs_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def used(times: int) -> tuple[Network, Weights]:
        nodes: Nodes = [["Flatten", ["images"], ["t0"], {"axis": 1}]]
        nodes += [["Gemm", [f"t{at}", "k.weight"], [f"t{at + 1}"]] for at in range(times)]
        nodes += [["Gemm", [f"t{times}", "fc.weight", "fc.bias"], ["logits"], {"transB": 1}]]
        dropped = {"conv.weight": None, "conv.bias": None}
        tensors = {**dropped, "k.weight": {"dims": [16, 16]}, "fc.weight": {"dims": [3, 16]}}
        return read({"nodes": nodes, "tensors": tensors}, 4)

    monkeypatch.setattr("grader.compaction.trace.STEP", 0)
    monkeypatch.setattr(limits, "MAX_FOLLOWED_NUMBERS", 16 * 16 * 10)

    assert outline(*used(5)).followed
    assert not outline(*used(20)).followed
