"""Layers of a PyTorch network that slide a window over an image: convolutions and pooling.

Output sizes as torch defines them: https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html, MaxPool2d.html.
"""

from collections.abc import Iterator
from itertools import product
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from grader.facts import Shape, Slot
from grader.limits import MAX_LAYER_SIZE
from grader.networks.draft import Draft, Value
from grader.networks.shapes import Pair, Span, onnx_pads, span
from grader.networks.sizes import ANY, SAME, FixedPair, Paddings, Pairs, PairsFrom0, Size, SizePair
from grader.networks.torch_layer import IMAGE, Layer, LayerError, Weighted

Bias = bool | Literal["any"]
DEPTHWISE: Literal["depthwise"] = "depthwise"


class Conv2d(Weighted):
    """nn.Conv2d. `groups: depthwise` is as many groups as channels come in."""

    kind = "conv2d"
    prefix = "conv"
    takes = IMAGE
    choices = ("stride", "padding", "dilation")
    channels: Size
    kernel: SizePair
    stride: Pairs = ((1, 1),)
    padding: Paddings = ((0, 0),)
    dilation: Pairs = ((1, 1),)
    groups: Annotated[int, Field(ge=1, le=MAX_LAYER_SIZE)] | Literal["depthwise"] = 1
    bias: Bias = True

    @property
    def fixed(self) -> bool:
        """Whether nothing is left open."""
        return super().fixed and self.channels.fixed and all(each.fixed for each in self.kernel) and self.bias != ANY

    def groups_of(self, channels: int) -> int:
        """In how many groups so many channels are taken."""
        return channels if self.groups == DEPTHWISE else self.groups

    @property
    def size(self) -> Pair:
        """Height and width of the kernel, where they are fixed."""
        return self.kernel[0].least, self.kernel[1].least

    def shape_after(self, shape: Shape) -> Shape:
        """One image of `channels`."""
        spans = self.spans((shape[1], shape[2]))
        return self.channels.least, spans[0].positions, spans[1].positions

    def spans(self, image: Pair) -> tuple[Span, Span]:
        """How the kernel covers an image. Raises LayerError where it does not fit."""
        (stride,), (padding,), (dilation,) = self.stride, self.padding, self.dilation
        if padding == SAME and stride != (1, 1):
            raise LayerError(f"padding is `same`, which torch takes with a stride of 1 alone, not {stride}", "padding")
        down, across = (
            padded_span(image[axis], self.size[axis], stride[axis], dilation[axis], _pads(padding, self, axis))
            for axis in (0, 1)
        )
        check_fit(image, self.size, (down, across), "kernel")
        return down, across

    def draw(self, draft: Draft, value: Value, name: str) -> Value:
        """The convolved image."""
        inputs, height, width = value.shape
        filters, groups = self.channels.least, self.groups_of(inputs)
        if inputs % groups or filters % groups:
            raise LayerError(f"{inputs} channels and {filters} filters cannot be split into {groups} groups", "groups")
        spans = self.spans((height, width))
        positions = spans[0].positions * spans[1].positions
        slots = [Slot(f"{name}.weight", (filters, inputs // groups, *self.size), positions=positions)]
        slots += [Slot(f"{name}.bias", (filters,))] if self.bias else []
        draft.own(name, self.kind, slots)
        convolved = draft.node(
            "Conv",
            value.tensor,
            *(slot.name for slot in slots),
            covers=(height, width),
            kernel_shape=self.size,
            strides=self.stride[0],
            dilations=self.dilation[0],
            pads=onnx_pads(spans),
            group=groups,
        )
        return Value(convolved, self.shape_after(value.shape))


def _pads(padding: Pair | Literal["same"], layer: Conv2d, axis: int) -> Pair:
    """Padding before and after; `same` puts what is left over at the end, as torch does."""
    if padding != SAME:
        return padding[axis], padding[axis]
    whole = (layer.size[axis] - 1) * layer.dilation[0][axis]
    return whole // 2, whole - whole // 2


def padded_span(length: int, size: int, stride: int, dilation: int, pads: Pair) -> Span:
    """The cover of one axis by a window, with padding before and after."""
    positions = span(length + sum(pads), size, stride, dilation, same=False).positions
    return Span(positions, *pads)


def check_fit(image: Pair, size: Pair, spans: tuple[Span, Span], key: str) -> None:
    """Raises LayerError where a window has no position."""
    if min(each.positions for each in spans) < 1:
        padding = f" with padding {spans[0].before}x{spans[1].before}" if spans[0].before or spans[1].before else ""
        raise LayerError(
            f"its window of {size[0]}x{size[1]} does not fit into {image[0]}x{image[1]} pixels{padding}", key
        )


class Pool(Layer):
    """A window whose values become one. `optional`: the weights decide whether it is there."""

    main = "kernel"
    takes = IMAGE
    choices = ("kernel", "stride", "padding")
    operator: ClassVar[str]
    kernel: Pairs
    stride: Pairs | None = None
    padding: PairsFrom0 = ((0, 0),)
    ceil_mode: bool = False
    optional: bool = False

    @property
    def fixed(self) -> bool:
        """Whether nothing is left open."""
        return not self.optional and max(len(self.kernel), len(self.stride or ("",)), len(self.padding)) == 1

    def variants(self) -> Iterator[Layer]:
        """The pooling with each combination of what is open; a stride that is not given is the kernel."""
        for kernel, stride, padding in product(self.kernel, self.stride or (None,), self.padding):
            options = {"kernel": (kernel,), "stride": (stride or kernel,), "padding": (padding,), "optional": False}
            yield self.with_options(options)
        if self.optional:
            yield Identity(name=self.name)

    def shape_after(self, shape: Shape) -> Shape:
        """The same channels."""
        spans = self.spans((shape[1], shape[2]))
        return shape[0], spans[0].positions, spans[1].positions

    def spans(self, image: Pair) -> tuple[Span, Span]:
        """How the window covers an image, with what `ceil_mode` adds at the end as padding. Raises LayerError."""
        (size,), (padding,) = self.kernel, self.padding
        if any(2 * padding[axis] > size[axis] for axis in (0, 1)):
            raise LayerError(f"a padding of {padding} is more than half of the window of {size}", "padding")
        down, across = (self._span(image, axis) for axis in (0, 1))
        check_fit(image, size, (down, across), "kernel")
        return down, across

    def _span(self, image: Pair, axis: int) -> Span:
        size, padding = self.kernel[0][axis], self.padding[0][axis]
        stride = (self.stride or self.kernel)[0][axis]
        plain = padded_span(image[axis], size, stride, 1, (padding, padding))
        if not self.ceil_mode or plain.positions < 1:
            return plain
        rest = (image[axis] + 2 * padding - size) % stride
        # torch leaves out a last window that would begin beyond the image and the padding before it
        if not rest or plain.positions * stride >= image[axis] + padding:
            return plain
        return Span(plain.positions + 1, padding, padding + stride - rest)

    def draw(self, draft: Draft, value: Value, name: str) -> Value:
        """The pooled image."""
        size = (value.shape[1], value.shape[2])
        pooled = draft.node(
            self.operator,
            value.tensor,
            covers=size,
            kernel_shape=self.kernel[0],
            strides=(self.stride or self.kernel)[0],
            pads=onnx_pads(self.spans(size)),
            **self.extra_attributes(),
        )
        return Value(pooled, self.shape_after(value.shape))

    def extra_attributes(self) -> dict[str, int]:
        """Attributes of the operator beside those of its window."""
        return {}


class MaxPool2d(Pool):
    """nn.MaxPool2d."""

    kind = "max_pool2d"
    operator = "MaxPool"


class AvgPool2d(Pool):
    """nn.AvgPool2d."""

    kind = "avg_pool2d"
    operator = "AveragePool"
    count_include_pad: bool = True

    def spans(self, image: Pair) -> tuple[Span, Span]:
        """How the window covers an image. Raises LayerError where a mean would count only a part of its padding."""
        spans = super().spans(image)
        if self.counts_padding and any(each.before != each.after for each in spans):
            raise LayerError("padding that is counted and a last window from ceil_mode do not go together", "ceil_mode")
        return spans

    @property
    def counts_padding(self) -> bool:
        """Whether there is padding that the mean counts."""
        return self.count_include_pad and self.padding[0] != (0, 0)

    def extra_attributes(self) -> dict[str, int]:
        """Whether padding counts."""
        return {"count_include_pad": 1} if self.counts_padding else {}


class AdaptivePool(Layer):
    """Pooling to a size that divides its input's."""

    main = "size"
    takes = IMAGE
    operator: ClassVar[str]
    size: FixedPair

    def shape_after(self, shape: Shape) -> Shape:
        """The same channels, of `size`. Raises LayerError where windows of different sizes would be needed."""
        if shape[1] % self.size[0] or shape[2] % self.size[1]:
            raise LayerError(f"its output of {self.size} does not divide its input of {shape[1:]}", "size")
        return shape[0], *self.size

    def draw(self, draft: Draft, value: Value, name: str) -> Value:
        """The pooled image."""
        after = self.shape_after(value.shape)
        if self.size == (1, 1):
            return Value(draft.node(f"Global{self.operator}", value.tensor), after)
        size = (value.shape[1], value.shape[2])
        window = (size[0] // self.size[0], size[1] // self.size[1])
        pads = [0, 0, 0, 0]
        pooled = draft.node(self.operator, value.tensor, covers=size, kernel_shape=window, strides=window, pads=pads)
        return Value(pooled, after)


class AdaptiveAvgPool2d(AdaptivePool):
    """nn.AdaptiveAvgPool2d."""

    kind = "adaptive_avg_pool2d"
    operator = "AveragePool"


class AdaptiveMaxPool2d(AdaptivePool):
    """nn.AdaptiveMaxPool2d."""

    kind = "adaptive_max_pool2d"
    operator = "MaxPool"


class Identity(Layer):
    """nn.Identity."""

    kind = "identity"
