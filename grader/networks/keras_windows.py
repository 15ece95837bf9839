"""Keras layers that slide a window over an image: convolutions and pooling."""

from collections.abc import Callable
from math import prod

from grader.facts import Slot
from grader.networks.draft import Draft, Value
from grader.networks.keras_elementwise import activation_option
from grader.networks.keras_options import Options
from grader.networks.picture import Picture, picture_of
from grader.networks.shapes import Pair, Span, Window, cover, onnx_pads

HWIO_TO_OIHW = (3, 2, 0, 1)
HWIM_TO_IMHW = (2, 3, 0, 1)  # a depthwise kernel: height, width, in, multiplier


def bias(options: Options, size: int) -> list[Slot]:
    """The slot of a bias, where the layer has one."""
    return [Slot(f"{options.name}/bias", (size,))] if options.flag("use_bias", default=True) else []


def own(options: Options, draft: Draft, kind: str, slots: list[Slot]) -> list[str]:
    """Records a layer's slots; their names. Raises where the layer is used on other shapes elsewhere."""
    if not draft.own(options.name, kind, slots):
        raise options.error("it is used in several places, on values that need weights of different shapes")
    return [slot.name for slot in slots]


def conv2d(options: Options, draft: Draft, value: Value) -> Value:
    """Conv2D, in groups or not."""
    picture = picture_of(options, draft, value)
    filters, groups = options.whole("filters"), options.whole("groups", 1)
    if picture.channels % groups or filters % groups:
        raise options.error(f"{picture.channels} channels and {filters} filters cannot be split into {groups} groups")
    window = _window(options)
    spans = _cover(options, picture, window)
    kernel = Slot(
        f"{options.name}/kernel",
        (*window.size, picture.channels // groups, filters),
        permutation=HWIO_TO_OIHW,
        positions=_positions(spans),
    )
    names = own(options, draft, "conv2d", [kernel, *bias(options, filters)])
    convolved = _convolve(draft, picture, window, spans, groups, names)
    return activation_option(options, draft, picture.value(convolved, _size(spans), filters))


def depthwise_conv2d(options: Options, draft: Draft, value: Value) -> Value:
    """DepthwiseConv2D: each channel has kernels of its own."""
    picture = picture_of(options, draft, value)
    window = _window(options)
    spans = _cover(options, picture, window)
    kernel = _depthwise(options, picture, window, spans, "kernel")
    filters = picture.channels * kernel.shape[3]
    names = own(options, draft, "depthwise_conv2d", [kernel, *bias(options, filters)])
    convolved = _convolve(draft, picture, window, spans, picture.channels, names)
    return activation_option(options, draft, picture.value(convolved, _size(spans), filters))


def separable_conv2d(options: Options, draft: Draft, value: Value) -> Value:
    """SeparableConv2D: a depthwise convolution without bias, then one of 1x1."""
    picture = picture_of(options, draft, value)
    window, filters = _window(options), options.whole("filters")
    spans = _cover(options, picture, window)
    depthwise = _depthwise(options, picture, window, spans, "depthwise_kernel")
    between = picture.channels * depthwise.shape[3]
    pointwise = Slot(
        f"{options.name}/pointwise_kernel",
        (1, 1, between, filters),
        permutation=HWIO_TO_OIHW,
        positions=_positions(spans),
    )
    names = own(options, draft, "separable_conv2d", [depthwise, pointwise, *bias(options, filters)])
    middle = picture.made(_convolve(draft, picture, window, spans, picture.channels, names[:1]), _size(spans), between)
    point = Window((1, 1), (1, 1))
    mixed = _convolve(draft, middle, point, cover(middle.size, point), 1, names[1:])
    return activation_option(options, draft, middle.value(mixed, channels=filters))


def _depthwise(options: Options, picture: Picture, window: Window, spans: tuple[Span, Span], name: str) -> Slot:
    multiplier = options.whole("depth_multiplier", 1)
    if options.take("groups", 1) not in (1, None):
        raise options.error("groups is not supported here; each channel is a group of its own")
    return Slot(
        f"{options.name}/{name}",
        (*window.size, picture.channels, multiplier),
        permutation=HWIM_TO_IMHW,
        positions=_positions(spans),
        reshaped=(picture.channels * multiplier, 1, *window.size),
    )


def pooling(operator: str) -> Callable[[Options, Draft, Value], Value]:
    """What draws MaxPooling2D or AveragePooling2D."""

    def pool(options: Options, draft: Draft, value: Value) -> Value:
        picture = picture_of(options, draft, value)
        size = options.pair("pool_size", (2, 2))
        same = options.choice("padding", "valid", "same") == "same"
        window = Window(size, options.pair("strides", size), same=same)
        spans = _cover(options, picture, window)
        pooled = draft.node(
            operator,
            picture.tensor,
            covers=picture.size,
            kernel_shape=size,
            strides=window.strides,
            pads=onnx_pads(spans),
        )
        return picture.value(pooled, _size(spans))

    return pool


def global_pooling(operator: str) -> Callable[[Options, Draft, Value], Value]:
    """What draws GlobalMaxPooling2D or GlobalAveragePooling2D."""

    def pool(options: Options, draft: Draft, value: Value) -> Value:
        picture = picture_of(options, draft, value)
        pooled = picture.value(draft.node(operator, picture.tensor), (1, 1))
        if options.flag("keepdims", default=False):
            return pooled
        return Value(draft.node("Flatten", pooled.tensor, axis=1), (picture.channels,))

    return pool


def _window(options: Options) -> Window:
    return Window(
        options.pair("kernel_size"),
        options.pair("strides", (1, 1)),
        options.pair("dilation_rate", (1, 1)),
        same=options.choice("padding", "valid", "same") == "same",
    )


def _convolve(
    draft: Draft, picture: Picture, window: Window, spans: tuple[Span, Span], groups: int, names: list[str]
) -> str:
    return draft.node(
        "Conv",
        picture.tensor,
        *names,
        covers=picture.size,
        kernel_shape=window.size,
        strides=window.strides,
        dilations=window.dilation,
        pads=onnx_pads(spans),
        group=groups,
    )


def _cover(options: Options, picture: Picture, window: Window) -> tuple[Span, Span]:
    spans = cover(picture.size, window)
    if prod(max(span.positions, 0) for span in spans) == 0:
        size, image = (f"{pair[0]}x{pair[1]}" for pair in (window.size, picture.size))
        raise options.error(f"its window of {size} does not fit into its input of {image}")
    return spans


def _size(spans: tuple[Span, Span]) -> Pair:
    return spans[0].positions, spans[1].positions


def _positions(spans: tuple[Span, Span]) -> int:
    return spans[0].positions * spans[1].positions
