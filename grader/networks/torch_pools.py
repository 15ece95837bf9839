"""Pooling of a PyTorch network.

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html, AvgPool2d.html.
"""

from collections.abc import Iterator
from itertools import product
from typing import ClassVar

from grader.facts import Shape
from grader.networks.draft import Draft, Value
from grader.networks.shapes import Pair, Span, onnx_pads
from grader.networks.sizes import FixedPair, Pairs, PairsFrom0
from grader.networks.torch_layer import IMAGE, Layer, LayerError
from grader.networks.torch_windows import check_fit, padded_span


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
        if not self.ceil_mode:
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
