import difflib
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from grader import limits, messages
from grader.checking.architecture import match
from grader.errors import Finding
from grader.facts import NetworkLayer, Shape, Slot, StoredLayer, StoredWeights

Network = tuple[NetworkLayer, ...]
Make = Callable[[], list[StoredLayer]]
Store = Callable[[Sequence[StoredLayer]], StoredWeights]


def reshaped(layer: StoredLayer, **shapes: tuple[int, ...]) -> StoredLayer:
    changed = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    return StoredLayer(layer.name, {**layer.arrays, **changed})


def test_names_do_not_matter_where_the_order_is_known(network: Network, own_layers: Make, in_order: Store) -> None:
    layers = own_layers()

    matched = match(in_order(layers), network)

    assert matched.problems == ()
    assert list(matched.arrays) == [slot.name for layer in network for slot in layer.slots]
    assert matched.arrays["conv2d_2/kernel"] is layers[2].arrays["kernel"]


def test_without_an_order_numbers_count_as_numbers(network: Network, own_layers: Make, by_kind: Store) -> None:
    layers = own_layers()
    as_hdf5_lists_them = sorted(layers, key=lambda layer: layer.name)
    assert as_hdf5_lists_them[0].name == "conv2d_10"

    matched = match(by_kind(as_hdf5_lists_them), network)

    assert matched.problems == ()
    assert matched.arrays["conv2d/kernel"] is layers[0].arrays["kernel"]
    assert matched.arrays["conv2d_2/bias"] is layers[2].arrays["bias"]


def test_numbers_may_be_left_out(network: Network, own_layers: Make, by_kind: Store) -> None:
    names = ["conv2d", "conv2d_2", "conv2d_4", "conv2d_6", "dense", "dense_2"]
    layers = [replace(layer, name=name) for layer, name in zip(own_layers(), names, strict=True)]

    assert match(by_kind(layers), network).problems == ()


def test_a_removed_filter_is_told_for_each_array_it_changes(
    network: Network, own_layers: Make, in_order: Store
) -> None:
    layers = own_layers()
    layers[1] = reshaped(layers[1], kernel=(3, 3, 32, 31), bias=(31,))
    layers[2] = reshaped(layers[2], kernel=(3, 3, 31, 64))

    assert match(in_order(layers), network).problems == (
        Finding("shape-mismatch", "conv2d_1/kernel (yours: conv2d_9/kernel)", "(3, 3, 32, 32)", "(3, 3, 32, 31)"),
        Finding("shape-mismatch", "conv2d_1/bias (yours: conv2d_9/bias)", "(32,)", "(31,)"),
        Finding("shape-mismatch", "conv2d_2/kernel (yours: conv2d_10/kernel)", "(3, 3, 32, 64)", "(3, 3, 31, 64)"),
    )


def test_a_layer_of_the_same_name_is_named_once(network: Network, own_layers: Make, by_kind: Store) -> None:
    layers = [replace(own, name=layer.name) for own, layer in zip(own_layers(), network, strict=True)]
    layers[5] = reshaped(layers[5], bias=(10,))

    assert match(by_kind(layers), network).problems == (Finding("shape-mismatch", "dense_1/bias", "(5,)", "(10,)"),)


def test_doubled_filters_are_not_taken_for_the_next_layer(network: Network, own_layers: Make, in_order: Store) -> None:
    layers = own_layers()
    layers[1] = reshaped(layers[1], kernel=(3, 3, 32, 64), bias=(64,))
    layers[2] = reshaped(layers[2], kernel=(3, 3, 64, 64))

    problems = match(in_order(layers), network).problems

    assert {problem.code for problem in problems} == {"shape-mismatch"}
    assert [problem.where.split(" ")[0] for problem in problems] == [
        "conv2d_1/kernel",
        "conv2d_1/bias",
        "conv2d_2/kernel",
    ]


@pytest.mark.parametrize("store", ["in_order", "by_kind"])
def test_one_missing_layer_is_one_problem(
    network: Network, own_layers: Make, store: str, request: pytest.FixtureRequest
) -> None:
    layers = own_layers()
    del layers[1]

    problems = match(request.getfixturevalue(store)(layers), network).problems

    assert [finding.code for finding in problems] == ["layer-count", "missing-layer"]
    assert (problems[0].expected, problems[0].got) == ("6", "5")
    assert (problems[1].where, problems[1].expected) == ("conv2d_1", "(3, 3, 32, 32), (32,)")
    assert problems[1].got.startswith("conv2d_1")


def test_an_extra_layer_is_named_as_the_file_names_it(network: Network, own_layers: Make, in_order: Store) -> None:
    layers = own_layers()
    layers.insert(4, StoredLayer("batch_normalization", {"gamma": np.ones(64), "beta": np.ones(64)}))

    problems = match(in_order(layers), network).problems

    assert [finding.code for finding in problems] == ["layer-count", "extra-layer"]
    assert problems[1] == Finding("extra-layer", "batch_normalization", "none", "(64,), (64,)")


