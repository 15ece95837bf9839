"""What kind a stored layer of a PyTorch network is: told by its arrays, since names are the student's own."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from grader.facts import StoredLayer, StoredWeights
from grader.networks.torch_layer import Weighted
from grader.networks.torch_layers import BatchNorm, Linear

_DIGITS = re.compile(r"([0-9]+)", re.ASCII)


class Kind(StrEnum):
    """Layers that a family is made of, in words for a student."""

    CONVOLUTION = "convolutions"
    NORMALISATION = "batch normalisations"
    DENSE = "dense layers"


def kind_of(layer: StoredLayer) -> Kind | None:
    """A weight of four axes is a convolution's, one of two a dense layer's; running statistics are a normalisation's."""
    if all(name in layer.arrays and layer.arrays[name].ndim == 1 for name in ("running_mean", "running_var")):
        return Kind.NORMALISATION
    axes = layer.arrays["weight"].ndim if "weight" in layer.arrays else 0
    return {4: Kind.CONVOLUTION, 2: Kind.DENSE}.get(axes)


def kind_needed(layer: Weighted) -> Kind:
    """The kind of stored layer that a layer of a definition takes."""
    if isinstance(layer, BatchNorm):
        return Kind.NORMALISATION
    return Kind.DENSE if isinstance(layer, Linear) else Kind.CONVOLUTION


def by_kind(stored: StoredWeights) -> Mapping[Kind | None, Sequence[StoredLayer]]:
    """A file's layers by kind: in its own order, or in that of their names where it has none."""
    layers = stored.layers if stored.ordered else in_order_of_names(stored.layers)
    return {kind: [layer for layer in layers if kind_of(layer) is kind] for kind in (*Kind, None)}


def in_order_of_names(layers: Sequence[StoredLayer]) -> Sequence[StoredLayer]:
    """Layers by name, numbers in names as numbers: `features.3` before `features.10`."""
    return sorted(layers, key=lambda layer: _natural(layer.name))


def differ_in_a_number(one: str, other: str) -> bool:
    """Whether what comes first in one name and not in the other is a number in both: `fc1` and `fc2`, not `fc` and `fc2`."""
    differences = [parts for parts in zip(_natural(one), _natural(other), strict=False) if parts[0] != parts[1]]
    return bool(differences) and all(number >= 0 for number, _ in differences[0])


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isascii() and part.isdigit() else (-1, part) for part in _DIGITS.split(name)]
