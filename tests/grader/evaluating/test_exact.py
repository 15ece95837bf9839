from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator

from grader import limits
from grader.errors import GraderFault
from grader.evaluating.exact import ExactNetwork, decide
from grader.facts import AnyArray, Shape, Weights
from grader.networks.activations import ACTIVATIONS
from grader.networks.graph import Network, bind

Make = Callable[..., Network]
Fill = Callable[[Network, Callable[[str, Shape], AnyArray]], Weights]

SMALL: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Conv2D", {"filters": 4, "kernel_size": 3, "padding": "same"}),
    ("Conv2D", {"filters": 4, "kernel_size": (2, 3), "strides": (2, 1), "padding": "valid", "use_bias": False}),
    ("Conv2D", {"filters": 6, "kernel_size": 3, "dilation_rate": 2, "padding": "same", "groups": 3}),
    ("MaxPooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}),
    ("AveragePooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}),
    ("GlobalMaxPooling2D", {}),
    ("GlobalAveragePooling2D", {}),
    ("BatchNormalization", {"epsilon": 0.01}),
    ("ZeroPadding2D", {"padding": ((1, 2), (0, 3))}),
    ("Rescaling", {"scale": [0.5, 1.0, 2.0], "offset": 0.25}),
    ("LeakyReLU", {}),
    ("ReLU", {"max_value": 0.75}),
    ("ReLU", {"max_value": 0.75, "negative_slope": 0.1, "threshold": 0.25}),
    ("DepthwiseConv2D", {"kernel_size": 3, "depth_multiplier": 2, "padding": "same"}),
    ("SeparableConv2D", {"filters": 4, "kernel_size": 2, "strides": 2}),
    ("LayerNormalization", {}),
    ("LayerNormalization", {"axis": [1, 2, 3], "center": False}),
    ("PReLU", {}),
    ("ELU", {"alpha": 0.5}),
    ("Gelu", {"approximate": True}),
    ("Dense", {"units": 4}),
    ("Permute", {"dims": [3, 1, 2]}),
    ("Reshape", {"target_shape": [12, -1]}),
    ("UpSampling2D", {"size": [2, 3]}),
    ("UpSampling2D", {"size": [3, 2], "interpolation": "bilinear"}),
    ("Cropping2D", {"cropping": [[1, 0], [2, 1]]}),
    ("Softmax", {"axis": 1}),
    ("BatchNormalization", {"axis": 1}),
    ("MaxPooling2D", {"data_format": "channels_first"}),
    *(("Activation", {"activation": name}) for name in sorted(ACTIVATIONS)),
)
IN_FLOAT32 = ("gelu", "hard_silu", "hard_swish")
"""Activations of which onnx' evaluator computes a part, or holds a constant, in float32 only."""


def _random(name: str, shape: Shape) -> npt.NDArray[np.float64]:
    random = np.random.default_rng(len(name))
    return random.uniform(0.2, 2, shape) if "variance" in name else random.normal(0, 1, shape)


def _images(count: int) -> npt.NDArray[np.float32]:
    return np.random.default_rng(1).normal(0, 1, (count, 6, 6, 3)).astype(np.float32)


def _reference(model: bytes, images: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """The logits that onnx's own evaluator gives where every float32 tensor became float64."""
    parsed = onnx.load_model_from_string(model)
    for tensor in parsed.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT:
            wide = numpy_helper.to_array(tensor).astype(np.float64)
            tensor.CopyFrom(numpy_helper.from_array(wide, tensor.name))
    for value in (*parsed.graph.input, *parsed.graph.output):
        value.type.tensor_type.elem_type = onnx.TensorProto.DOUBLE
    (logits,) = ReferenceEvaluator(parsed).run(None, {"images": images.astype(np.float64)})
    return np.asarray(logits, np.float64)


@pytest.mark.parametrize("layer", SMALL, ids=lambda layer: f"{layer[0]}-{'-'.join(map(str, layer[1].values()))}")
def test_every_layer_gives_what_onnx_reference_evaluator_gives(
    layer: tuple[str, dict[str, Any]], small_network: Make, fill: Fill
) -> None:
    network = small_network(layer, ("Flatten", {}), ("Dense", {"units": 3}))
    model, images = bind(network, fill(network, _random)), _images(4)

    logits = ExactNetwork(model).logits(images)

    expected = _reference(model, images)
    tolerance = 1e-6 if layer[1].get("activation") in IN_FLOAT32 else 1e-12
    np.testing.assert_allclose(logits, expected, rtol=tolerance, atol=tolerance)


def test_a_layer_of_zeros_gives_what_onnx_reference_evaluator_gives(small_network: Make, fill: Fill) -> None:
    network = small_network(SMALL[0], SMALL[1], SMALL[0], SMALL[7], ("Flatten", {}), ("Dense", {"units": 3}))
    weights = dict(fill(network, _random))
    weights["conv2d_1/kernel"] = np.zeros_like(weights["conv2d_1/kernel"])
    model, images = bind(network, weights), _images(4)

    logits = ExactNetwork(model).logits(images)

    expected = _reference(model, images)
    np.testing.assert_allclose(logits, expected, rtol=1e-12, atol=1e-12)


def test_the_size_of_a_batch_does_not_matter(
    small_network: Make, fill: Fill, in_memory: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    network = small_network(SMALL[0], SMALL[1], SMALL[3], ("Flatten", {}), ("Dense", {"units": 3}))
    model, images = ExactNetwork(bind(network, fill(network, _random))), in_memory(_images(50))
    indices = np.arange(1, 50, 2)
    at_once = decide(model, images, indices)

    for batch_bytes, column_bytes in ((1, 1), (10_000, 2_000)):
        monkeypatch.setattr(limits, "EXACT_BATCH_BYTES", batch_bytes)
        monkeypatch.setattr(limits, "EXACT_COLUMN_BYTES", column_bytes)
        np.testing.assert_array_equal(decide(model, images, indices), at_once)


def test_equal_columns_tie_whatever_the_order_of_their_sums(
    small_network: Make, fill: Fill, in_memory: Callable[..., Any]
) -> None:
    network = small_network(("Flatten", {}), ("Dense", {"units": 7}))
    column = np.random.default_rng(3).normal(0, 1, (108, 1))
    weights = fill(network, lambda name, shape: np.tile(column, 7) if "kernel" in name else np.zeros(shape))

    classes = decide(ExactNetwork(bind(network, weights)), in_memory(_images(20)), np.arange(20))

    assert classes.tolist() == [0] * 20


def test_a_value_beyond_float32_on_the_way_leaves_no_class(
    small_network: Make, fill: Fill, in_memory: Callable[..., Any]
) -> None:
    network = small_network(("Flatten", {}), ("Dense", {"units": 4, "activation": "tanh"}), ("Dense", {"units": 2}))
    weights = fill(network, lambda name, shape: np.full(shape, 1e38 if name == "dense_1/kernel" else 0.5))
    images = in_memory(np.stack([np.full((6, 6, 3), value, np.float32) for value in (1e-3, 1.0)]))

    classes = decide(ExactNetwork(bind(network, weights)), images, np.arange(2))

    assert classes.tolist() == [0, -1]


def test_a_value_beyond_float32_counts_even_where_rectifying_hides_it(
    small_network: Make, fill: Fill, in_memory: Callable[..., Any]
) -> None:
    network = small_network(("Flatten", {}), ("Dense", {"units": 4, "activation": "relu"}), ("Dense", {"units": 2}))
    weights = fill(network, lambda name, shape: np.full(shape, -1e38 if name == "dense_1/kernel" else 0.5))

    classes = decide(ExactNetwork(bind(network, weights)), in_memory(np.ones((1, 6, 6, 3), np.float32)), np.arange(1))

    assert classes.tolist() == [-1]


def test_an_image_that_is_not_finite_has_no_class_even_before_zeros(
    small_network: Make, fill: Fill, in_memory: Callable[..., Any]
) -> None:
    network = small_network(("Flatten", {}), ("Dense", {"units": 2}))
    pixels = np.ones((2, 6, 6, 3), np.float32)
    pixels[1, 0, 0, 0] = np.inf

    model = ExactNetwork(bind(network, fill(network, lambda _, shape: np.zeros(shape))))

    assert decide(model, in_memory(pixels), np.arange(2)).tolist() == [0, -1]


def test_an_operator_outside_the_table_is_our_own_fault(small_network: Make, fill: Fill) -> None:
    network = small_network(("Flatten", {}), ("Dense", {"units": 2}))
    model = onnx.load_model_from_string(bind(network, fill(network, _random)))
    model.graph.node[0].op_type = "Loop"

    with pytest.raises(GraderFault, match="operators that float64 does not know: Loop"):
        ExactNetwork(model.SerializeToString())
