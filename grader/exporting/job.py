"""The exporting job: a student's source and the arrays of a checkpoint in, the network as ONNX out. Runs in the jail.

Inputs: the source, and the arrays of the checkpoints as `wire` packs them. Arguments: `name`, what the source is called;
`entries`, what may build the network; `shape` of an image.
"""

import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from grader.errors import Finding, Refusal
from grader.exporting import available, blame, building, execution, loading, script, tracing, wire
from grader.facts import AnyArray
from grader.memory_files import content_of
from grader.messages.code import advice

Answer = tuple[dict[str, Any], dict[str, AnyArray]]
SEED = 0


def warm() -> None:
    """Loads what scripts import, and exports networks of every common layer, so that nothing is left to load in the jail."""
    torch.set_num_threads(1)
    torch.backends.mkldnn.set_flags(False)  # it writes machine code as it goes, which the jail forbids
    torch.backends.nnpack.set_flags(False)  # it starts threads
    available.load()
    for name, source, arrays in available.samples():
        try:
            build(name, source, [arrays], available.SAMPLE_ENTRIES, available.SAMPLE_SHAPE)
        except Refusal:
            continue


def run(arguments: Mapping[str, Any], inputs: Sequence[int]) -> Answer:
    """The entry that built the network, how many networks there are, and the graph's bytes. Raises Refusal."""
    source, packed = (content_of(each) for each in inputs)
    return build(arguments["name"], source, wire.unpack(packed), arguments["entries"], arguments["shape"])


def build(
    name: str,
    source: bytes,
    checkpoints: Sequence[Mapping[str, AnyArray]],
    entries: Sequence[str],
    shape: Sequence[int],
) -> Answer:
    """What `run` returns, for bytes and arrays in memory."""
    kept = script.read(name, source)
    _seed()
    executed = execution.execute(kept)
    entry, networks = building.networks(executed, kept, entries)
    try:
        loading.load(networks, checkpoints)
        graph = tracing.trace(networks, shape)
    except Refusal:
        raise
    except BaseException as error:  # the network's own code runs here, too
        if operator := tracing.operator_of(error):
            where = blame.finding(error, kept, executed).where
            raise Refusal(Finding("code-operator", where, advice(operator), operator)) from None
        raise Refusal(blame.finding(error, kept, executed)) from None
    head = {"entry": entry, "networks": len(networks), "dropped": kept.dropped}
    return head, {"graph": np.frombuffer(graph, np.uint8)}


def _seed() -> None:
    """A network that draws numbers when it is built is then the same each time."""
    random.seed(SEED)
    np.random.seed(SEED)
    torch.manual_seed(SEED)
