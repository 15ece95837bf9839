"""One definition of a multiply-accumulate. A FLOP count is twice the number of multiply-accumulates."""

import math

from grader.compaction.compacting import Outline
from grader.facts import Counts, Macs
from grader.networks.graph import Network


def macs(network: Network, counts: Counts, outline: Outline) -> Macs:
    """Multiply-accumulates for one sample: of the network as defined, of its non-zero weights, and once it is compacted.

    Each element of a kernel is used once for each output position: height x width positions for a convolution (any
    stride, padding, dilation or number of groups), one for a dense layer; so a layer costs positions x size, and
    positions x non-zeros where zeros are skipped (Molchanov et al. 2017, arXiv 1611.06440, appendix A.1, without its
    bias). Positions in the padding count too. Not counted: biases, BatchNormalization, pooling and activations.
    """
    positions = {slot.name: slot.positions for slot in network.slots}
    # What a checkpoint holds beside the network is counted as parameters, and costs no operation.
    used = (layer for layer in counts.layers if layer.name in positions)
    nonzero = sum(positions[layer.name] * (layer.parameters - layer.zeros) for layer in used)
    return Macs(dense_macs(network), nonzero, outline.macs)


def dense_macs(network: Network) -> int:
    """Multiply-accumulates of the network for one sample, whatever its weights are."""
    return sum(slot.positions * math.prod(slot.shape) for slot in network.slots)
