"""Lists of layers in a definition: what is taken, and what is told with its line."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from grader import competition
from grader.competition import Definition, Grading
from grader.errors import DefinitionError, GraderFault

TEXT = """\
slug: torch
grading:
  file: {format: pytorch, names: ["*.pt"]}
  network:
    input_shape: [1, 8, 8]
    layers:
      - conv2d: {channels: 4, kernel: 3}
      - relu
      - max_pool2d: 2
      - flatten
      - linear:
          features: 3
      - softmax
  input: {divide_by: 255, mean: [0.5]}
  classes: [a, b, c]
  score: accuracy
"""


def load(folder: Path, *replacements: tuple[str, str]) -> Definition:
    text = TEXT
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    path = folder / "torch.yaml"
    path.write_text(text, encoding="utf-8")
    return competition.load(path)


def test_a_list_without_free_sizes_is_one_network(tmp_path: Path) -> None:
    definition = load(tmp_path)

    assert [slot.name for slot in definition.network.slots] == ["conv1.weight", "conv1.bias", "fc1.weight", "fc1.bias"]
    assert definition.network.parameters == 4 * 9 + 4 + 36 * 3 + 3
    assert (definition.input_shape, definition.classes, definition.channels_first) == ((1, 8, 8), 3, True)


def test_a_list_with_a_free_size_is_a_family(tmp_path: Path) -> None:
    definition = load(tmp_path, ("channels: 4", "channels: 1..9"))

    assert definition.exact is None
    assert (definition.input_shape, definition.classes, definition.channels_first) == ((1, 8, 8), 3, True)
    with pytest.raises(GraderFault, match="a family of networks"):
        _ = definition.network


@pytest.mark.parametrize("sizes", ["4", "any", "2..9"])
def test_a_definition_stored_as_json_is_the_same_when_read_back(tmp_path: Path, sizes: str) -> None:
    padding = "channels: " + sizes + ", padding: [0, same, [1, 2]]"
    definition = load(tmp_path, ("channels: 4", padding), ("max_pool2d: 2", "max_pool2d: {kernel: 2, optional: true}"))

    again = Definition(definition.slug, Grading.model_validate(json.loads(definition.grading.model_dump_json())))

    assert again.digest == definition.digest
    assert again.grading == definition.grading


def test_a_name_may_be_given_to_a_layer(tmp_path: Path) -> None:
    definition = load(tmp_path, ("channels: 4", "name: features.0, channels: 4"))

    assert definition.network.layers[0].slots[1].name == "features.0.bias"


@pytest.mark.parametrize(
    ("old", "new", "line", "part"),
    [
        (
            "- relu",
            "- rleu",
            8,
            "grading.network.layers.1: 'rleu' is no supported kind of layer; supported: adaptive_avg",
        ),
        ("- relu", "- {relu: {}, tanh: {}}", 8, "is no layer; one kind with its options is, such as `linear: 10`"),
        ("- relu", "- relu: {slope: 1}", 8, "grading.network.layers.1.relu.slope: this key is not known here"),
        ("- relu", "- flatten: 2", 8, "flatten takes options by name, got '2'"),
        (
            "channels: 4",
            "channels: 0",
            7,
            "layers.0.conv2d.channels: 0 is no size; a whole number from 1, `any`, or a range",
        ),
        ("channels: 4", "channels: 9..2", 7, "'9..2' is no size"),
        ("channels: 4, ", "", 7, "grading.network.layers.0.conv2d.channels: this key is missing"),
        ("kernel: 3", "kernel: 3, padding: {one_of: []}", 7, "with 1 to 8 of them is needed"),
        ("kernel: 3", "kernel: 3, padding: [-1, 0]", 7, "-1 is no whole number from 0 to 1,000,000"),
        (
            "kernel: 3",
            "kernel: 3, stride: 2, padding: same",
            7,
            "layers.0.conv2d.padding: padding is `same`, which torch",
        ),
        ("kernel: 3", "kernel: 9", 7, "layers.0.conv2d.kernel: its window of 9x9 does not fit into 8x8 pixels"),
        (
            "kernel: 3",
            "kernel: 3, groups: 2",
            7,
            "layers.0.conv2d.groups: 1 channels and 4 filters cannot be split into 2",
        ),
        ("kernel: 3", "kernel: 3, name: a/b", 7, "layers.0.conv2d.name: String should match pattern"),
        (
            "max_pool2d: 2",
            "max_pool2d: {kernel: 2, padding: 2}",
            9,
            "a padding of (2, 2) is more than half of the window",
        ),
        ("max_pool2d: 2", "avg_pool2d: {kernel: 3, padding: 1, ceil_mode: true}", 9, "do not go together"),
        ("max_pool2d: 2", "adaptive_avg_pool2d: 4", 9, "its output of (4, 4) does not divide its input of (6, 6)"),
        (
            "      - flatten\n",
            "",
            10,
            "layers.3.linear: it gets an image (channels, height, width) and takes features; put a",
        ),
        ("- relu", "- flatten", 9, "layers.2.max_pool2d: it gets features and takes an image"),
        ("features: 3", "features: any", 11, "how many classes there are has to be told"),
        ("features: 3", "features: 1", 11, "its output is 1 number; at least 2 classes are needed"),
        ("features: 3", "features: 4", 15, "the network has 4 outputs, `classes` names 3"),
        ("- relu", "- softmax", 8, "grading.network.layers.1.softmax: it gets an image"),
        ("- flatten", "- flatten\n      - softmax", 11, "softmax stands before other layers"),
        ("- relu", "- conv2d: {name: conv1, channels: 2, kernel: 1}", 8, "another layer is called 'conv1' already"),
        ("input_shape: [1, 8, 8]", "input_shape: [1, 8]", 5, "grading.network.input_shape"),
        ("    input_shape: [1, 8, 8]\n", "", 4, "`input_shape` belongs to `layers` and to `free`"),
        ("    input_shape", "    keras_config: {}\n    input_shape", 4, "exactly one of keras_config, layers"),
        ("mean: [0.5]", "mean: [0.5, 0.5]", 14, "`mean` has 2 numbers, the network's input 1 channels"),
        (
            "score",
            "limits: {max_parameters: 10}\n  score",
            16,
            "the network has 151 parameters, `max_parameters` allows 10",
        ),
        (
            "score",
            "limits: {max_macs: 10}\n  score",
            16,
            "the network takes 1,404 multiply-accumulates, `max_macs` allows",
        ),
        ("score", "limits: {max_activation_bytes: 10}\n  score", 16, "a layer of the network gives 576 bytes"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, old: str, new: str, line: int, part: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        load(tmp_path, (old, new))

    assert part in str(caught.value)
    assert caught.value.line == line


def test_a_family_that_leaves_too_much_open_is_refused(tmp_path: Path) -> None:
    pool = "max_pool2d: {kernel: {one_of: [1, 2, 3, 4, 5, 6, 7, 8]}, stride: {one_of: [1, 2, 3, 4, 5, 6, 7, 8]}, optional: true}"
    with pytest.raises(DefinitionError, match="260 readings open; at most 256 are tried"):
        load(tmp_path, ("max_pool2d: 2", pool), ("kernel: 3", "kernel: 3, padding: [0, 1, same, [0, 1]]"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"channels": "any", "kernel": [3, "1..5"]}, "channels any, kernel 3 x 1..5"),
        ({"channels": 4, "kernel": 3, "padding": [0, "same"]}, "channels 4, kernel 3 x 3, padding 0 x 0 or same"),
    ],
)
def test_a_layer_is_told_in_words(tmp_path: Path, options: Mapping[str, Any], words: str) -> None:
    definition = load(tmp_path, ("{channels: 4, kernel: 3}", json.dumps(options)))

    plan = definition.grading.network.plan
    assert plan is not None
    assert plan.in_words()[0] == ("conv1", "conv2d", words)
    assert plan.in_words()[1] == ("", "relu", "")


@pytest.mark.parametrize(
    ("file_format", "network", "told"),
    [
        (
            "onnx",
            "input_shape: [1, 4, 4]\n    layers: [flatten, linear: 2]",
            "`format: onnx` and a network that is `free: true` belong together",
        ),
        ("pytorch", "free: true\n    input_shape: [1, 4, 4]", "belong together"),
        ("onnx", "free: true", "`input_shape` belongs to"),
        ("onnx", "free: false\n    input_shape: [1, 4, 4]", "free"),
    ],
)
def test_a_free_network_needs_its_images_and_files_that_hold_it(
    tmp_path: Path, file_format: str, network: str, told: str
) -> None:
    text = f"""\
slug: free
grading:
  file: {{format: {file_format}, names: ["*"]}}
  network:
    {network}
  classes: [red, green]
  score: accuracy
"""
    (tmp_path / "free.yaml").write_text(text)

    with pytest.raises(DefinitionError) as caught:
        competition.load(tmp_path / "free.yaml")

    assert told in str(caught.value)
