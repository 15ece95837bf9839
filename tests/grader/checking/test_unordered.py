"""Layers of a file that keeps no order: never in one that nothing tells."""

import random
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from grader import messages
from grader.checking.architecture import Matched, match
from grader.errors import Finding
from grader.facts import NetworkLayer, Shape, Slot, StoredLayer, StoredWeights

CONVOLUTION, SQUARE, OUT = (4, 1, 3, 3), (16, 16), (2, 16)


def network(shapes: Mapping[str, Shape]) -> list[NetworkLayer]:
    return [
        NetworkLayer(name, name[:-1], (Slot(f"{name}.weight", shape), Slot(f"{name}.bias", shape[:1])))
        for name, shape in shapes.items()
    ]


def safetensors(shapes: Mapping[str, Shape]) -> StoredWeights:
    """Layers in the order of their names, biases first; each is filled with its place in the network."""
    layers = [
        StoredLayer(name, {"bias": np.full(shape[:1], at, np.float32), "weight": np.full(shape, at, np.float32)})
        for at, (name, shape) in enumerate(shapes.items())
    ]
    return StoredWeights("safetensors", False, tuple(sorted(layers, key=lambda layer: layer.name)))


def places(matched: Matched) -> list[int]:
    """For each layer of the network, which one of the file it is."""
    return [int(array.flat[0]) for name, array in matched.arrays.items() if name.endswith("bias")]


def codes(items: Sequence[Finding]) -> list[str]:
    return [finding.code for finding in items]


DENSE = network({"fc1": SQUARE, "fc2": SQUARE, "fc3": SQUARE, "fc4": OUT})
MIXED = network({"conv1": CONVOLUTION, "conv2": (4, 4, 3, 3), "fc1": (10, 64)})


def test_layers_of_equal_shapes_whose_names_have_no_numbers_are_refused() -> None:
    file = safetensors({"hidden_one": SQUARE, "hidden_two": SQUARE, "hidden_three": SQUARE, "output": OUT})

    [finding] = match(file, DENSE).problems

    assert finding.code == "order-untold"
    words = messages.problem(finding)
    assert "hidden_one, hidden_three, hidden_two apart" in words.message
    assert "fc1, fc2, fc3, fc4" in words.hint


@pytest.mark.parametrize(
    "names",
    [
        ("fc", "fc2", "fc3"),  # is fc the first, or the last?
        ("enc.0", "enc.1", "dec.0"),
        ("a", "b", "c"),
        ("block1", "block1_", "block2"),
    ],
)
def test_what_might_be_another_order_is_no_order(names: tuple[str, ...]) -> None:
    file = safetensors({**dict.fromkeys(names, SQUARE), "out": OUT})

    assert codes(match(file, DENSE).problems) == ["order-untold"]


@pytest.mark.parametrize(
    "names",
    [
        ("fc8", "fc9", "fc10"),
        ("net.0", "net.2", "net.10"),
        ("layer1.0.fc2", "layer1.1.fc1", "layer2.0.fc1"),
    ],
)
def test_numbers_in_names_count_layers_of_equal_shapes_and_the_report_says_so(names: tuple[str, ...]) -> None:
    matched = match(safetensors({**dict.fromkeys(names, SQUARE), "a_head": OUT}), DENSE)

    assert (matched.problems, places(matched)) == ((), [0, 1, 2, 3])
    [note] = matched.notes
    assert note.code == "order-of-shapes"
    assert f"it is {', '.join(names)}, a_head." in note.message


def test_shapes_tell_an_order_that_is_not_that_of_the_names() -> None:
    for names in (("features.0", "features.2", "classifier.0"), ("conv_in", "body", "head")):
        matched = match(safetensors(dict(zip(names, [CONVOLUTION, (4, 4, 3, 3), (10, 64)], strict=True))), MIXED)

        assert (matched.problems, places(matched)) == ((), [0, 1, 2])
        assert [note.code for note in matched.notes] == ["order-of-shapes"]


def test_an_order_of_names_and_shapes_alike_needs_no_remark() -> None:
    file = safetensors({"features.0": CONVOLUTION, "features.3": (4, 4, 3, 3), "head": (10, 64)})

    assert (match(file, MIXED).problems, match(file, MIXED).notes) == ((), ())


def test_the_networks_own_names_are_taken_behind_a_prefix() -> None:
    own = {"stem": SQUARE, "a": SQUARE, "zeta": SQUARE, "head.0": OUT}
    for prefix in ("", "model.", "student.net."):
        matched = match(safetensors({prefix + name: shape for name, shape in own.items()}), network(own))

        assert (matched.problems, matched.notes, places(matched)) == ((), (), [0, 1, 2, 3])


def test_names_behind_different_prefixes_are_not_the_networks() -> None:
    own = {"a": SQUARE, "b": SQUARE}
    file = safetensors({"x.a": SQUARE, "y.b": SQUARE})

    assert codes(match(file, network(own)).problems) == ["order-untold"]


def test_a_layer_of_another_shape_is_told_for_the_one_that_is_left() -> None:
    file = safetensors({"conv_in": CONVOLUTION, "body": (3, 4, 3, 3), "head": (10, 64)})

    assert [(finding.code, finding.where) for finding in match(file, MIXED).problems] == [
        ("shape-mismatch", "conv2.weight (yours: body.weight)"),
        ("shape-mismatch", "conv2.bias (yours: body.bias)"),
    ]


def test_a_layer_too_few_or_too_many_is_told_as_that_alone() -> None:
    few = safetensors({"conv_in": CONVOLUTION, "head": (10, 64)})
    many = safetensors({"conv_in": CONVOLUTION, "body": (4, 4, 3, 3), "head": (10, 64), "aux": (7, 7)})

    assert [(each.code, each.where) for each in match(few, MIXED).problems][1:] == [("missing-layer", "conv2")]
    assert [(each.code, each.where) for each in match(many, MIXED).problems][1:] == [("extra-layer", "aux")]


def test_random_numbered_networks_find_their_order_whatever_their_names_begin_with() -> None:
    kinds = [CONVOLUTION, SQUARE, OUT, (5, 5, 1, 1)]
    for seed in range(20):
        chance = random.Random(seed)
        shapes = [chance.choice(kinds) for _ in range(12)]
        letters = dict(zip(kinds, chance.sample("abcdefgh", len(kinds)), strict=True))
        file = safetensors({f"{letters[shape]}{at}": shape for at, shape in enumerate(shapes)})

        matched = match(file, network({f"l{at}": shape for at, shape in enumerate(shapes)}))

        assert (matched.problems, places(matched)) == ((), list(range(12))), seed
