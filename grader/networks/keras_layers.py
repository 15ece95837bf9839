"""The table of supported Keras layers."""

from collections.abc import Callable, Mapping, Sequence

from grader.networks import keras_dense, keras_elementwise, keras_merging, keras_shaping, keras_windows
from grader.networks.draft import Draft, Value
from grader.networks.keras_options import Options

DrawOne = Callable[[Options, Draft, Value], Value]
Draw = Callable[[Options, Draft, Sequence[Value]], Value]


def _of_one(draw: DrawOne) -> Draw:
    """The drawing of a layer that takes one value."""

    def draw_one(options: Options, draft: Draft, values: Sequence[Value]) -> Value:
        if len(values) != 1:
            raise options.error(f"it takes {len(values)} values; 1 is needed")
        return draw(options, draft, values[0])

    return draw_one


MERGES: dict[str, Draw] = {
    "Add": keras_merging.elementwise("Add"),
    "Average": keras_merging.average,
    "Concatenate": keras_merging.concatenate,
    "Maximum": keras_merging.elementwise("Max"),
    "Minimum": keras_merging.elementwise("Min"),
    "Multiply": keras_merging.elementwise("Mul"),
    "Subtract": keras_merging.subtract,
}

LAYERS: Mapping[str, Draw] = {
    name: _of_one(draw)
    for name, draw in {
        "Activation": keras_elementwise.activation_option,
        "AveragePooling2D": keras_windows.pooling("AveragePool"),
        "BatchNormalization": keras_dense.batch_normalization,
        "Conv2D": keras_windows.conv2d,
        "Cropping2D": keras_shaping.cropping,
        "Dense": keras_dense.dense,
        "DepthwiseConv2D": keras_windows.depthwise_conv2d,
        "ELU": keras_elementwise.elu,
        "Flatten": keras_shaping.flatten,
        "Gelu": keras_elementwise.gelu_operation,
        "GlobalAveragePooling2D": keras_windows.global_pooling("GlobalAveragePool"),
        "GlobalMaxPooling2D": keras_windows.global_pooling("GlobalMaxPool"),
        "LayerNormalization": keras_dense.layer_normalization,
        "LeakyReLU": keras_elementwise.leaky_relu,
        "MaxPooling2D": keras_windows.pooling("MaxPool"),
        "PReLU": keras_elementwise.prelu,
        "Permute": keras_shaping.permute,
        "ReLU": keras_elementwise.relu,
        "Rescaling": keras_elementwise.rescaling,
        "Reshape": keras_shaping.reshape,
        "SeparableConv2D": keras_windows.separable_conv2d,
        "Softmax": keras_elementwise.softmax_layer,
        "UpSampling2D": keras_shaping.upsampling,
        "ZeroPadding2D": keras_shaping.zero_padding,
    }.items()
} | MERGES
"""Kind of layer -> what it draws. Everything that computes and stands in a configuration has to be in here."""
