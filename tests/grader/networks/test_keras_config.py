import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.errors import DefinitionError
from grader.facts import SlotRole
from grader.networks.keras_config import network_from_config

Sequential = Callable[..., dict[str, Any]]

HEAD: list[tuple[str, dict[str, Any]]] = [("Flatten", {}), ("Dense", {"units": 4})]


def test_the_cmu_network_has_592933_parameters(cmu_config: dict[str, Any]) -> None:
    network = network_from_config(cmu_config)

    assert sum(math.prod(slot.shape) for slot in network.slots) == 592_933
    assert (network.input_shape, network.classes) == ((25, 25, 3), 5)


def test_weighted_layers_keep_their_names_and_order(cmu_config: dict[str, Any]) -> None:
    network = network_from_config(cmu_config)

    assert [layer.name for layer in network.layers] == [
        "conv2d",
        "conv2d_1",
        "conv2d_2",
        "conv2d_3",
        "dense",
        "dense_1",
    ]
    assert [slot.name for slot in network.layers[1].slots] == ["conv2d_1/kernel", "conv2d_1/bias"]
    assert [layer.kind for layer in network.layers] == ["conv2d"] * 4 + ["dense"] * 2


def test_batch_normalization_has_two_parameters_and_two_buffers(sequential: Sequential) -> None:
    network = network_from_config(sequential(("BatchNormalization", {}), *HEAD))

    assert [(slot.name.partition("/")[2], slot.role) for slot in network.layers[0].slots] == [
        ("gamma", SlotRole.PARAMETER),
        ("beta", SlotRole.PARAMETER),
        ("moving_mean", SlotRole.BUFFER),
        ("moving_variance", SlotRole.BUFFER),
    ]


def test_a_final_softmax_is_left_out_wherever_it_stands(sequential: Sequential) -> None:
    plain = network_from_config(sequential(*HEAD))
    as_activation = sequential(("Flatten", {}), ("Dense", {"units": 4, "activation": "softmax"}), ("Dropout", {}))
    replaced = sequential(HEAD[0], ("Dense", {"units": 4, "activation": {"class_name": "Softmax", "config": {}}}))
    as_layer = sequential(*HEAD, ("Softmax", {}))
    by_name = sequential(*HEAD, ("Activation", {"activation": "softmax"}))

    graphs = [network_from_config(config).graph for config in (as_activation, replaced, as_layer, by_name)]

    assert graphs == [plain.graph] * 4


def test_the_input_shape_may_stand_with_the_first_layer_or_the_model(sequential: Sequential) -> None:
    config = sequential(*HEAD)
    layers = config["config"]["layers"][1:]
    with_layer = [{**layers[0], "config": {**layers[0]["config"], "batch_input_shape": [None, 8, 8, 3]}}, layers[1]]

    for body in ({"layers": with_layer}, {"layers": layers, "build_input_shape": [None, 8, 8, 3]}, with_layer):
        assert network_from_config({"class_name": "Sequential", "config": body}).input_shape == (8, 8, 3)


def test_options_of_training_change_nothing(sequential: Sequential) -> None:
    plain, trained = {"units": 4}, {"units": 4, "kernel_regularizer": {"class_name": "L2"}, "trainable": False}

    graphs = [network_from_config(sequential(HEAD[0], ("Dense", options))).graph for options in (plain, trained)]

    assert graphs[0] == graphs[1]


