"""Functional configurations: branches, shared layers, and what is not one of Keras' networks."""

import copy
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import flops
from grader.errors import DefinitionError
from grader.evaluating.exact import ExactNetwork
from grader.evaluating.onnx_runtime import Engine
from grader.facts import Weights
from grader.networks import draft
from grader.networks.graph import Network, bind
from grader.networks.keras_config import network_from_config

Draw = Callable[[Network, int], Weights]
Use = tuple[str, ...]

SAME = {"filters": 3, "kernel_size": 3, "padding": "same"}


def _functional(*layers: tuple[str, str, dict[str, Any], list[Use]], shape: tuple[int, ...] = (9, 9, 3)) -> Any:
    """A configuration as Keras 2 writes it, of layers (kind, name, options, what each use takes); the last is the output.

    A taken layer is `name`, or `name:use` for another use than the first.
    """

    def node(taken: Use) -> list[Any]:
        parts = [each.partition(":") for each in taken]
        return [[name, int(use or 0), 0, {}] for name, _, use in parts]

    first = {"class_name": "InputLayer", "config": {"name": "x", "batch_input_shape": [None, *shape]}}
    others: list[dict[str, Any]] = [
        {"class_name": kind, "config": {"name": name, **options}, "inbound_nodes": [node(use) for use in uses]}
        for kind, name, options, uses in layers
    ]
    body = {"name": "net", "layers": [{**first, "inbound_nodes": []}, *others], "input_layers": [["x", 0, 0]]}
    return {"class_name": "Functional", "config": {**body, "output_layers": [[layers[-1][1], 0, 0]]}}


def _as_keras_3(config: dict[str, Any]) -> dict[str, Any]:
    """The same configuration with inbound nodes and ends as Keras 3 writes them."""
    config = copy.deepcopy(config)
    for layer in config["config"]["layers"]:
        layer["inbound_nodes"] = [{"args": [_tensors(node)], "kwargs": {}} for node in layer["inbound_nodes"]]
    for key in ("input_layers", "output_layers"):
        config["config"][key] = config["config"][key][0]
    return config


def _tensors(node: list[Any]) -> Any:
    tensors = [{"class_name": "__keras_tensor__", "config": {"keras_history": taken[:3]}} for taken in node]
    return tensors if len(tensors) > 1 else tensors[0]


SHARED = _functional(
    ("Conv2D", "once", SAME, [("x",)]),
    ("Conv2D", "shared", SAME, [("once",), ("x",)]),
    ("MaxPooling2D", "pool", {"pool_size": 2}, [("shared:1",)]),
    ("UpSampling2D", "large", {"size": 2}, [("pool",)]),
    ("ZeroPadding2D", "padded", {"padding": [[0, 1], [0, 1]]}, [("large",)]),
    ("Add", "sum", {}, [("shared", "padded")]),
    ("Flatten", "flat", {}, [("sum",)]),
    ("Dense", "dense", {"units": 4, "activation": "softmax"}, [("flat",)]),
)


def test_a_shared_layer_is_counted_once_and_multiplies_in_each_place(draw_weights: Draw) -> None:
    network = network_from_config(SHARED)

    assert [layer.name for layer in network.layers] == ["once", "shared", "dense"]
    assert network.parameters == 2 * 84 + 243 * 4 + 4
    assert [slot.positions for slot in network.slots if slot.positions] == [81, 2 * 81, 1]
    assert flops.dense_macs(network) == 3 * 81 * 81 + 243 * 4


def test_keras_3_writes_the_same_network_in_another_form() -> None:
    assert network_from_config(_as_keras_3(SHARED)) == network_from_config(SHARED)


def test_layers_stand_in_the_order_in_which_they_are_listed() -> None:
    config = copy.deepcopy(SHARED)
    layers = config["config"]["layers"]
    config["config"]["layers"] = [*layers[:1], *reversed(layers[1:])]

    assert [layer.name for layer in network_from_config(config).layers] == ["dense", "shared", "once"]


def test_cropping_changes_no_logit_along_branches(draw_weights: Draw, monkeypatch: pytest.MonkeyPatch) -> None:
    pooled = {"pool_size": 2}
    config = _functional(
        ("Conv2D", "a", {**SAME, "activation": "swish"}, [("x",)]),
        ("Conv2D", "b", SAME, [("a",)]),
        ("MaxPooling2D", "one", pooled, [("a",)]),
        ("MaxPooling2D", "other", pooled, [("b",)]),
        ("Multiply", "product", {}, [("one", "other")]),
        ("Conv2D", "c", {**SAME, "strides": 3}, [("a",)]),
        ("Conv2D", "d", {**SAME, "strides": 3}, [("b",)]),
        ("Concatenate", "both", {}, [("c", "d")]),
        ("GlobalMaxPooling2D", "g", {}, [("both",)]),
        ("GlobalMaxPooling2D", "h", {}, [("product",)]),
        ("Concatenate", "all", {}, [("g", "h")]),
        ("Dense", "dense", {"units": 3}, [("all",)]),
    )
    cropped = network_from_config(config)
    monkeypatch.setattr(draft, "crop", lambda *told: None)
    whole, images = network_from_config(config), np.random.default_rng(2).normal(0, 1, (4, 9, 9, 3)).astype(np.float32)

    one, other = (ExactNetwork(bind(net, draw_weights(net, 1))).logits(images) for net in (cropped, whole))

    np.testing.assert_allclose(one, other, rtol=1e-12)


