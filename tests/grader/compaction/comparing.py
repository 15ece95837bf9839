"""Whether a compacted network computes what the original does."""

import numpy as np
import onnx
from onnx import numpy_helper

from grader.compaction.compacting import Compacted, compact, outline
from grader.evaluating.exact import ExactNetwork
from grader.evaluating.onnx_runtime import Engine
from grader.facts import Weights
from grader.flops import dense_macs
from grader.networks.graph import Network, bind

IMAGES = 6
EXACT = 1e-9  # of the largest logit
SINGLE = 1e-5


def exact_model(found: Compacted) -> bytes:
    """The compacted network with the folded biases as they were before they were rounded."""
    model = onnx.load_model_from_string(bind(found.network, found.weights))
    for each in model.graph.initializer:
        if each.name in found.exact:
            each.CopyFrom(numpy_helper.from_array(found.exact[each.name], each.name))
    return bytes(model.SerializeToString())


def check_same(network: Network, weights: Weights, found: Compacted, *, strict: bool = False) -> None:
    """The compacted network gives the logits and the classes of the original.

    `strict`: in float32 too, whatever the engine's own error is; else twice that error is allowed, since the large terms
    of a random network may cancel.
    """
    images = np.random.default_rng(7).normal(0, 1, (IMAGES, *network.input_shape)).astype(np.float32)
    whole = bind(network, weights)
    before, after = ExactNetwork(whole).logits(images), ExactNetwork(exact_model(found)).logits(images)
    single, small = Engine(whole).logits(images), Engine(bind(found.network, found.weights)).logits(images)
    largest = np.abs(before).max()
    assert np.abs(before - after).max() <= EXACT * largest
    own_error = 0.0 if strict else np.abs(single - before).max()  # 3e-5 of the largest has been seen
    assert np.abs(single - small).max() <= max(SINGLE * largest, 2 * own_error)
    assert before.argmax(axis=1).tolist() == after.argmax(axis=1).tolist()
    assert outline(network, weights).macs == dense_macs(compact(network, weights).network)
    again = compact(found.network, found.weights, fold=found.folded)
    assert again.network.layers == found.network.layers