@pytest.mark.parametrize(
    ("layer", "sentence"),
    [
        (("LSTM", {}), r"layer 'lstm_0' \(LSTM\): this kind of layer is not supported; supported: Activation, Activ"),
        (("Conv2D", {"filters": 2, "kernel_size": 3, "data_format": "sideways"}), "'sideways' is not supported; supp"),
        (("SeparableConv2D", {"filters": 2, "kernel_size": 3, "groups": 2}), "groups is not supported here"),
        (("Dense", {"units": 3, "activation": "hard_sigmoid"}), "hard_sigmoid differs between Keras 2 and 3; the conf"),
        (("LayerNormalization", {"axis": 1}), "axis 1 is not supported; the last axis, or all from one on"),
        (("LayerNormalization", {"rms_scaling": True}), "option rms_scaling = True is not supported"),
        (("Reshape", {"target_shape": [7, -1]}), r"target_shape is \[7, -1\]; 192 numbers do not fit into that"),
        (("Permute", {"dims": [1, 2]}), r"dims is \[1, 2\]; the axes 1 to 3 in some order are needed"),
        (("PReLU", {"shared_axes": [4]}), r"shared_axes is \[4\]; axes from 1 to 3 are needed"),
        (("Cropping2D", {"cropping": 4}), "nothing is left of its input of 8x8"),
        (("UpSampling2D", {"size": 2, "interpolation": "bicubic"}), "supported: nearest, bilinear"),
        (("UpSampling2D", {"size": 1000}), "its output of 8000x8000 has more than 1000000 pixels"),
        (("Softmax", {"axis": 0}), "axis 0 is not supported; one from 1 to 3"),
        (("Add", {}), "it takes 1 value; 2 or more are needed"),
        (("Conv2D", {"filters": 2, "kernel_size": 3, "padding": "causal"}), "supported: valid, same"),
        (("Conv2D", {"filters": 2, "kernel_size": [9, 9]}), "window of 9x9 does not fit into its input of 8x8"),
        (("Conv2D", {"filters": 2, "kernel_size": 3, "groups": 2}), "3 channels and 2 filters cannot be split into 2"),
        (("Conv2D", {"filters": 0, "kernel_size": 3}), "filters is 0; a whole number from 1 to 1000000 is needed"),
        (("Conv2D", {"filters": 2, "kernel_size": 3, "lora_rank": 4}), "option lora_rank = 4 is not supported"),
        (("Conv2D", {"filters": 2, "kernel_size": 3, "activation": "relu7"}), "activation 'relu7' is not supported"),
        (("Conv2D", {"filters": 2, "kernel_size": 3, "dtype": "mixed_float16"}), "dtype 'mixed_float16'"),
        (("BatchNormalization", {"axis": 2}), "axis 2 is not supported"),
        (("BatchNormalization", {"renorm": True}), "option renorm = True is not supported"),
        (("MaxPooling2D", {"pool_size": "2"}), "pool_size is '2'; two whole numbers from 1 to 1000000 are"),
        (("ZeroPadding2D", {"padding": -1}), r"padding is -1; \(\(top, bottom\), \(left, right\)\)"),
        (("Rescaling", {"scale": [1, 2]}), "scale has 2 numbers; 1 or 3 are needed"),
        (("LeakyReLU", {"alpha": "x"}), "alpha is 'x'; a number that float32 can hold"),
    ],
)
def test_what_is_not_supported_is_named(layer: Any, sentence: str, sequential: Sequential) -> None:
    with pytest.raises(DefinitionError, match=sentence) as caught:
        network_from_config(sequential(layer, *HEAD))

    assert f"layer '{layer[0].lower()}_0' ({layer[0]})" in str(caught.value)


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"class_name": "Model2", "config": {}}, "of class 'Model2'; supported: 'Sequential' and 'Functional'"),
        ({}, "of class None"),
        ({"class_name": "Sequential", "config": {"layers": []}}, "lists no layers"),
        ({"class_name": "Sequential", "config": [3]}, "layer 1 .* has no class_name"),
        (
            {"class_name": "Sequential", "config": [{"class_name": "Flatten", "config": {"name": "f"}}]},
            "input shape is None",
        ),
    ],
)
def test_what_is_no_sequential_network_is_refused(config: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DefinitionError, match=sentence):
        network_from_config(config)


def test_an_input_of_unknown_size_is_refused(sequential: Sequential) -> None:
    with pytest.raises(DefinitionError, match=r"input shape is \[None, None, 8, 3\]"):
        network_from_config(sequential(*HEAD, shape=(None, 8, 3)))


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path to every value inside a configuration."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in inner for place in _places(each, (*path, key)))] if path or inner else []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.sampled_from(["relu", "same"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_change_to_a_configuration_ends_as_a_network_or_a_definition_error(
    data: st.DataObject, sequential: Sequential
) -> None:
    conv = ("Conv2D", {"filters": 2, "kernel_size": [3, 3], "strides": [1, 1], "padding": "same", "activation": "relu"})
    scale = ("Rescaling", {"scale": [1.0, 2.0, 3.0], "offset": 0})
    middle = [("ZeroPadding2D", {"padding": [[1, 1], [0, 2]]}), ("BatchNormalization", {"axis": -1, "epsilon": 0.1})]
    rectified = ("ReLU", {"max_value": 6.0, "negative_slope": 0.1, "threshold": 0.5})
    config = sequential(scale, conv, *middle, rectified, ("MaxPooling2D", {"pool_size": 2, "strides": [2, 2]}), *HEAD)
    path = data.draw(st.sampled_from(_places(config)[1:]))
    holder = config
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = data.draw(JSON)

    with suppress(DefinitionError):
        assert network_from_config(config).classes >= 2


def test_two_layers_of_one_name_are_refused(sequential: Sequential) -> None:
    with pytest.raises(DefinitionError, match="another layer has the same name"):
        network_from_config(sequential(*HEAD, ("Dense", {"units": 4, "name": "dense_1"})))


def test_an_output_that_is_no_list_of_classes_is_refused(sequential: Sequential) -> None:
    with pytest.raises(DefinitionError, match=r"output of shape \(6, 6, 2\) for each image"):
        network_from_config(sequential(("Conv2D", {"filters": 2, "kernel_size": 3})))


def test_a_network_without_weights_is_refused(sequential: Sequential) -> None:
    with pytest.raises(DefinitionError, match="no layer with weights"):
        network_from_config(sequential(("Flatten", {})))
