import json
from pathlib import Path
from typing import Any

import numpy as np

from grader import counting
from grader.compaction.compacting import outline
from grader.facts import Macs, Weights
from grader.flops import macs
from grader.networks.graph import Network
from grader.networks.keras_config import network_from_config

CMU = Path(__file__).resolve().parents[2] / "competitions" / "cmu-10605.keras.json"


def count(network: Network, weights: Weights) -> Macs:
    return macs(network, counting.count(network.slots, weights), outline(network, weights))


def test_the_cmu_network_takes_11158368_multiply_accumulates() -> None:
    network = network_from_config(json.loads(CMU.read_text()))

    counted = count(network, {slot.name: np.ones(slot.shape, np.float32) for slot in network.slots})

    assert counted == Macs(dense=11_158_368, nonzero=11_158_368, effective=11_158_368)


def test_a_zero_saves_one_multiply_accumulate_for_each_position() -> None:
    conv = {"name": "c", "filters": 4, "kernel_size": [3, 3], "strides": [2, 2], "padding": "same", "groups": 2}
    network = network_from_config(
        _config(("Conv2D", conv), ("Flatten", {"name": "f"}), ("Dense", {"name": "d", "units": 3}))
    )
    weights = {slot.name: np.ones(slot.shape, np.float32) for slot in network.slots}
    weights["c/kernel"][0, 0, 0, :2] = 0
    weights["d/kernel"][0, 0] = -0.0
    weights["d/bias"][:] = 0

    counted = count(network, weights)

    # 7x7x6 becomes 4x4x4: 16 positions of a kernel of 3 * 3 * 3 * 4 elements, then 64 * 3.
    assert counted == Macs(dense=16 * 108 + 192, nonzero=16 * 106 + 191, effective=16 * 108 + 192)


def test_a_dead_filter_saves_what_it_cost_and_what_it_fed() -> None:
    conv = {"name": "c", "filters": 4, "kernel_size": [3, 3]}
    network = network_from_config(
        _config(("Conv2D", conv), ("Flatten", {"name": "f"}), ("Dense", {"name": "d", "units": 3}))
    )
    weights = {slot.name: np.ones(slot.shape, np.float32) for slot in network.slots}
    weights["c/kernel"][..., 1] = 0
    weights["c/bias"][1] = 0

    counted = count(network, weights)

    # 5x5 positions of 3x3x6 elements for each filter; a filter feeds 25 rows of 3.
    assert counted.effective == 25 * 54 * 3 + 75 * 3


def _config(*layers: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    first = {"class_name": "InputLayer", "config": {"name": "input", "batch_input_shape": [None, 7, 7, 6]}}
    entries = [first, *({"class_name": kind, "config": options} for kind, options in layers)]
    return {"class_name": "Sequential", "config": {"name": "small", "layers": entries}}
