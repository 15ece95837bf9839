"""The records that the grading steps hand to each other. Frozen, and free of behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Shape: TypeAlias = tuple[int, ...]
AnyArray: TypeAlias = npt.NDArray[Any]
FloatArray: TypeAlias = npt.NDArray[np.float32]
Weights: TypeAlias = Mapping[str, FloatArray]
"""Slot name -> canonical float32 array, in the network's order."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that the student has to change, in the words of `messages`."""

    code: str
    where: str
    expected: str
    got: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth knowing about a file that is no reason to refuse it."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class StoredLayer:
    """One layer as a weight file holds it: its name there and its arrays in the file's own order."""

    name: str
    arrays: Mapping[str, AnyArray]


@dataclass(frozen=True, slots=True)
class GraphNode:
    """One operator of an ONNX graph: the tensors that it takes (empty where one is left out) and gives, by name.

    Its attributes are numbers, texts, lists of numbers, or arrays.
    """

    operator: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Graph:
    """An ONNX graph as plain records: one input of images, one output, its nodes in order, its arrays by name."""

    images: str
    input_shape: Shape
    output: str
    nodes: tuple[GraphNode, ...]
    arrays: Mapping[str, AnyArray]


@dataclass(frozen=True, slots=True)
class StoredWeights:
    """What a reader found in a weight file. `ordered`: the layers stand in the network's order (else by kind and suffix).

    `graph` is there for a file that holds the network, too; its arrays are then in it, and there are no layers.
    """

    layout: str
    ordered: bool
    layers: tuple[StoredLayer, ...]
    notes: tuple[Note, ...] = ()
    graph: Graph | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an uploaded zip archive: its path there and its length in bytes, unpacked."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Contents:
    """What an upload holds: the files of an archive, none for a single weight file, and the text of its manifest."""

    members: tuple[Member, ...]
    manifest: str | None = None


class SlotRole(StrEnum):
    """A parameter is counted; a buffer (a running statistic of BatchNormalization) is loaded and reported apart."""

    PARAMETER = "parameter"
    BUFFER = "buffer"


@dataclass(frozen=True, slots=True)
class Slot:
    """A named place for one array of a network.

    `shape` is the shape in the student's framework; `permutation` its axes in the order the graph wants them, and
    `reshaped` the shape that the graph wants after that. `positions` is how often each element is multiplied for one
    sample (0: not part of a multiply-accumulate), summed over the places where the network uses the layer.
    """

    name: str
    shape: Shape
    role: SlotRole = SlotRole.PARAMETER
    permutation: tuple[int, ...] | None = None
    positions: int = 0
    reshaped: Shape | None = None


@dataclass(frozen=True, slots=True)
class NetworkLayer:
    """A layer that owns weights: its name, its kind as a weight file spells it (`conv2d`), its slots in saving order."""

    name: str
    kind: str
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class LayerCount:
    """Parameters and exact zeros of one array."""

    name: str
    shape: Shape
    parameters: int
    zeros: int


@dataclass(frozen=True, slots=True)
class Magnitudes:
    """How many parameters have an absolute value from 2**k to below 2**(k + 1), for k from `lowest` on; zeros have none."""

    lowest: int
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """Parameters and exact zeros of a whole network; `buffers` are numbers that no limit or score counts."""

    parameters: int
    zeros: int
    buffers: int
    layers: tuple[LayerCount, ...]


@dataclass(frozen=True, slots=True)
class Macs:
    """Multiply-accumulates for one sample. `effective` is None in reports from before it was computed."""

    dense: int
    nonzero: int
    effective: int | None = None


@dataclass(frozen=True, slots=True)
class Shrunk:
    """What is left of a network without the channels and neurons that do nothing.

    `removed` counts them for each layer; `folded`: a constant went into a bias; `verified`: whether the smaller network
    gave each image of the test set the same class, None where it was not tried.
    """

    parameters: int
    removed: Mapping[str, int]
    folded: bool
    verified: bool | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the formulas of a definition come to; None is the value of a condition that it does not have."""

    score: Fraction
    full_credit: bool | None
    ranks: bool | None


@dataclass(frozen=True, slots=True)
class SplitResult:
    """Correct predictions among the examples of one split of a data set."""

    examples: int
    correct: int


@dataclass(frozen=True, slots=True)
class Predictions:
    """What an engine decided: one class for each sample, -1 where its logits are not finite (never correct).

    `classes` has shape (samples,) and dtype int32; `rechecked` counts the samples that float64 decided.
    """

    classes: npt.NDArray[np.int32]
    rechecked: int
    engine: str
    facts: Mapping[str, float] = field(default_factory=dict)
