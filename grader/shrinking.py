"""The smaller network that an accepted file comes to, offered once the test set has verified it."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from grader import flops
from grader.checked import Accepted
from grader.compaction.compacting import Compacted, compact
from grader.competition import Definition
from grader.evaluation import predict
from grader.facts import Predictions, Shrunk
from grader.networks.graph import bind
from grader.running import Runner
from grader.testset import TestSet
from grader.writing.torch_file import state_dict_file

ONNX = "onnx"
STATE_DICT = "state-dict"
FILE_NAMES = {ONNX: "compacted.onnx", STATE_DICT: "compacted.pt"}


def verify(
    accepted: Accepted,
    shrunk: Shrunk,
    predictions: Predictions,
    definition: Definition,
    test_set: TestSet,
    evaluator: Runner,
) -> tuple[Shrunk, Mapping[str, bytes]]:
    """Whether the smaller network gives each image the class of the whole one; and, if so, its files by format.

    Where a constant that was folded stands in the way, one without folding is tried. Raises GraderFault.
    """
    whole = accepted.compacted
    tried = [whole, compact(accepted.network, accepted.weights, fold=False)] if whole.folded else [whole]
    for smaller in tried:
        model, macs = bind(smaller.network, smaller.weights), flops.dense_macs(smaller.network)
        again = predict(model, macs, definition.grading, test_set, evaluator)
        if np.array_equal(again.classes, predictions.classes):
            return _shrunk(smaller), _files(smaller, model, accepted.names, definition)
    return replace(shrunk, verified=False), {}


def _shrunk(smaller: Compacted) -> Shrunk:
    removed = {layer: len(units) for layer, units in smaller.removed.items()}
    return Shrunk(smaller.network.parameters, removed, smaller.folded, verified=True)


def _files(smaller: Compacted, model: bytes, names: Mapping[str, str], definition: Definition) -> Mapping[str, bytes]:
    """The ONNX and, for PyTorch, a state dict with the names of the student's own file."""
    if definition.grading.file.format != "pytorch":
        return {ONNX: model}
    return {ONNX: model, STATE_DICT: state_dict_file({names[slot]: array for slot, array in smaller.weights.items()})}
