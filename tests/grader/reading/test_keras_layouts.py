"""Which arrays are weights, in which order, and what is refused about a layout."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import h5py
import numpy as np
import pytest

from grader import limits
from grader.errors import Finding
from grader.reading import job

Build = Callable[[h5py.File], None]
Write = Callable[..., bytes]
Refused = Callable[..., tuple[Finding, ...]]
ONE = np.ones((2, 2), np.float32)


def legacy(group: h5py.Group, layers: Mapping[str, Sequence[str]]) -> None:
    """Fills a group as `save_weights` of Keras 2 does; arrays hold 0, 1, 2, ... in the order of the network."""
    group.attrs["layer_names"] = list(layers)
    for name, weights in layers.items():
        layer = group.create_group(name)
        layer.attrs["weight_names"] = list(weights)
        for weight in weights:
            layer[weight] = ONE


def listing(data: bytes) -> list[tuple[object, object]]:
    layers = job.read(data, 1 << 24)[0]["layers"]
    assert isinstance(layers, list)
    return [(layer["name"], layer["arrays"]) for layer in layers]


CONVS = {
    "conv2d_8": ["conv2d_8/kernel:0", "conv2d_8/bias:0"],
    "activation_3": [],
    "conv2d_10": ["conv2d_10/kernel:0", "conv2d_10/bias:0"],
}


def test_layer_names_give_the_order(write: Write) -> None:
    assert listing(write(lambda file: legacy(file, CONVS))) == [
        ("conv2d_8", ["kernel", "bias"]),
        ("conv2d_10", ["kernel", "bias"]),
    ]


def test_a_whole_model_keeps_its_weights_one_group_down(write: Write) -> None:
    head, _ = job.read(write(lambda file: legacy(file.create_group("model_weights"), CONVS)), 1 << 20)

    assert (head["layout"], head["ordered"]) == ("keras-legacy", True)


@pytest.mark.parametrize("weight", ["kernel", "kernel:0", "dense/kernel:0", "sequential/dense/kernel"])
def test_paths_of_every_keras_end_in_the_name_of_the_array(write: Write, weight: str) -> None:
    assert listing(write(lambda file: legacy(file, {"dense": [weight]}))) == [("dense", ["kernel"])]


def test_a_layer_name_may_be_a_path(write: Write) -> None:
    assert listing(write(lambda file: legacy(file, {"block/conv": ["kernel"]}))) == [("block/conv", ["kernel"])]


def test_names_of_fixed_length_are_read(write: Write) -> None:
    def build(file: h5py.File) -> None:
        legacy(file, {"dense": ["kernel:0"]})
        file.attrs["layer_names"] = np.array([b"dense"])

    assert listing(write(build)) == [("dense", ["kernel"])]


def test_a_long_list_of_names_may_be_split(write: Write) -> None:
    def build(file: h5py.File) -> None:
        legacy(file, CONVS)
        del file.attrs["layer_names"]
        file.attrs["layer_names0"] = ["conv2d_10"]
        file.attrs["layer_names1"] = ["activation_3", "conv2d_8"]

    assert [name for name, _ in listing(write(build))] == ["conv2d_10", "conv2d_8"]


def test_what_training_left_behind_is_passed_over_with_a_note(write: Write) -> None:
    def build(file: h5py.File) -> None:
        legacy(file.create_group("model_weights"), CONVS)
        file["optimizer_weights/Adam/m"] = ONE
        file["optimizer_weights/iteration:0"] = np.int64(7)
        file.attrs["model_config"] = "{}"

    assert job.read(write(build), 1 << 20)[0]["notes"] == [["optimizer-ignored", 2], ["model-config-ignored", 1]]


def test_numbered_layers_stand_by_kind_and_number(write: Write) -> None:
    names = ["dense_1", "conv2d_10", "conv2d", "conv2d_9", "dense"]

    def build(file: h5py.File) -> None:
        for name in names:
            file[f"layers/{name}/vars/0"] = ONE

    assert [name for name, _ in listing(write(build))] == ["conv2d", "conv2d_9", "conv2d_10", "dense", "dense_1"]


def test_a_tenth_array_stands_after_the_second(write: Write) -> None:
    def build(file: h5py.File) -> None:
        for index in range(11):
            file[f"layers/gru/vars/{index}"] = ONE

    assert listing(write(build)) == [("gru", [str(index) for index in range(11)])]


def test_keras_2_12_names_its_container_otherwise(write: Write) -> None:
    data = write(lambda file: file.create_dataset("_layer_checkpoint_dependencies/dense_2/vars/0", data=ONE))

    head, _ = job.read(data, 1 << 20)

    assert (head["layout"], head["ordered"]) == ("keras-vars-2.12", False)
    assert head["layers"] == [{"name": "dense_2", "arrays": ["0"]}]


def test_optimizer_metrics_and_seeds_are_passed_over(write: Write, dense: Build) -> None:
    def build(file: h5py.File) -> None:
        dense(file)
        file["optimizer/vars/0"] = np.int64(3)
        file["metrics/mean/vars/0"] = np.float32(1)
        file["_compile_metrics/vars/0"] = np.float32(1)
        file["layers/dropout/seed_generator/vars/0"] = np.zeros(2, np.uint32)
        file.create_group("vars")

    assert job.read(write(build), 1 << 20)[0]["notes"] == [
        ["seeds-ignored", 1],
        ["metrics-ignored", 2],
        ["optimizer-ignored", 1],
    ]


@pytest.mark.parametrize("path", ["optimizer/vars/0", "layers/dropout/seed_generator/vars/0"])
def test_what_is_passed_over_may_not_point_outside_either(
    write: Write, dense: Build, refused: Refused, path: str
) -> None:
    def build(file: h5py.File) -> None:
        dense(file)
        file[path] = h5py.ExternalLink("/etc/passwd", "/x")

    assert refused(write(build)) == (Finding("h5-external-link", path),)


def test_another_layout_is_told_by_what_is_there(write: Write, refused: Refused) -> None:
    def build(file: h5py.File) -> None:
        file["conv1/vars/0"] = ONE
        file["w"] = ONE

    assert refused(write(build)) == (Finding("h5-layout", got="conv1, w"),)


@pytest.mark.parametrize("groups", [[], ["layers/dense/vars"], ["optimizer/vars"]])
def test_a_network_that_was_never_built_has_no_weights(write: Write, refused: Refused, groups: list[str]) -> None:
    data = write(lambda file: [file.create_group(name) for name in groups])

    assert refused(data) == (Finding("h5-no-weights"),)


def test_a_list_of_layers_without_weights_is_no_network(write: Write, refused: Refused) -> None:
    assert refused(write(lambda file: legacy(file, {"flatten": []}))) == (Finding("h5-no-weights"),)


def test_a_listed_layer_has_to_be_there(write: Write, refused: Refused) -> None:
    def build(file: h5py.File) -> None:
        legacy(file, CONVS)
        file.attrs["layer_names"] = [*CONVS, "dense"]

    assert refused(write(build)) == (Finding("h5-missing-group", "dense", "dense"),)


def test_a_listed_array_has_to_be_there(write: Write, refused: Refused) -> None:
    def build(file: h5py.File) -> None:
        legacy(file, CONVS)
        del file["conv2d_8/conv2d_8/bias:0"]

    assert refused(write(build)) == (Finding("h5-missing-array", "conv2d_8/conv2d_8/bias:0"),)


@pytest.mark.parametrize("path", ["/conv2d_8/kernel:0", "../conv2d_8/kernel:0", "./kernel:0", ""])
def test_a_listed_path_is_not_resolved(write: Write, refused: Refused, path: str) -> None:
    def build(file: h5py.File) -> None:
        legacy(file, CONVS)
        file["activation_3"].attrs["weight_names"] = [path]

    assert [finding.code for finding in refused(write(build))] == ["h5-missing-array"]


def test_an_array_that_no_list_names_is_refused(write: Write, refused: Refused) -> None:
    def build(file: h5py.File) -> None:
        legacy(file, CONVS)
        file["conv2d_8/mask"] = ONE
        file["stray"] = ONE

    assert [(finding.code, finding.where) for finding in refused(write(build))] == [
        ("h5-extra-array", "stray"),
        ("h5-extra-array", "conv2d_8/mask"),
    ]


@pytest.mark.parametrize("path", ["vars/0", "layers/dense/0", "hidden/0"])
def test_an_array_beside_the_layers_is_refused(write: Write, dense: Build, refused: Refused, path: str) -> None:
    def build(file: h5py.File) -> None:
        dense(file)
        file[path] = ONE

    assert refused(write(build)) == (Finding("h5-extra-array", path),)


def test_a_layer_is_listed_once(write: Write, refused: Refused) -> None:
    def build(file: h5py.File) -> None:
        legacy(file, CONVS)
        file.attrs["layer_names"] = [*CONVS, "conv2d_8"]

    assert refused(write(build)) == (Finding("h5-listed-twice", "conv2d_8"),)


def test_an_array_is_listed_once(write: Write, refused: Refused) -> None:
    def build(file: h5py.File) -> None:
        legacy(file, {"dense": ["kernel:0"]})
        file["dense"].attrs["weight_names"] = ["kernel:0", "kernel:0"]

    assert refused(write(build)) == (Finding("h5-listed-twice", "dense/kernel:0"),)


def test_an_array_belongs_to_one_layer(write: Write, refused: Refused) -> None:
    def build(file: h5py.File) -> None:
        legacy(file, {"a/b": ["kernel:0"]})
        file.attrs["layer_names"] = ["a/b", "a"]
        file["a"].attrs["weight_names"] = ["b/kernel:0"]

    assert refused(write(build)) == (Finding("h5-listed-twice", "a/b/kernel:0"),)


def remove(group: h5py.Group) -> None:
    del group.attrs["weight_names"]


def number(group: h5py.Group) -> None:
    group.attrs["weight_names"] = [1, 2]


def square(group: h5py.Group) -> None:
    group.attrs["weight_names"] = [["a"], ["b"]]


def single(group: h5py.Group) -> None:
    group.attrs["weight_names"] = "kernel:0"


def long(group: h5py.Group) -> None:
    group.attrs["weight_names"] = ["k" * (limits.MAX_NAME_CHARACTERS + 1)]


def control(group: h5py.Group) -> None:
    group.attrs["weight_names"] = ["kernel\n:0"]


def nothing(group: h5py.Group) -> None:
    group.attrs["weight_names"] = h5py.Empty("f4")


@pytest.mark.parametrize("spoil", [remove, number, square, single, long, control, nothing])
def test_lists_of_names_are_short_lists_of_text(
    write: Write, refused: Refused, spoil: Callable[[h5py.Group], None]
) -> None:
    def build(file: h5py.File) -> None:
        legacy(file, {"dense": ["kernel:0"]})
        spoil(file["dense"])

    assert refused(write(build))[0] == Finding("h5-name-list", "dense", "weight_names")


def test_numbered_arrays_have_no_gap(write: Write, refused: Refused) -> None:
    def build(file: h5py.File) -> None:
        file["layers/dense/vars/0"] = ONE
        file["layers/dense/vars/2"] = ONE

    assert refused(write(build)) == (Finding("h5-array-name", "layers/dense/vars/2", "0 to 1", "2"),)


def test_a_listed_array_has_a_name_before_the_colon(write: Write, refused: Refused) -> None:
    for path in (":0", "dense/:0"):
        file = write(partial(legacy, layers={"d": [path]}))

        assert refused(file) == (Finding("h5-array-name", f"d/{path}", "kernel, bias or the like", path),)


def test_a_network_inside_the_network_is_refused(write: Write, dense: Build, refused: Refused) -> None:
    def build(file: h5py.File) -> None:
        dense(file)
        file["layers/sequential/layers/dense/vars/0"] = ONE

    assert refused(write(build)) == (Finding("nested-network", "layers/sequential"),)


def test_a_network_inside_the_network_is_refused_in_lists_too(write: Write, refused: Refused) -> None:
    data = write(lambda file: legacy(file, {"sub": ["dense/kernel:0", "dense_1/kernel:0"]}))

    assert refused(data) == (Finding("nested-network", "sub"),)


def test_pruning_wrappers_are_to_be_stripped(write: Write, refused: Refused) -> None:
    name = "prune_low_magnitude_dense"
    data = write(lambda file: legacy(file, {name: ["dense/kernel:0", f"{name}/mask:0", f"{name}/pruning_step:0"]}))

    assert refused(data) == (Finding("pruning-wrapper", name),)


def test_pruning_wrappers_of_numbered_layers_are_to_be_stripped(write: Write, refused: Refused) -> None:
    data = write(lambda file: file.create_dataset("layers/prune_low_magnitude_1/layer/vars/0", data=ONE))

    assert refused(data) == (Finding("pruning-wrapper", "prune_low_magnitude_1"),)


def test_a_damaged_attribute_of_the_root_is_damage(write: Write, dense: Build, refused: Refused) -> None:
    def build(file: h5py.File) -> None:
        dense(file)
        file.attrs["other"] = np.int32(1)

    data = bytearray(write(build))
    precision = data.index(b"other") + 8 + 10  # behind the padded name and the fixed part of an integer's type
    data[precision] = 64

    assert refused(bytes(data)) == (Finding("h5-damaged", "/"),)
