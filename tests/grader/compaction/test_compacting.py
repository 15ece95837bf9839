"""What goes and what stays, on networks that are small enough to say so by hand."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from grader.compaction import moving
from grader.compaction.compacting import Compacted, compact, outline
from grader.compaction.rules import FOLLOWED, RULES
from grader.compaction.trace import Trace
from grader.evaluating.operators import OPERATORS
from grader.facts import SlotRole
from grader.flops import dense_macs
from grader.networks.graph import Network, bind
from grader.networks.keras_config import network_from_config
from tests.grader.compaction.comparing import check_same

Sequential = Callable[..., dict[str, Any]]


def drawn(network: Network, seed: int = 0) -> dict[str, Any]:
    """Random weights, none of them zero."""
    random = np.random.default_rng(seed)
    weights = {}
    for slot in network.slots:
        values = random.normal(0, 0.4, slot.shape)
        variance = slot.role is SlotRole.BUFFER and slot.name.endswith("variance")
        weights[slot.name] = (np.abs(values) + 0.1 if variance else values).astype(np.float32)
    return weights


def shapes(found: Compacted) -> dict[str, tuple[int, ...]]:
    return {slot.name: slot.shape for slot in found.network.slots}


def convolution(**options: Any) -> tuple[str, dict[str, Any]]:
    return "Conv2D", {"filters": 4, "kernel_size": [3, 3], "activation": "relu", **options}


def two_convolutions(sequential: Sequential, **second: Any) -> Network:
    layers = [convolution(), convolution(filters=3, **second), ("Flatten", {}), ("Dense", {"units": 2})]
    return network_from_config(sequential(*layers, shape=(8, 8, 2)))


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


@pytest.mark.parametrize("fold", [True, False])
def test_a_constant_folds_into_the_next_bias(sequential: Sequential, fold: bool) -> None:
    network = two_convolutions(sequential)
    weights = drawn(network)
    weights["conv2d_0/kernel"][..., 1] = 0
    weights["conv2d_0/bias"][1] = 0.7

    found = compact(network, weights, fold=fold)

    assert found.removed == ({"conv2d_0": (1,)} if fold else {})
    assert list(found.exact) == (["conv2d_1/bias"] if fold else [])
    if fold:
        added = weights["conv2d_1/kernel"][:, :, 1].astype(np.float64).sum(axis=(0, 1)) * np.float64(np.float32(0.7))
        assert np.allclose(found.exact["conv2d_1/bias"], weights["conv2d_1/bias"] + added, rtol=1e-14)
    check_same(network, weights, found)


def test_a_negative_constant_is_zero_behind_relu(sequential: Sequential) -> None:
    network = two_convolutions(sequential, padding="same")
    weights = drawn(network)
    weights["conv2d_0/kernel"][..., 1] = 0
    weights["conv2d_0/bias"][1] = -0.7

    found = compact(network, weights)

    assert found.removed == {"conv2d_0": (1,)}
    assert not found.folded
    check_same(network, weights, found)


@pytest.mark.parametrize("second", [{"padding": "same"}, {"use_bias": False}], ids=["beside padding", "without a bias"])
def test_a_constant_stays_where_folding_is_not_exact(sequential: Sequential, second: Mapping[str, Any]) -> None:
    network = two_convolutions(sequential, **second)
    weights = drawn(network)
    weights["conv2d_0/kernel"][..., 1] = 0
    weights["conv2d_0/bias"][1] = 0.7

    found = compact(network, weights)

    assert found.removed == {}
    check_same(network, weights, found)


def test_a_constant_does_not_fold_across_a_layer_of_zero_padding(sequential: Sequential) -> None:
    layers = [convolution(), ("ZeroPadding2D", {}), convolution(), ("Flatten", {}), ("Dense", {"units": 2})]
    network = network_from_config(sequential(*layers))
    weights = drawn(network)
    weights["conv2d_0/kernel"][..., :2] = 0
    weights["conv2d_0/bias"][:2] = [0.7, 0]

    found = compact(network, weights)

    assert found.removed == {"conv2d_0": (1,)}
    check_same(network, weights, found)


def test_constants_pass_pools_and_fold_into_a_dense_layer(sequential: Sequential) -> None:
    layers = [
        convolution(activation="sigmoid"),
        ("AveragePooling2D", {"pool_size": [3, 3], "padding": "same"}),
        ("MaxPooling2D", {}),
        ("UpSampling2D", {"interpolation": "bilinear"}),
        ("Flatten", {}),
        ("Dense", {"units": 2}),
    ]
    network = network_from_config(sequential(*layers))
    weights = drawn(network)
    weights["conv2d_0/kernel"][..., 2] = 0

    found = compact(network, weights)

    assert found.removed == {"conv2d_0": (2,)}
    assert shapes(found)["dense_5/kernel"] == (2 * 2 * 3, 2)
    check_same(network, weights, found)


def test_a_fold_that_does_not_fit_float32_is_not_made(sequential: Sequential) -> None:
    network = network_from_config(sequential(("Dense", {"units": 3}), ("Dense", {"units": 2}), shape=(4,)))
    weights = drawn(network)
    weights["dense_0/kernel"][:, 1] = 0
    weights["dense_0/bias"][1] = 1e30
    weights["dense_1/kernel"][1] = 1e30

    found = compact(network, weights)

    assert (found.removed, found.folded) == ({}, False)
    assert outline(network, weights).macs == dense_macs(network)


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


def test_a_batch_normalization_without_scale_is_constant(sequential: Sequential) -> None:
    layers = [convolution(), ("BatchNormalization", {}), convolution(), ("Flatten", {}), ("Dense", {"units": 2})]
    network = network_from_config(sequential(*layers))
    weights = drawn(network)
    weights["batchnormalization_1/gamma"][:2] = 0
    weights["batchnormalization_1/beta"][0] = 0

    found = compact(network, weights)

    assert found.removed == {"conv2d_0": (0, 1), "batchnormalization_1": (0, 1)}
    assert list(found.exact) == ["conv2d_2/bias"]
    check_same(network, weights, found)


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


def test_a_dense_layer_on_each_pixel_folds_into_its_added_bias(sequential: Sequential) -> None:
    layers = [
        ("Dense", {"units": 4, "activation": "relu"}),
        ("Dense", {"units": 3}),
        ("Flatten", {}),
        ("Dense", {"units": 2}),
    ]
    network = network_from_config(sequential(*layers))
    weights = drawn(network)
    weights["dense_0/kernel"][:, :2] = 0
    weights["dense_0/bias"][:2] = [1, -1]

    found = compact(network, weights)

    assert found.removed == {"dense_0": (0, 1)}
    assert list(found.exact) == ["dense_1/bias"]
    check_same(network, weights, found)


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
