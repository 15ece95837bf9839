"""Random networks in Keras, Sequential and Functional, that together use every supported kind of layer."""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from grader.facts import FloatArray

Random = np.random.Generator
Layer = tuple[str, dict[str, Any]]

ACTIVATIONS_OF_BOTH = (
    *("elu", "gelu", "hard_sigmoid", "linear", "relu", "selu", "sigmoid", "softmax", "softplus", "softsign", "swish"),
    *("tanh", "mish"),
)
ACTIVATIONS_OF_KERAS_3 = (
    *("relu6", "leaky_relu", "silu", "hard_silu", "hard_swish", "hard_tanh"),
    *ACTIVATIONS_OF_BOTH,
)


def random_model(keras: Any, seed: int, *, channels_first: bool = False) -> Any:
    """A small model of the seed's choice, with random weights."""
    model = _Maker(keras, np.random.default_rng(seed), channels_first).model()
    return random_model(keras, seed + 10_000, channels_first=True) if channels_first and _mistaken(model) else model


def _mistaken(model: Any) -> bool:
    """Whether Keras 3 on TensorFlow adds a bias of channels along the width, as where both are equally many."""
    outputs = [layer.output.shape for layer in model.layers if "conv" in layer.name]
    return any(shape[1] == shape[-1] for shape in outputs if len(shape) == 4)


def fill(model: Any, random: Random) -> None:
    """Gives every layer random weights that keep values near 1."""
    for layer in model.layers:
        layer.set_weights([draw(weight.name, tuple(weight.shape), random) for weight in layer.weights])


def draw(name: str, shape: tuple[int, ...], random: Random) -> FloatArray:
    """A weight array: a kernel by its number of inputs, a scale near 1, a variance above 0."""
    name = name.rpartition("/")[2].partition(":")[0]
    if "variance" in name or name == "gamma":
        return random.uniform(0.3, 2.0, shape).astype(np.float32)
    if "kernel" in name:
        inputs = prod(shape[:2]) if "depthwise" in name else prod(shape[:-1])
        return random.normal(0, 1.3 / inputs**0.5, shape).astype(np.float32)
    return random.normal(0, 0.4, shape).astype(np.float32)