def test_a_residual_on_a_channels_first_image_changes_no_logit(
    draw_weights: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There the graph takes the image as it is, without a Transpose between."""
    first = {"data_format": "channels_first"}
    config = _functional(
        ("Conv2D", "a", {**SAME, **first}, [("x",)]),
        ("Add", "sum", {}, [("a", "x")]),
        ("MaxPooling2D", "pool", {"pool_size": 2, **first}, [("sum",)]),
        ("GlobalAveragePooling2D", "g", first, [("pool",)]),
        ("Dense", "dense", {"units": 3}, [("g",)]),
        shape=(3, 9, 9),
    )
    cropped = network_from_config(config)
    monkeypatch.setattr(draft, "crop", lambda *told: None)
    whole, images = network_from_config(config), np.random.default_rng(2).normal(0, 1, (4, 3, 9, 9)).astype(np.float32)

    one, other = (Engine(bind(net, draw_weights(net, 1))).logits(images) for net in (cropped, whole))

    np.testing.assert_array_equal(one, other)


def test_a_final_softmax_is_left_out_where_its_values_are_not_used_elsewhere() -> None:
    plain = _functional(("Flatten", "flat", {}, [("x",)]), ("Dense", "dense", {"units": 4}, [("flat",)]))
    ending = _functional(
        ("Flatten", "flat", {}, [("x",)]),
        ("Dense", "dense", {"units": 4}, [("flat",)]),
        ("Softmax", "softmax", {}, [("dense",)]),
    )

    assert network_from_config(ending).graph == network_from_config(plain).graph


FLAT: tuple[str, str, dict[str, Any], list[Use]] = ("Flatten", "flat", {}, [("x",)])
DENSE: tuple[str, str, dict[str, Any], list[Use]] = ("Dense", "dense", {"units": 4}, [("flat",)])


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        ([FLAT, ("Dense", "dense", {"units": 4}, [("dense",)])], "layer 'dense' takes its own output"),
        ([FLAT, ("Dense", "dense", {"units": 4}, [("nobody",)])], "takes 'nobody' .use 0., which it does not define"),
        ([FLAT, ("Dense", "dense", {"units": 4}, [("flat:1",)])], "takes 'flat' .use 1., which it does not define"),
        ([FLAT, ("Dense", "idle", {"units": 4}, [("flat",)]), DENSE], "layer 'idle' does not lead from the network's"),
        ([FLAT, ("Dense", "dense", {"units": 4}, [()])], "layer 'dense' .Dense.: it takes nothing"),
        ([FLAT, ("Dense", "dense", {"units": 4}, [("flat", "flat")])], "it takes 2 values; 1 is needed"),
        ([FLAT, ("Add", "sum", {}, [("flat", "x")])], r"values of shapes \(243,\), \(9, 9, 3\) do not fit"),
        ([FLAT, ("Concatenate", "sum", {}, [("flat", "x")])], r"shapes \(243,\), \(9, 9, 3\) cannot be put together"),
        ([FLAT, ("Subtract", "sum", {}, [("flat", "flat", "flat")])], "it takes 3 values; 2 are needed"),
        ([FLAT, ("TFOpLambda", "op", {}, [("flat",)])], "layer 'op' .TFOpLambda.: this kind of layer is not supported"),
        ([FLAT, ("Flatten", "flat", {}, [("x",)]), DENSE], "another layer has the same name"),
        (
            [
                ("Conv2D", "c", SAME, [("x",), ("c",)]),
                ("Conv2D", "d", {**SAME, "filters": 5}, [("c:1",)]),
                ("Conv2D", "e", SAME, [("x",), ("d",)]),
                ("Flatten", "flat", {}, [("e:1",)]),
                ("Flatten", "rest", {}, [("e",)]),
                ("Concatenate", "both", {}, [("flat", "rest")]),
                ("Dense", "dense", {"units": 4}, [("both",)]),
            ],
            "layer 'e' .Conv2D.: it is used in several places, on values that need weights of different shapes",
        ),
    ],
)
def test_what_hangs_together_otherwise_is_named(layers: Any, sentence: str) -> None:
    with pytest.raises(DefinitionError, match=sentence):
        network_from_config(_functional(*layers))


@pytest.mark.parametrize("key", ["input_layers", "output_layers"])
def test_several_inputs_or_outputs_are_refused(key: str) -> None:
    config = copy.deepcopy(SHARED)
    config["config"][key] = [["x", 0, 0], ["dense", 0, 0]]

    with pytest.raises(DefinitionError, match=f"{key} is .*; a network with one input and one output is needed"):
        network_from_config(config)


def test_arguments_that_are_no_tensors_are_refused() -> None:
    called, added = _as_keras_3(SHARED), _as_keras_3(SHARED)
    called["config"]["layers"][-1]["inbound_nodes"][0]["kwargs"] = {"training": True}
    added["config"]["layers"][6]["inbound_nodes"][0]["args"][0][1] = 0.5

    with pytest.raises(DefinitionError, match=r"layer 'dense' .Dense.: it is called with training = True"):
        network_from_config(called)
    with pytest.raises(DefinitionError, match=r"layer 'sum' .Add.: it takes 0.5, which is no layer's output"):
        network_from_config(added)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in inner for place in _places(each, (*path, key)))] if path or inner else []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 9) | st.floats() | st.sampled_from(["x", "sum", "relu", "same"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None)
@given(data=st.data(), keras_3=st.booleans())
def test_any_change_to_a_configuration_ends_as_a_network_or_a_definition_error(
    data: st.DataObject, keras_3: bool
) -> None:
    config = _as_keras_3(SHARED) if keras_3 else copy.deepcopy(SHARED)
    path = data.draw(st.sampled_from(_places(config)[1:]))
    holder: Any = config
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = data.draw(JSON)

    with suppress(DefinitionError):
        assert network_from_config(config).classes >= 2
