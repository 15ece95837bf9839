"""Which network of a family a file's weights are for, and in which words it is told where they are for none."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import flops, messages
from grader.checking import family
from grader.checking.fit import Fit
from grader.facts import AnyArray, Shape, StoredLayer, StoredWeights
from grader.network_rule import NetworkRule
from grader.networks.torch_plan import TorchPlan

CONV: dict[str, Any] = {"channels": "any", "kernel": "any", "padding": [0, "same"]}
CS6886: list[Any] = [
    {"conv2d": CONV},
    "relu",
    {"conv2d": CONV},
    "relu",
    "flatten",
    {"linear": "any"},
    "relu",
    {"linear": 10},
]


def plan_of(layers: list[Any], shape: Shape = (1, 28, 28)) -> TorchPlan:
    plan = NetworkRule.model_validate({"input_shape": shape, "layers": layers}).plan
    assert plan is not None
    return plan


def stored(shapes: Mapping[str, Shape], *, ordered: bool = True) -> StoredWeights:
    """Arrays of those shapes, named as a state dict names them; every weight has a bias beside it unless its name ends in !."""
    layers: dict[str, dict[str, AnyArray]] = {}
    random = np.random.default_rng(3)
    for name, shape in shapes.items():
        layer, _, array = name.rstrip("!").rpartition(".")
        arrays = layers.setdefault(layer, {})
        arrays[array] = random.random(shape, np.float32)
        if array == "weight" and not name.endswith("!"):
            arrays["bias"] = random.random(shape[0], np.float32)
    found = tuple(StoredLayer(name, arrays) for name, arrays in layers.items())
    return StoredWeights("torch-state-dict" if ordered else "safetensors", ordered, found)


def sentences(fit: Fit) -> list[str]:
    return [messages.problem(finding).message for finding in fit.problems]


BASE: dict[str, Shape] = {
    "conv1.weight": (16, 1, 3, 3),
    "conv2.weight": (16, 16, 3, 3),
    "fc1.weight": (100, 9216),
    "fc2.weight": (10, 100),
}


def changed(**shapes: Shape | None) -> StoredWeights:
    """The base with other shapes of the weights of some layers; None leaves a layer out."""
    wanted = BASE | {f"{name}.weight": shape for name, shape in shapes.items() if shape}
    return stored(
        {name: shape for name, shape in wanted.items() if shapes.get(name[: -len(".weight")], ()) is not None}
    )


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


def test_the_only_order_that_chains_is_taken_with_a_note() -> None:
    names = ["conv2.weight", "conv1.weight", "fc2.weight", "fc1.weight"]

    fit = family.fit(stored({name: BASE[name] for name in names}), plan_of(CS6886))

    assert fit.network is not None
    assert fit.arrays["conv1.weight"].shape == (16, 1, 3, 3)
    assert fit.notes[0].code == "reordered"
    assert "conv1, conv2, fc1, fc2" in fit.notes[0].message


def test_several_orders_that_chain_are_refused_by_name() -> None:
    layers = [{"conv2d": {"channels": "any", "kernel": 1}}] * 3 + ["flatten", {"linear": 2}]
    shapes: dict[str, Shape] = {
        "b.weight": (4, 4, 1, 1),
        "c.weight": (4, 4, 1, 1),
        "a.weight": (4, 1, 1, 1),
        "d.weight": (2, 16),
    }

    fit = family.fit(stored(shapes), plan_of(layers, (1, 2, 2)))

    assert fit.problems[-1].code == "several-orders"
    assert sentences(fit)[-1].endswith("in several others they do: a, b, c, d; or a, c, b, d.")


def test_what_cannot_chain_in_any_order_is_given_up_in_time() -> None:
    count = 24
    layers = [{"conv2d": {"channels": "any", "kernel": 1}}] * count + ["flatten", {"linear": 2}]
    shapes: dict[str, Shape] = {f"c{at}.weight": (4, 4, 1, 1) for at in range(count)} | {"d.weight": (2, 17)}

    fit = family.fit(stored(shapes), plan_of(layers, (4, 2, 2)))

    assert sentences(fit) == ["d takes 17 inputs; the convolutions give 16 = 4 x 2 x 2."]


@pytest.mark.parametrize(("inputs", "picked"), [(784, "max_pool2d left out"), (196, "max_pool2d there")])
def test_an_optional_pooling_is_there_where_the_shapes_say_so(inputs: int, picked: str) -> None:
    layers = [{"max_pool2d": {"kernel": 2, "optional": True}}, "flatten", {"linear": 10}]

    fit = family.fit(stored({"fc.weight": (10, inputs)}), plan_of(layers))

    assert fit.network is not None
    assert any(node.op_type == "MaxPool" for node in fit.network.graph.node) is ("there" in picked)
    assert picked in fit.notes[0].message


def test_a_kernel_of_a_pooling_may_be_one_of_several() -> None:
    layers = [{"avg_pool2d": {"kernel": {"one_of": [2, 4, [2, 4]]}}}, "flatten", {"linear": 10}]

    fit = family.fit(stored({"fc.weight": (10, 98)}), plan_of(layers))

    assert [note.message for note in fit.notes] == [
        "The assignment leaves open what the shapes tell: avg_pool2d with kernel 2x4."
    ]


def test_what_was_derived_does_not_depend_on_the_names() -> None:
    renamed = {name.replace("conv", "layer_").replace("fc", "out_"): shape for name, shape in BASE.items()}
    fits = [family.fit(stored(shapes), plan_of(CS6886)) for shapes in (BASE, renamed)]

    assert fits[0].derived == fits[1].derived != ()
    assert fits[0].network == fits[1].network


@pytest.mark.parametrize("bias", [True, False])
def test_a_bias_may_be_left_open(bias: bool) -> None:
    layers = ["flatten", {"linear": {"features": 10, "bias": "any"}}]

    fit = family.fit(stored({"fc.weight" if bias else "fc.weight!": (10, 784)}), plan_of(layers))

    assert fit.network is not None
    assert len(fit.slots) == 1 + bias


def test_normalisations_and_depthwise_convolutions_chain_with_their_neighbours() -> None:
    layers = [
        {"conv2d": {"channels": "any", "kernel": 3, "bias": "any"}},
        "batch_norm2d",
        "relu",
        {"conv2d": {"channels": "any", "kernel": 3, "groups": "depthwise", "bias": "any"}},
        {"adaptive_avg_pool2d": 1},
        "flatten",
        {"linear": 10},
    ]
    shapes: dict[str, Shape] = {
        "a.weight!": (8, 1, 3, 3),
        "n.weight": (8,),
        "n.running_mean": (8,),
        "n.running_var": (8,),
        "d.weight": (8, 1, 3, 3),
        "f.weight": (10, 8),
    }

    good = family.fit(stored(shapes), plan_of(layers))
    bad = family.fit(stored(shapes | {"d.weight": (12, 1, 3, 3)}), plan_of(layers))
    worse = family.fit(
        stored(shapes | dict.fromkeys(("n.weight", "n.running_mean", "n.running_var"), (7,))), plan_of(layers)
    )

    assert good.network is not None
    assert good.network.slots[4].name == "bn1.running_var"
    assert sentences(bad)[0] == "d has 12 filters, which cannot be split into 8 groups."
    assert sentences(worse) == ["n takes 7 channels; a gives 8."]


def test_a_file_of_very_many_layers_is_refused_by_their_number() -> None:
    fit = family.fit(stored({f"l{at}.weight": (1, 1) for at in range(600)}), plan_of(CS6886))

    assert fit.problems[0].code == "layer-count"


def test_an_order_that_only_the_names_tell_is_told() -> None:
    fit = family.fit(stored(BASE, ordered=False), plan_of(CS6886))

    assert fit.notes[0].message == (
        "The file does not say in which order its layers are used; by their names it is conv1, conv2, fc1, fc2."
    )


def test_a_long_list_of_names_is_cut_short() -> None:
    fit = family.fit(stored(BASE | {f"more{at}.weight": (1, 1) for at in range(30)}), plan_of(CS6886))

    assert sentences(fit) == [
        "The number of dense layers in the file is 32 (fc1, fc2, more0, more1, more2, more3, more4, more5, more6, more7, "
        "more8, more9, and 20 more); the assignment's networks have 2."
    ]
