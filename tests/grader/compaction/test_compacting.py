"""What goes and what stays, on networks that are small enough to say so by hand."""

from typing import Any

import numpy as np
import pytest

from grader.compaction import moving
from grader.compaction.compacting import compact, outline
from grader.compaction.rules import FOLLOWED, RULES
from grader.compaction.trace import Trace
from grader.evaluating.exact import ExactNetwork
from grader.evaluating.operators import OPERATORS
from grader.flops import dense_macs
from grader.networks.graph import bind
from grader.networks.keras_config import network_from_config
from tests.grader.compaction.comparing import check_same
from tests.grader.compaction.small_networks import Sequential, convolution, drawn, shapes, two_convolutions


def test_a_network_without_zeros_stays_as_it_is(sequential: Sequential) -> None:
    network = two_convolutions(sequential)
    weights = drawn(network)

    found = compact(network, weights)

    assert found.network.layers == network.layers
    assert found.removed == {}
    assert all(found.weights[name] is array for name, array in weights.items())
    assert outline(network, weights).macs == dense_macs(network)


def test_a_filter_of_zeros_goes_with_what_it_feeds(sequential: Sequential) -> None:
    network = two_convolutions(sequential)
    weights = drawn(network)
    weights["conv2d_0/kernel"][..., [1, 3]] = 0
    weights["conv2d_0/bias"][[1, 3]] = 0

    found = compact(network, weights)

    assert found.removed == {"conv2d_0": (1, 3)}
    assert shapes(found)["conv2d_1/kernel"] == (3, 3, 2, 3)
    assert np.array_equal(found.weights["conv2d_1/kernel"], weights["conv2d_1/kernel"][:, :, [0, 2]])
    # 6x6 positions of 3x3 windows on 2 channels for 2 filters, 4x4 on these for 3 filters, then 48 numbers times 2.
    assert outline(network, weights).macs == 36 * 9 * 2 * 2 + 16 * 9 * 2 * 3 + 48 * 2
    check_same(network, weights, found)


def test_a_filter_that_nothing_uses_goes_with_what_fed_only_it(sequential: Sequential) -> None:
    network = two_convolutions(sequential)
    weights = drawn(network)
    weights["dense_3/kernel"].reshape(16, 3, 2)[:, 0] = 0
    weights["conv2d_1/kernel"][:, :, 2, 1:] = 0

    found = compact(network, weights)

    assert found.removed == {"conv2d_0": (2,), "conv2d_1": (0,)}
    assert not found.folded
    check_same(network, weights, found)


def test_logits_and_image_channels_are_never_removed(sequential: Sequential) -> None:
    network = two_convolutions(sequential)
    weights = drawn(network)
    weights["conv2d_0/kernel"][:, :, 0] = 0
    weights["dense_3/kernel"][:, 1] = 0
    weights["dense_3/bias"][1] = 0

    found = compact(network, weights)

    assert found.removed == {}
    assert outline(network, weights).macs == dense_macs(network)


def test_a_layer_of_which_nothing_is_left_keeps_one_unit_of_zeros(sequential: Sequential) -> None:
    network = two_convolutions(sequential)
    weights = drawn(network)
    weights["conv2d_1/kernel"][:] = 0
    weights["conv2d_1/bias"][:] = [0.5, 0, -0.5]

    found = compact(network, weights)

    assert shapes(found) == {
        "conv2d_0/kernel": (3, 3, 2, 1),
        "conv2d_0/bias": (1,),
        "conv2d_1/kernel": (3, 3, 1, 1),
        "conv2d_1/bias": (1,),
        "dense_3/kernel": (16, 2),
        "dense_3/bias": (2,),
    }
    assert not any(found.weights[name].any() for name in found.weights if name != "dense_3/bias")
    assert outline(network, weights).macs == 36 * 9 * 2 + 16 * 9 + 32
    check_same(network, weights, found)


def test_a_network_of_zeros_is_one_unit_wide(sequential: Sequential) -> None:
    network = two_convolutions(sequential)
    weights = {slot.name: np.zeros(slot.shape, np.float32) for slot in network.slots}

    assert outline(network, weights).macs == 36 * 9 * 2 + 16 * 9 + 32
    check_same(network, weights, compact(network, weights))


def test_the_groups_of_a_convolution_go_as_a_whole(sequential: Sequential) -> None:
    layers = [convolution(filters=6), convolution(filters=6, groups=3), ("Flatten", {}), ("Dense", {"units": 2})]
    network = network_from_config(sequential(*layers))
    weights = drawn(network)
    for name in ("conv2d_1/kernel", "conv2d_1/bias"):
        weights[name][..., [0, 2, 3]] = 0

    found = compact(network, weights)

    assert found.removed == {"conv2d_0": (2, 3), "conv2d_1": (2, 3)}
    assert [each.i for node in found.network.graph.node for each in node.attribute if each.name == "group"] == [1, 2]
    check_same(network, weights, found)


