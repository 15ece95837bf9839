"""What a definition leaves open in a family, and the order of its layers, told by the shapes."""

import pytest

from grader.checking import family
from grader.facts import Shape
from tests.grader.checking.families import BASE, CS6886, plan_of, sentences, stored


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
