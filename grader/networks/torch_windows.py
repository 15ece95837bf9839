"""Convolutions of a PyTorch network, and how torch lays a window over an image.

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html.
"""

from typing import Annotated, Literal

from pydantic import Field

from grader.facts import Shape, Slot
from grader.limits import MAX_LAYER_SIZE
from grader.networks.draft import Draft, Value
from grader.networks.shapes import Pair, Span, onnx_pads, span
from grader.networks.sizes import ANY, SAME, Paddings, Pairs, Size, SizePair
from grader.networks.torch_layer import IMAGE, LayerError, Weighted

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
