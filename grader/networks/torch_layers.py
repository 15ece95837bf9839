"""The list of layers of a PyTorch network, as a definition writes it.

Source: https://docs.pytorch.org/docs/stable/nn.html. Options have torch's names where those are short, and its defaults.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, PlainSerializer, PlainValidator, create_model

from grader.facts import Shape, Slot, SlotRole
from grader.limits import MAX_LAYER_SIZE
from grader.networks.draft import Attribute, Draft, Value
from grader.networks.keras_shaping import BETWEEN, NEAREST
from grader.networks.sizes import ANY, FixedPair, Size
from grader.networks.torch_activations import ACTIVATION_KINDS
from grader.networks.torch_layer import FEATURES, IMAGE, Layer, LayerError, Weighted
from grader.networks.torch_pools import AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, Identity, MaxPool2d
from grader.networks.torch_windows import Bias, Conv2d

Pad = Annotated[int, Field(ge=0, le=MAX_LAYER_SIZE, strict=True)]


class Linear(Weighted):
    """nn.Linear."""

    kind = "linear"
    main = "features"
    prefix = "fc"
    takes = FEATURES
    features: Size
    bias: Bias = True

    @property
    def fixed(self) -> bool:
        """Whether nothing is left open."""
        return self.features.fixed and self.bias != ANY

    def shape_after(self, shape: Shape) -> Shape:
        """The features."""
        return (self.features.least,)

    def draw(self, draft: Draft, value: Value, name: str) -> Value:
        """The mixed features."""
        features, inputs = self.features.least, value.shape[0]
        slots = [Slot(f"{name}.weight", (features, inputs), permutation=(1, 0), positions=1)]
        slots += [Slot(f"{name}.bias", (features,))] if self.bias else []
        draft.own(name, self.kind, slots)
        return Value(draft.node("Gemm", value.tensor, *(slot.name for slot in slots)), (features,))


class BatchNorm(Weighted):
    """BatchNorm with running statistics, along the channels."""

    prefix = "bn"
    eps: Annotated[float, Field(gt=0, le=1)] = 1e-5
    affine: bool = True

    def draw(self, draft: Draft, value: Value, name: str) -> Value:
        """The normalised value."""
        shape = value.shape[:1]
        learnt = [Slot(f"{name}.{array}", shape) for array in ("weight", "bias")] if self.affine else []
        buffers = [Slot(f"{name}.{array}", shape, SlotRole.BUFFER) for array in ("running_mean", "running_var")]
        draft.own(name, self.kind, [*learnt, *buffers])
        scales = [slot.name for slot in learnt] or [draft.constant(np.ones(shape)), draft.constant(np.zeros(shape))]
        statistics = [slot.name for slot in buffers]
        return draft.through(value, "BatchNormalization", *scales, *statistics, epsilon=self.eps)


class BatchNorm2d(BatchNorm):
    """nn.BatchNorm2d."""

    kind = "batch_norm2d"
    takes = IMAGE


class BatchNorm1d(BatchNorm):
    """nn.BatchNorm1d on features."""

    kind = "batch_norm1d"
    takes = FEATURES


class ZeroPad2d(Layer):
    """nn.ZeroPad2d: one number, or left, right, top, bottom."""

    kind = "zero_pad2d"
    main = "padding"
    takes = IMAGE
    padding: Pad | tuple[Pad, Pad, Pad, Pad]

    @property
    def sides(self) -> tuple[int, int, int, int]:
        """Left, right, top, bottom."""
        pad = self.padding
        return (pad, pad, pad, pad) if isinstance(pad, int) else pad

    def shape_after(self, shape: Shape) -> Shape:
        """The larger image."""
        left, right, top, bottom = self.sides
        return shape[0], shape[1] + top + bottom, shape[2] + left + right

    def draw(self, draft: Draft, value: Value, name: str) -> Value:
        """The image with zeros around it."""
        left, right, top, bottom = self.sides
        pads = draft.constant([0, 0, top, left, 0, 0, bottom, right], np.int64)
        return Value(draft.node("Pad", value.tensor, pads), self.shape_after(value.shape))


class Upsample(Layer):
    """nn.Upsample by whole factors, with align_corners=False."""

    kind = "upsample"
    main = "scale"
    takes = IMAGE
    scale: FixedPair
    mode: Literal["nearest", "bilinear"] = "nearest"

    def shape_after(self, shape: Shape) -> Shape:
        """The larger image. Raises LayerError where it has too many pixels."""
        height, width = shape[1] * self.scale[0], shape[2] * self.scale[1]
        if height * width > MAX_LAYER_SIZE:
            raise LayerError(f"its output of {height}x{width} has more than {MAX_LAYER_SIZE:,} pixels", "scale")
        return shape[0], height, width

    def draw(self, draft: Draft, value: Value, name: str) -> Value:
        """The larger image."""
        how: Mapping[str, Attribute] = NEAREST if self.mode == "nearest" else BETWEEN
        places = draft.constant([]), draft.constant([1, 1, *self.scale])
        return Value(draft.node("Resize", value.tensor, *places, covers=None, **how), self.shape_after(value.shape))


class Flatten(Layer):
    """nn.Flatten, or x.view(len(x), -1)."""

    kind = "flatten"
    gives = FEATURES

    def shape_after(self, shape: Shape) -> Shape:
        """One row of features."""
        return (int(np.prod(shape)),)

    def draw(self, draft: Draft, value: Value, name: str) -> Value:
        """The row of features."""
        return draft.flat(value)


class Dropout(Layer):
    """nn.Dropout and nn.Dropout2d: nothing in evaluation."""

    kind = "dropout"
    main = "p"
    p: Annotated[float, Field(ge=0, le=1)] = 0.5


class Softmax(Layer):
    """nn.Softmax over the classes; only at the end, where it changes no class and is left out."""

    kind = "softmax"
    takes = FEATURES

    def draw(self, draft: Draft, value: Value, name: str) -> Value:
        """Nothing but an error: what stands at the end has been taken off."""
        raise LayerError(f"{self.kind} stands before other layers; it is supported at the end alone")


class LogSoftmax(Softmax):
    """nn.LogSoftmax, likewise."""

    kind = "log_softmax"


_KINDS: tuple[type[Layer], ...] = (
    *(Conv2d, Linear, BatchNorm2d, BatchNorm1d, MaxPool2d, AvgPool2d, AdaptiveAvgPool2d, AdaptiveMaxPool2d),
    *(ZeroPad2d, Upsample, Flatten, Identity, Dropout, Softmax, LogSoftmax),
    *ACTIVATION_KINDS,
)
KINDS: Mapping[str, type[Layer]] = {layer.kind: layer for layer in _KINDS}
"""Every kind of layer that a list may hold."""

_ITEMS = {kind: create_model(kind, **{kind: (layer, ...)}) for kind, layer in KINDS.items()}  # type: ignore[call-overload]
"""A model of one field for each kind, so that an error's path names the kind and the option."""


def _read(item: object) -> Layer:
    """A layer of a list: `relu`, `linear: 10`, or `conv2d: {channels: 16, kernel: 3}`. Raises ValueError."""
    if isinstance(item, Layer):
        return item
    given = {item: {}} if isinstance(item, str) else item
    if not isinstance(given, Mapping) or len(given) != 1:
        raise ValueError(f"{str(item)[:60]!r} is no layer; one kind with its options is, such as `linear: 10`")
    ((kind, options),) = given.items()
    if kind not in KINDS:
        raise ValueError(f"{str(kind)[:60]!r} is no supported kind of layer; supported: {', '.join(sorted(KINDS))}")
    if not isinstance(options, Mapping):
        main = KINDS[kind].main
        if options is not None and main is None:
            raise ValueError(f"{kind} takes options by name, got {str(options)[:60]!r}")
        options = {} if options is None else {main: options}
    layer: Layer = getattr(_ITEMS[kind].model_validate({kind: options}), kind)
    return layer


def _written(layer: Layer) -> dict[str, Any]:
    return {layer.kind: layer.model_dump(mode="json", by_alias=True, exclude_none=True)}


ListedLayer = Annotated[Layer, PlainValidator(_read), PlainSerializer(_written)]
"""One item of a list of layers."""