def test_the_last_group_of_a_convolution_is_an_ordinary_one(sequential: Sequential) -> None:
    layers = [convolution(filters=6), convolution(filters=6, groups=3), ("Flatten", {}), ("Dense", {"units": 2})]
    network = network_from_config(sequential(*layers))
    weights = drawn(network)
    for name in ("conv2d_1/kernel", "conv2d_1/bias"):
        weights[name][..., [0, 1, 2, 4, 5]] = 0
    weights["conv2d_1/kernel"][:, :, 1, 3] = 0

    found = compact(network, weights)

    assert found.removed == {"conv2d_0": (0, 1, 3, 4, 5), "conv2d_1": (0, 1, 2, 4, 5)}
    assert outline(network, weights).macs == dense_macs(found.network) == 36 * 27 + 16 * 9 + 32
    check_same(network, weights, found)


def test_a_depthwise_kernel_loses_its_channels(sequential: Sequential) -> None:
    depthwise = ("DepthwiseConv2D", {"kernel_size": [3, 3], "depth_multiplier": 2})
    network = network_from_config(sequential(convolution(), depthwise, ("Flatten", {}), ("Dense", {"units": 2})))
    weights = drawn(network)
    weights["depthwiseconv2d_1/kernel"][:, :, [0, 2]] = 0
    weights["depthwiseconv2d_1/bias"][[0, 1, 4]] = 0

    found = compact(network, weights)

    # Channel 2's second output is a bias alone, and that folds; channel 0 gives nothing.
    assert shapes(found)["depthwiseconv2d_1/kernel"] == (3, 3, 2, 2)
    assert found.removed == {"conv2d_0": (0, 2), "depthwiseconv2d_1": (0, 1, 4, 5)}
    check_same(network, weights, found)


def test_a_normalisation_over_all_features_keeps_them_all(sequential: Sequential) -> None:
    layers = [("Dense", {"units": 4}), ("LayerNormalization", {}), ("Dense", {"units": 2})]
    network = network_from_config(sequential(*layers, shape=(3,)))
    weights = drawn(network)
    weights["dense_0/kernel"][:, 1] = 0
    weights["dense_0/bias"][1] = 0
    weights["dense_2/kernel"][2] = 0

    assert compact(network, weights).removed == {}


def test_slopes_and_scales_follow_their_channels(sequential: Sequential) -> None:
    layers = [
        convolution(activation=None),
        ("PReLU", {}),
        ("Rescaling", {"scale": [1.0, 2.0, 3.0, 4.0]}),
        ("Permute", {"dims": [3, 1, 2]}),
        ("Flatten", {}),
        ("Dense", {"units": 2}),
    ]
    network = network_from_config(sequential(*layers))
    weights = drawn(network)
    weights["conv2d_0/kernel"][..., 0] = 0
    weights["conv2d_0/bias"][0] = 0

    found = compact(network, weights)

    assert shapes(found)["prelu_1/alpha"] == (6, 6, 3)
    assert found.removed == {"conv2d_0": (0,), "prelu_1": (0,)}
    check_same(network, weights, found)


def test_the_same_input_gives_the_same_bytes(sequential: Sequential) -> None:
    network = two_convolutions(sequential)
    weights = drawn(network)
    weights["conv2d_0/kernel"][..., 1] = 0

    first, second = compact(network, weights), compact(network, weights)

    assert bind(first.network, first.weights) == bind(second.network, second.weights)


def test_every_operator_has_a_rule() -> None:
    assert RULES.keys() == OPERATORS.keys()
    assert FOLLOWED.keys() <= OPERATORS.keys()


@pytest.mark.parametrize(
    "more", [{}, {"strides": [2, 3]}, {"dilation_rate": [2, 1]}, {"padding": "same", "strides": [2, 2]}]
)
def test_a_walk_gives_each_tensor_the_shape_that_it_has(sequential: Sequential, more: dict[str, Any]) -> None:
    layers = [convolution(**more), ("MaxPooling2D", {"pool_size": [2, 2]}), ("Flatten", {}), ("Dense", {"units": 2})]
    network = network_from_config(sequential(*layers))
    weights = drawn(network)

    trace = Trace(network, weights, fold=True).run(RULES)

    values = ExactNetwork(bind(network, weights)).values(np.zeros((1, *network.input_shape), np.float32))
    assert [traced.shape for traced in trace.tensors.values()] == [value.shape for value in values]


def test_an_operator_without_a_rule_keeps_in_all_that_meets_it(sequential: Sequential) -> None:
    network = two_convolutions(sequential)
    weights = drawn(network)
    weights["conv2d_1/kernel"][..., 1] = 0
    weights["conv2d_1/bias"][1] = 0

    trace = Trace(network, weights, fold=True).run({**RULES, "Flatten": moving.not_followed})

    flat = next(node for node in trace.nodes if node.operator == "Flatten")
    roots = trace.units.roots()
    assert not roots[trace.tensors[flat.inputs[0]].ids].any()
    assert not roots[trace.tensors[flat.output].ids].any()
