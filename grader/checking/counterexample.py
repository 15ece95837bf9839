"""A file of a wrong architecture, made up: what a network says to its own shapes with one of them changed."""

import numpy as np

from grader.checking import architecture
from grader.errors import Finding
from grader.facts import NetworkLayer, StoredLayer, StoredWeights
from grader.networks.graph import Network


def refusal(network: Network, layout: str) -> tuple[Finding, ...]:
    """What is wrong with a file whose last layer has one unit more; nothing where it is taken, or the right one is not."""
    right, wrong = (architecture.fit(_stored(network, layout, more=more), network) for more in (0, 1))
    return () if right.problems else wrong.problems


def _stored(network: Network, layout: str, more: int) -> StoredWeights:
    *first, last = network.layers
    return StoredWeights(layout, True, (*(_layer(each) for each in first), _layer(last, more)))


def _layer(layer: NetworkLayer, more: int = 0) -> StoredLayer:
    """Arrays of zeros that take no memory, named as the framework does."""
    arrays = {
        slot.name.removeprefix(layer.name).lstrip("/."): np.broadcast_to(
            np.float32(0), (*slot.shape[:-1], slot.shape[-1] + more)
        )
        for slot in layer.slots
    }
    return StoredLayer(layer.name, arrays)
