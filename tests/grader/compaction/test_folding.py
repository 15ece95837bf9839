"""Constants: where they go into the next bias, and where they stay."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from grader.compaction.compacting import compact, outline
from grader.flops import dense_macs
from grader.networks.keras_config import network_from_config
from tests.grader.compaction.comparing import check_same
from tests.grader.compaction.small_networks import Sequential, convolution, drawn, shapes, two_convolutions


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