def test_a_kind_that_the_network_lacks_is_extra(network: Network, own_layers: Make, by_kind: Store) -> None:
    layers = own_layers()
    layers[5] = replace(layers[5], name="my_dense")

    problems = match(by_kind(layers), network).problems

    assert [(finding.code, finding.where) for finding in problems] == [
        ("missing-layer", "dense_1"),
        ("extra-layer", "my_dense"),
    ]


def test_swapped_layers_are_told_by_their_places(network: Network, own_layers: Make, in_order: Store) -> None:
    layers = own_layers()
    layers[1], layers[3] = layers[3], layers[1]

    assert match(in_order(layers), network).problems == (
        Finding("layer-order", "conv2d_1 (yours: conv2d_9)", "place 2 of 6", "place 4 of 6"),
        Finding("layer-order", "conv2d_3 (yours: conv2d_11)", "place 4 of 6", "place 2 of 6"),
    )


def test_a_layer_at_another_place_is_not_used(network: Network, own_layers: Make, in_order: Store) -> None:
    layers = own_layers()
    layers.append(layers.pop(0))

    matched = match(in_order(layers), network)

    assert [(finding.code, finding.got) for finding in matched.problems] == [("layer-order", "place 6 of 6")]
    assert "conv2d/kernel" not in matched.arrays


def test_a_missing_bias_is_named(network: Network, own_layers: Make, in_order: Store) -> None:
    layers = own_layers()
    layers[0] = StoredLayer("conv2d_8", {"kernel": layers[0].arrays["kernel"]})

    assert match(in_order(layers), network).problems == (
        Finding("missing-array", "conv2d/bias (yours: conv2d_8/bias)", "(32,)", "kernel"),
    )


def test_a_missing_bias_is_told_from_arrays_without_names(network: Network, own_layers: Make, by_kind: Store) -> None:
    layers = own_layers()
    layers[0] = StoredLayer("conv2d_8", {"kernel": layers[0].arrays["kernel"]})

    assert match(by_kind(layers), network).problems == (
        Finding("missing-array", "conv2d/bias (yours: conv2d_8/bias)", "(32,)", "0"),
    )


def test_an_extra_array_is_named(network: Network, own_layers: Make, in_order: Store) -> None:
    layers = own_layers()
    layers[5] = reshaped(layers[5], mask=(512, 5))

    assert match(in_order(layers), network).problems == (
        Finding("extra-array", "dense_5/mask", "kernel, bias", "(512, 5)"),
    )


def test_arrays_of_a_layer_are_told_by_name(in_order: Store) -> None:
    names = ("gamma", "beta", "moving_mean", "moving_variance")
    wanted = (NetworkLayer("bn", "batch_normalization", tuple(Slot(f"bn/{name}", (2,)) for name in names)),)
    own = StoredLayer("bn", {name: np.full(2, index, np.float32) for index, name in enumerate(reversed(names))})

    matched = match(in_order([own]), wanted)

    assert [float(array[0]) for array in matched.arrays.values()] == [3, 2, 1, 0]


def test_another_known_name_does_not_pass_for_the_wanted_one(in_order: Store) -> None:
    wanted = (NetworkLayer("bn", "batch_normalization", (Slot("bn/beta", (2,)),)),)

    problems = match(in_order([StoredLayer("bn", {"gamma": np.ones(2)})]), wanted).problems

    assert [(finding.code, finding.where) for finding in problems] == [
        ("missing-array", "bn/beta"),
        ("extra-array", "bn/gamma"),
    ]


def test_both_names_of_a_depthwise_kernel_are_one(in_order: Store) -> None:
    wanted = (NetworkLayer("dw", "depthwise_conv2d", (Slot("dw/kernel", (3, 3, 4, 1)), Slot("dw/bias", (4,)))),)
    arrays = {"depthwise_kernel": np.ones((3, 3, 4, 1), np.float32), "bias": np.ones(4, np.float32)}

    assert match(in_order([StoredLayer("dw", arrays)]), wanted).problems == ()


@pytest.mark.parametrize(("layer", "shape"), [(2, (64, 32, 3, 3)), (5, (5, 512))])
def test_a_transposed_kernel_gets_a_hint_of_its_own(
    network: Network, own_layers: Make, in_order: Store, layer: int, shape: tuple[int, ...]
) -> None:
    layers = own_layers()
    layers[layer] = reshaped(layers[layer], kernel=shape)

    problems = match(in_order(layers), network).problems

    assert [(finding.code, finding.got) for finding in problems] == [("axes-order", str(shape))]


def test_a_file_of_another_network_gets_a_bounded_list(network: Network, in_order: Store) -> None:
    layers = [StoredLayer(f"conv1d_{index}", {"kernel": np.ones((3, 3, 3))}) for index in range(40)]

    problems = match(in_order(layers), network).problems

    assert len(problems) == limits.MAX_MATCH_PROBLEMS
    assert problems[-1] == Finding("more-problems", got=str(1 + 40 + 6 - (limits.MAX_MATCH_PROBLEMS - 1)))


