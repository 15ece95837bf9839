"""One definition of a multiply-accumulate. A FLOP count is twice the number of multiply-accumulates."""

import math

from grader.compaction.compacting import Outline
from grader.counting import count_zeros
from grader.facts import Macs, Weights
from grader.networks.graph import Network


def macs(network: Network, weights: Weights, outline: Outline) -> Macs:
    """Multiply-accumulates for one sample: of the network as defined, of its non-zero weights, and once it is compacted.

    Each element of a kernel is used once for each output position: height x width positions for a convolution (any
    stride, padding, dilation or number of groups), one for a dense layer; so a layer costs positions x size, and
    positions x non-zeros where zeros are skipped (Molchanov et al. 2017, arXiv 1611.06440, appendix A.1, without its
    bias). Positions in the padding count too. Not counted: biases, BatchNormalization, pooling and activations.
    """
    nonzero = 0
    for slot in network.slots:
        array = weights[slot.name]
        nonzero += slot.positions * (array.size - count_zeros(array))
    return Macs(dense_macs(network), nonzero, outline.macs)


def dense_macs(network: Network) -> int:
    """Multiply-accumulates of the network for one sample, whatever its weights are."""
    return sum(slot.positions * math.prod(slot.shape) for slot in network.slots)