class _Maker:
    """One random model: what it may use, and the dice."""

    def __init__(self, keras: Any, random: Random, channels_first: bool) -> None:
        self.keras = keras
        self.is_keras_3 = not keras.__version__.startswith("2")
        self.random = random
        self.format = {"data_format": "channels_first"} if channels_first else {}
        self.axis = 1 if channels_first else -1

    def model(self) -> Any:
        size = [int(each) for each in self.random.integers(9, 20, 2)]
        shape = (3, *size) if self.format else (*size, 3)
        start = self.keras.Input(shape)
        if self.random.random() < 0.3:
            model = self.sequential(start, shape)
        else:
            model = self.functional(start)
        fill(model, self.random)
        return model

    def sequential(self, start: Any, shape: tuple[int, ...]) -> Any:
        model = self.keras.Sequential([self.keras.layers.InputLayer(shape)])
        value = start
        for _ in range(int(self.random.integers(2, 6))):
            layer = self.layer(self.pick(self.steps()), value)
            value = layer(value)
            model.add(self.again(layer))
        for layer in self.end(value):
            model.add(layer)
        return model

    def again(self, layer: Any) -> Any:
        return layer.__class__.from_config(layer.get_config())

    def functional(self, start: Any) -> Any:
        value = start
        for _ in range(int(self.random.integers(2, 6))):
            if self.random.random() < 0.45:
                value = self.pick([self.branches, self.residual, self.shared, self.gate])(value)
            else:
                value = self.layer(self.pick(self.steps()), value)(value)
        for layer in self.end(value):
            value = layer(value)
        return self.keras.Model(start, value)

    def branches(self, value: Any) -> Any:
        """Different layers side by side, put one after the other."""
        count = int(self.random.integers(2, 4))
        parts = [self.made("Conv2D", self.conv(same=True, strides=False), value) for _ in range(count)]
        return self.made("Concatenate", {"axis": self.axis}, [self.activated(part) for part in parts])

    def residual(self, value: Any) -> Any:
        kind = self.pick(["Add", "Multiply", "Subtract", "Average", "Maximum", "Minimum"])
        channels = int(value.shape[self.axis])
        options = {**self.conv(same=True, strides=False), "filters": channels, "groups": 1}
        return self.made(kind, {}, [self.made("Conv2D", options, value), value])

    def shared(self, value: Any) -> Any:
        """One convolution on the value and on what was made of it."""
        options = {**self.conv(same=True, strides=False), "filters": int(value.shape[self.axis]), "groups": 1}
        layer = self.keras.layers.Conv2D(**options)
        return self.made("Add", {}, [layer(value), layer(self.activated(value))])

    def gate(self, value: Any) -> Any:
        """Squeeze and excitation: each channel times a number from 0 to 1."""
        channels = int(value.shape[self.axis])
        gate = self.made("GlobalAveragePooling2D", self.format, value)
        gate = self.made("Dense", {"units": channels, "activation": self.pick(["sigmoid", "hard_sigmoid"])}, gate)
        shape = (channels, 1, 1) if self.format else (1, 1, channels)
        return self.made("Multiply", {}, [value, self.made("Reshape", {"target_shape": shape}, gate)])

    def activated(self, value: Any) -> Any:
        if self.is_keras_3 and self.random.random() < 0.2:
            return self.keras.ops.gelu(value, approximate=bool(self.random.random() < 0.5))
        return self.made("Activation", {"activation": self.activation()}, value)

    def activation(self) -> str:
        return str(self.pick(ACTIVATIONS_OF_KERAS_3 if self.is_keras_3 else ACTIVATIONS_OF_BOTH))

    def made(self, kind: str, options: dict[str, Any], value: Any) -> Any:
        return getattr(self.keras.layers, kind)(**options)(value)

    def layer(self, make: Callable[[], Layer], value: Any) -> Any:
        """A layer that still has something to slide over."""
        kind, options = make()
        size = [each for each in value.shape[1:] if each is not None]
        rows = size[1:] if self.format else size[:2]
        if min(rows) < 6 and kind not in ("UpSampling2D", "ZeroPadding2D", "BatchNormalization", "Activation"):
            kind, options = "Activation", {"activation": "relu"}
        if kind == "UpSampling2D" and max(rows) > 20:
            kind, options = "MaxPooling2D", dict(self.format)
        return getattr(self.keras.layers, kind)(**options)

    def pick(self, choices: Any) -> Any:
        return choices[int(self.random.integers(len(choices)))]

    def conv(self, *, same: bool = False, strides: bool = True) -> dict[str, Any]:
        size = self.pick([1, 2, 3, (3, 2), (1, 4)])
        options: dict[str, Any] = {"filters": self.pick([4, 6, 8]), "kernel_size": size, **self.format}
        options["padding"] = "same" if same else self.pick(["same", "valid"])
        options["use_bias"] = bool(self.random.random() < 0.8)
        if strides:
            options |= self.pick([{}, {}, {"strides": 2}, {"strides": (2, 1)}, {"dilation_rate": 2}])
        options["activation"] = self.activation() if self.random.random() < 0.6 else None
        return options

    def steps(self) -> list[Callable[[], Layer]]:
        square = [{}, {"strides": 2}, {"dilation_rate": (2, 2)}]
        pick, shape = self.pick, self.format
        same = {"padding": pick(["same", "valid"]), **shape}
        deep = {"depth_multiplier": pick([1, 2]), "kernel_size": pick([2, 3]), "activation": self.activation()}
        pool = {"pool_size": pick([2, 3, (3, 2)]), "strides": pick([None, 1, 2, (1, 2)]), **same}
        axes: tuple[int, ...] = (2, 3) if shape else (1, 2)
        chosen: list[Layer] = [
            ("DepthwiseConv2D", {**same, **pick(square), **deep}),
            ("SeparableConv2D", {**same, **pick(square), **deep, "filters": 5}),
            ("MaxPooling2D", pool),
            ("AveragePooling2D", pool),
            ("BatchNormalization", {"axis": self.axis, **pick([{}, {"scale": False}, {"center": False}])}),
            ("LayerNormalization", {"axis": pick([-1, [1, 2, 3]]), **pick([{}, {"scale": False}, {"center": False}])}),
            ("Activation", {"activation": self.activation()}),
            ("ReLU", pick([{}, {"max_value": 1.5}, {"negative_slope": 0.2, "threshold": 0.1}])),
            ("LeakyReLU", {}),
            ("ELU", {"alpha": 0.7}),
            ("PReLU", pick([{}, {"shared_axes": list(axes)}])),
            ("Softmax", {"axis": pick([-1, 1])}),
            ("UpSampling2D", {"size": pick([2, (1, 2)]), "interpolation": pick(["nearest", "bilinear"]), **shape}),
            ("ZeroPadding2D", {"padding": pick([1, (1, 2), ((0, 1), (2, 0))]), **shape}),
            ("Cropping2D", {"cropping": pick([1, ((0, 1), (1, 0))]), **shape}),
            ("Permute", {"dims": (1, 3, 2) if shape else (2, 1, 3)}),
            ("Rescaling", {"scale": 1.5, "offset": -0.25}),
            ("Dropout", {"rate": 0.5}),
            ("GaussianNoise", {"stddev": 0.5}),
        ]
        if not shape:
            chosen.append(("Dense", {"units": 6, "activation": self.activation()}))
        steps: list[Callable[[], Layer]] = [lambda item=item: item for item in chosen]  # type: ignore[misc] # bound now
        return [*steps, *[lambda: ("Conv2D", self.conv())] * 6]

    def end(self, value: Any) -> list[Any]:
        kinds = self.keras.layers
        final = kinds.Dense(5, activation=self.pick(["softmax", None]))
        middle = [kinds.Dense(9, activation=self.activation()), kinds.BatchNormalization()]
        if self.random.random() < 0.5:
            return [kinds.Flatten(**self.format), *middle, final]
        pooling = self.pick([kinds.GlobalAveragePooling2D, kinds.GlobalMaxPooling2D])
        return [pooling(**self.format), *middle[:1], final]