def test_the_nearest_names_are_sought_for_problems_that_are_shown(
    network: Network, in_order: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    sought: list[str] = []
    monkeypatch.setattr(difflib, "get_close_matches", lambda name, names, n: sought.append(name))

    match(in_order([StoredLayer(f"conv1d_{index}", {"kernel": np.ones((3, 3, 3))}) for index in range(40)]), network)

    assert len(sought) == limits.MAX_MATCH_PROBLEMS - 1


def test_thousands_of_layers_are_only_counted(network: Network, in_order: Store) -> None:
    layers = [
        StoredLayer(f"dense_{index}", {"kernel": np.ones((1, 1))}) for index in range(limits.MAX_MATCH_LAYERS + 1)
    ]

    assert match(in_order(layers), network).problems == (
        Finding("layer-count", expected="6", got=str(limits.MAX_MATCH_LAYERS + 1)),
    )


def test_other_floats_are_accepted_with_a_note(network: Network, own_layers: Make, in_order: Store) -> None:
    layers = own_layers()
    layers[0] = StoredLayer("conv2d_8", {name: array.astype("f2") for name, array in layers[0].arrays.items()})

    matched = match(in_order(layers), network)

    assert matched.problems == ()
    assert matched.notes == (messages.note("cast-to-float32", where="2", got="float16"),)


TORCH = (
    NetworkLayer("conv1", "conv2d", (Slot("conv1.weight", (4, 3, 3, 3)), Slot("conv1.bias", (4,)))),
    NetworkLayer("conv2", "conv2d", (Slot("conv2.weight", (4, 4, 3, 3)), Slot("conv2.bias", (4,)))),
    NetworkLayer("head.0", "linear", (Slot("head.0.weight", (2, 16)), Slot("head.0.bias", (2,)))),
)


def torch_file(names: Sequence[str], *, ordered: bool = True, **shapes: Shape) -> StoredWeights:
    """A state dict of the network above under other names; `shapes` changes the weights at some places."""
    layers = [
        StoredLayer(
            name,
            {
                slot.name.rpartition(".")[2]: np.full(shapes.get(f"{slot.name.rpartition('.')[2]}{at}", slot.shape), at)
                for slot in layer.slots
            },
        )
        for at, (name, layer) in enumerate(zip(names, TORCH, strict=False))
    ]
    return StoredWeights("torch-state-dict" if ordered else "safetensors", ordered, tuple(layers))


def test_layers_of_pytorch_are_matched_by_name_where_the_names_are_the_networks() -> None:
    file = torch_file(["conv1", "conv2", "head.0"])

    turned = StoredWeights(file.layout, True, file.layers[::-1])

    assert match(turned, TORCH).problems == ()
    assert match(turned, TORCH).arrays["conv2.bias"].tolist() == [1] * 4


def test_layers_of_pytorch_under_other_names_are_matched_by_their_order() -> None:
    assert match(torch_file(["features.0", "features.3", "out"]), TORCH).problems == ()


def test_a_file_without_an_order_is_taken_in_that_of_its_numbers() -> None:
    file = torch_file(["f.2", "f.10", "f.11"], ordered=False)

    alphabetical = StoredWeights(file.layout, False, tuple(sorted(file.layers, key=lambda layer: layer.name)))

    assert match(alphabetical, TORCH).arrays["conv2.bias"].tolist() == [1] * 4


@pytest.mark.parametrize(
    ("file", "told"),
    [
        (
            torch_file(["conv1", "conv2", "head.0"], weight1=(8, 4, 3, 3)),
            "conv2.weight has shape (8, 4, 3, 3); the assignment needs (4, 4, 3, 3).",
        ),
        (
            torch_file(["a.0", "a.2", "b"], bias2=(3,)),
            "head.0.bias (yours: b.bias) has shape (3,); the assignment needs (2,).",
        ),
        (
            torch_file(["conv1", "conv2", "head.0"], weight2=(16, 2)),
            "head.0.weight has shape (16, 2), the assignment's (2, 16) with its axes in another order.",
        ),
    ],
)
def test_sentences_name_arrays_as_pytorch_does(file: StoredWeights, told: str) -> None:
    (finding,) = match(file, TORCH).problems

    assert messages.problem(finding).message == told


def test_an_array_that_is_missing_in_pytorch_is_named_with_a_dot() -> None:
    layers = list(torch_file(["conv1", "conv2", "head.0"]).layers)
    layers[2] = StoredLayer("head.0", {"weight": layers[2].arrays["weight"], "mask": np.ones((2, 16))})

    problems = match(StoredWeights("torch-state-dict", True, tuple(layers)), TORCH).problems

    assert {(finding.code, finding.where) for finding in problems} == {
        ("missing-array", "head.0.bias"),
        ("extra-array", "head.0.mask"),
    }
