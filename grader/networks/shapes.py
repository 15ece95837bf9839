"""Output sizes and padding of windows that slide over an image, as TensorFlow defines them.

Source: https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2.
"""

from typing import NamedTuple

Pair = tuple[int, int]


class Span(NamedTuple):
    """How a window covers one axis: the number of positions, and the padding before and after, all in elements."""

    positions: int
    before: int
    after: int


class Window(NamedTuple):
    """A sliding window over height and width. `same` pads so that positions = ceil(size / stride)."""

    size: Pair
    strides: Pair
    dilation: Pair = (1, 1)
    same: bool = False


def span(length: int, size: int, stride: int, dilation: int, *, same: bool) -> Span:
    """The cover of one axis of `length` elements. `positions` is 0 or less where the window does not fit."""
    reach = (size - 1) * dilation + 1
    if not same:
        return Span((length - reach) // stride + 1, 0, 0)
    positions = -(-length // stride)
    padding = max((positions - 1) * stride + reach - length, 0)
    return Span(positions, padding // 2, padding - padding // 2)


def cover(image: Pair, window: Window) -> tuple[Span, Span]:
    """The cover of an image's height and width by a window."""
    height, width = (
        span(image[axis], window.size[axis], window.strides[axis], window.dilation[axis], same=window.same)
        for axis in (0, 1)
    )
    return height, width


def onnx_pads(spans: tuple[Span, Span]) -> list[int]:
    """Padding in ONNX's order: top, left, bottom, right."""
    height, width = spans
    return [height.before, width.before, height.after, width.after]
