"""Which network of a family a file's weights are for, and in which words it is told where they are for none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import flops
from grader.checking import family
from grader.facts import Shape, StoredWeights
from tests.grader.checking.families import BASE, CS6886, changed, plan_of, sentences, stored


def test_the_base_network_is_told_by_its_shapes() -> None:
    fit = family.fit(stored(BASE), plan_of(CS6886))

    assert fit.problems == ()
    assert fit.network is not None
    assert fit.network.parameters == 925_190
    assert flops.dense_macs(fit.network) == 2_347_048
    assert list(fit.arrays) == [slot.name for slot in fit.slots] == [slot.name for slot in fit.network.slots]
    assert [note.message for note in fit.notes] == [
        "The assignment leaves open what the shapes tell: conv1 with padding 0; conv2 with padding 0."
    ]


@given(
    sizes=st.tuples(*[st.integers(1, 9)] * 3),
    kernels=st.tuples(*[st.tuples(st.integers(1, 6), st.integers(1, 6))] * 2),
    same=st.tuples(st.booleans(), st.booleans()),
    ordered=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_sizes_and_padding_are_told_whatever_the_layers_are_called(
    sizes: Shape, kernels: tuple[tuple[int, int], tuple[int, int]], same: tuple[bool, bool], ordered: bool
) -> None:
    first, second, hidden = sizes
    lost = [sum(kernel[axis] - 1 for kernel, kept in zip(kernels, same, strict=True) if not kept) for axis in (0, 1)]
    height, width = 14 - lost[0], 15 - lost[1]
    shapes: dict[str, Shape] = {
        "features.2.weight": (first, 1, *kernels[0]),
        "features.10.weight": (second, first, *kernels[1]),
        "head.0.weight": (hidden, second * height * width),
        "head.3.weight": (10, hidden),
    }

    fit = family.fit(stored(shapes, ordered=ordered), plan_of(CS6886, (1, 14, 15)))

    if fit.network is None:
        assert [finding.code for finding in fit.problems] == ["ambiguous"]
        assert readings_with(kernels, (height, width)) > 1
    else:
        assert fit.problems == ()
        convolved = [node for node in fit.network.graph.node if node.op_type == "Conv"]
        pads = [next(a.ints for a in node.attribute if a.name == "pads") for node in convolved]
        for kept, kernel, found in zip(same, kernels, pads, strict=True):
            assert found[0] == ((kernel[0] - 1) // 2 if kept else 0)
        assert fit.network.layers[2].slots[0].shape == (hidden, second * height * width)


def readings_with(kernels: tuple[tuple[int, int], tuple[int, int]], size: tuple[int, int]) -> int:
    """How many different paddings give as many numbers; `same` around a kernel of 1x1 is none."""
    found = set()
    for kept in ((a, b) for a in (False, True) for b in (False, True)):
        lost = [
            sum(kernel[axis] - 1 for kernel, same in zip(kernels, kept, strict=True) if not same) for axis in (0, 1)
        ]
        after = (14 - lost[0], 15 - lost[1])
        if min(after) > 0 and after[0] * after[1] == size[0] * size[1]:
            found.add(tuple(same and kernel != (1, 1) for same, kernel in zip(kept, kernels, strict=True)))
    return len(found)


@pytest.mark.parametrize(
    ("file", "told"),
    [
        (
            changed(fc1=(100, 8464)),
            [
                "fc1 takes 8,464 inputs; the convolutions give 9,216 = 16 x 24 x 24 (conv1 with padding 0, conv2 with "
                "padding 0); or 10,816 = 16 x 26 x 26 (conv1 with padding 0, conv2 with padding same or conv1 with padding "
                "same, conv2 with padding 0); or 12,544 = 16 x 28 x 28 (conv1 with padding same, conv2 with padding same)."
            ],
        ),
        (changed(conv2=(16, 8, 3, 3)), ["conv2 takes 8 channels; conv1 gives 16."]),
        (changed(conv1=(16, 3, 3, 3)), ["conv1 takes 3 channels; the images have 1."]),
        (
            changed(fc2=(12, 90)),
            ["fc2 has a number of features of 12; the assignment allows 10.", "fc2 takes 90 inputs; fc1 gives 100."],
        ),
        (
            changed(conv1=(16, 3, 3, 3), conv2=(16, 8, 3, 3), fc2=(10, 90)),
            [
                "conv1 takes 3 channels; the images have 1.",
                "conv2 takes 8 channels; conv1 gives 16.",
                "fc2 takes 90 inputs; fc1 gives 100.",
            ],
        ),
        (
            changed(conv2=None),
            ["The number of convolutions in the file is 1 (conv1); the assignment's networks have 2."],
        ),
        (
            changed(fc3=(10, 10)),
            ["The number of dense layers in the file is 3 (fc1, fc2, fc3); the assignment's networks have 2."],
        ),
        (
            changed(fc1=(100, 10816)),
            [
                "The shapes leave open which network it is: conv1 with padding 0, conv2 with padding same; or conv1 with "
                "padding same, conv2 with padding 0."
            ],
        ),
        (
            stored(BASE | {"ln.weight": (3,)}),
            [
                "ln holds weight (3,), bias (3,), and is none of the layers that the assignment allows: convolutions, batch "
                "normalisations, dense layers."
            ],
        ),
        (
            stored({f"{name}!" if name == "fc1.weight" else name: shape for name, shape in BASE.items()}),
            ["fc1.bias is missing; the assignment needs an array of shape (100,), and the file's layer has weight."],
        ),
        (
            stored(BASE | {"fc1.mask": (100, 9216)}),
            ["fc1.mask has shape (100, 9216) and is none of the layer's arrays, which are weight, bias."],
        ),
        (
            stored(BASE | {"fc1.bias": (7,)}),
            ["fc1.bias has shape (7,); the assignment needs (100,)."],
        ),
    ],
)
def test_what_does_not_fit_is_told_in_the_students_own_names(file: StoredWeights, told: list[str]) -> None:
    fit = family.fit(file, plan_of(CS6886))

    assert fit.network is None
    assert sentences(fit) == told


def test_the_numbers_of_a_file_that_fits_nothing_are_named_as_the_file_does() -> None:
    fit = family.fit(changed(conv2=(16, 8, 3, 3)), plan_of(CS6886))

    assert fit.network is None
    assert [slot.name for slot in fit.slots][:3] == ["conv1.weight", "conv1.bias", "conv2.weight"]
    assert fit.arrays.keys() == {slot.name for slot in fit.slots}


def test_one_way_to_read_the_shapes_is_told_without_its_choices() -> None:
    fixed = [{"conv2d": {"channels": "any", "kernel": "any"}}, "flatten", {"linear": 10}]
    file = stored({"a.weight": (16, 1, 6, 6), "b.weight": (10, 9216)})

    assert sentences(family.fit(file, plan_of(fixed))) == [
        "b takes 9,216 inputs; the convolutions give 8,464 = 16 x 23 x 23."
    ]


def test_a_size_beyond_the_range_is_told_with_the_limit() -> None:
    layers = [{"conv2d": {"channels": "4..8", "kernel": [3, "1..5"]}}, "flatten", {"linear": 10}]
    file = stored({"a.weight": (16, 1, 2, 7), "b.weight": (10, 16 * 27 * 22)})

    assert sentences(family.fit(file, plan_of(layers))) == [
        "a has a number of filters of 16; the assignment allows 4 to 8.",
        "a has a kernel height of 2; the assignment allows 3.",
        "a has a kernel width of 7; the assignment allows 1 to 5.",
    ]


def test_a_kernel_that_is_larger_than_its_image_is_told_with_both_sizes() -> None:
    layers = [{"conv2d": {"channels": "any", "kernel": "any"}}, "flatten", {"linear": 10}]
    file = stored({"a.weight": (16, 1, 30, 3), "b.weight": (10, 100)})

    assert sentences(family.fit(file, plan_of(layers))) == [
        "a cannot be used where it stands: its window of 30x3 does not fit into 28x28 pixels."
    ]
