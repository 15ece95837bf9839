"""What each supported kind of Keras layer draws. Shapes are Keras' (channels last), without batch."""

from collections.abc import Callable, Mapping, Sequence
from math import prod

import numpy as np

from grader.facts import Shape, Slot, SlotRole
from grader.networks.activations import ACTIVATIONS, rectify
from grader.networks.draft import Draft
from grader.networks.keras_options import Options, is_size
from grader.networks.shapes import Span, Window, cover, onnx_pads

HWIO_TO_OIHW = (3, 2, 0, 1)
LEAKY_LAYER_SLOPE = 0.3  # LeakyReLU's own default, in Keras 2 and 3
EPSILON = 1e-3  # BatchNormalization's default


def _conv2d(options: Options, draft: Draft) -> None:
    channels = _image(options, draft)[2]
    filters, groups = options.whole("filters"), options.whole("groups", 1)
    if channels % groups or filters % groups:
        raise options.error(f"{channels} channels and {filters} filters cannot be split into {groups} groups")
    window = Window(
        options.pair("kernel_size"),
        options.pair("strides", (1, 1)),
        options.pair("dilation_rate", (1, 1)),
        same=options.choice("padding", "valid", "same") == "same",
    )
    spans = _cover(options, draft, window)
    positions = spans[0].positions * spans[1].positions
    kernel_shape = (*window.size, channels // groups, filters)
    slots = [Slot(f"{options.name}/kernel", kernel_shape, permutation=HWIO_TO_OIHW, positions=positions)]
    slots += _bias(options, filters)
    draft.channels_first()
    names = (slot.name for slot in slots)
    draft.add("Conv", *names, **_window_attributes(window, spans), dilations=window.dilation, group=groups)
    draft.own(options.name, "conv2d", slots)
    draft.shape = (spans[0].positions, spans[1].positions, filters)
    _activate(options, draft)


def _dense(options: Options, draft: Draft) -> None:
    if len(draft.shape) != 1:
        raise options.error(f"its input has shape {draft.shape}; put Flatten or GlobalAveragePooling2D before it")
    units = options.whole("units")
    slots = [Slot(f"{options.name}/kernel", (draft.shape[0], units), positions=1), *_bias(options, units)]
    draft.add("Gemm", *(slot.name for slot in slots))
    draft.own(options.name, "dense", slots)
    draft.shape = (units,)
    _activate(options, draft)


def _bias(options: Options, size: int) -> list[Slot]:
    return [Slot(f"{options.name}/bias", (size,))] if options.flag("use_bias", default=True) else []


def _batch_normalization(options: Options, draft: Draft) -> None:
    axis, last = options.take("axis", -1), len(draft.shape)
    if axis not in (-1, last, [-1], [last]):
        raise options.error(f"axis {axis!r} is not supported; supported: -1, the channels")
    shape = (draft.shape[-1],)
    scale = Slot(f"{options.name}/gamma", shape) if options.flag("scale", default=True) else None
    shift = Slot(f"{options.name}/beta", shape) if options.flag("center", default=True) else None
    buffers = [Slot(f"{options.name}/{name}", shape, SlotRole.BUFFER) for name in ("moving_mean", "moving_variance")]
    if last == 3:
        draft.channels_first()
    inputs = [
        scale.name if scale else draft.constant(np.ones(shape)),
        shift.name if shift else draft.constant(np.zeros(shape)),
        *(slot.name for slot in buffers),
    ]
    draft.add("BatchNormalization", *inputs, epsilon=options.number("epsilon", EPSILON))
    draft.own(options.name, "batch_normalization", [slot for slot in (scale, shift) if slot] + buffers)


def _pooling(operator: str) -> Callable[[Options, Draft], None]:
    def pool(options: Options, draft: Draft) -> None:
        channels = _image(options, draft)[2]
        size = options.pair("pool_size", (2, 2))
        same = options.choice("padding", "valid", "same") == "same"
        window = Window(size, options.pair("strides", size), same=same)
        spans = _cover(options, draft, window)
        draft.channels_first()
        draft.add(operator, **_window_attributes(window, spans))
        draft.shape = (spans[0].positions, spans[1].positions, channels)

    return pool


def _global_pooling(operator: str) -> Callable[[Options, Draft], None]:
    def pool(options: Options, draft: Draft) -> None:
        channels = _image(options, draft)[2]
        draft.channels_first()
        draft.add(operator)
        draft.shape = (1, 1, channels)
        if not options.flag("keepdims", default=False):
            draft.flatten()

    return pool


def _flatten(options: Options, draft: Draft) -> None:
    options.choice("data_format", "channels_last")
    draft.flatten()


def _zero_padding(options: Options, draft: Draft) -> None:
    height, width, channels = _image(options, draft)
    (top, bottom), (left, right) = _sides(options)
    draft.channels_first()
    draft.add("Pad", draft.constant([0, 0, top, left, 0, 0, bottom, right], np.int64))
    draft.shape = (height + top + bottom, width + left + right, channels)


def _sides(options: Options) -> tuple[tuple[int, int], tuple[int, int]]:
    value = options.take("padding", 1)
    rows, columns = value if isinstance(value, list | tuple) and len(value) == 2 else (value, value)
    top, bottom = rows if isinstance(rows, list | tuple) and len(rows) == 2 else (rows, rows)
    left, right = columns if isinstance(columns, list | tuple) and len(columns) == 2 else (columns, columns)
    sides = [side for side in (top, bottom, left, right) if is_size(side, least=0)]
    if len(sides) != 4:
        raise options.error(f"padding is {value!r}; ((top, bottom), (left, right)) in whole numbers is needed")
    return (sides[0], sides[1]), (sides[2], sides[3])


def _rescaling(options: Options, draft: Draft) -> None:
    for option, default, operator in (("scale", 1.0, "Mul"), ("offset", 0.0, "Add")):
        values = np.asarray(options.numbers(option, default))
        if values.ndim and values.shape != (draft.shape[-1],):
            raise options.error(f"{option} has {values.size} numbers; 1 or {draft.shape[-1]} are needed")
        if values.ndim and draft.channel_axis == 1 and len(draft.shape) == 3:
            values = values.reshape(-1, 1, 1)
        draft.add(operator, draft.constant(values))


def _activation(options: Options, draft: Draft) -> None:
    _activate(options, draft)


def _softmax(options: Options, draft: Draft) -> None:
    axis, last = options.take("axis", -1), len(draft.shape)
    if axis not in (-1, last, [-1], [last]):
        raise options.error(f"axis {axis!r} is not supported; supported: -1, the channels")
    ACTIVATIONS["softmax"](draft)


def _relu(options: Options, draft: Draft) -> None:
    slope, threshold = options.number_or_none("negative_slope") or 0.0, options.number_or_none("threshold") or 0.0
    rectify(draft, ceiling=options.number_or_none("max_value"), slope=slope, threshold=threshold)


def _leaky_relu(options: Options, draft: Draft) -> None:
    slope = options.number_or_none("negative_slope", "alpha")
    rectify(draft, slope=LEAKY_LAYER_SLOPE if slope is None else slope)


def _activate(options: Options, draft: Draft) -> None:
    """Draw the option `activation`: a name, or a ReLU, LeakyReLU or Softmax layer in its place."""
    value = options.take("activation")
    if isinstance(value, Mapping):
        kind, config = value.get("class_name"), value.get("config")
        if kind in ("ReLU", "LeakyReLU", "Softmax") and isinstance(config, Mapping):
            inner = Options(str(kind), {"name": options.name, **config})
            LAYERS[str(kind)](inner, draft)
            inner.finish()
            return
        value = config if isinstance(config, str) else kind
    name = "linear" if value is None else value
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise options.error(f"activation {name!r} is not supported; supported: {', '.join(sorted(ACTIVATIONS))}")
    ACTIVATIONS[name](draft)


def _image(options: Options, draft: Draft) -> Shape:
    """The height, width and channels that come in. Raises where the input is no image or has channels first."""
    options.choice("data_format", "channels_last")
    if len(draft.shape) != 3:
        raise options.error(f"its input has shape {draft.shape}; an image (height, width, channels) is needed")
    return draft.shape


def _cover(options: Options, draft: Draft, window: Window) -> tuple[Span, Span]:
    height, width, _ = draft.shape
    spans = cover((height, width), window)
    if prod(max(span.positions, 0) for span in spans) == 0:
        size = f"{window.size[0]}x{window.size[1]}"
        raise options.error(f"its window of {size} does not fit into its input of {height}x{width}")
    return spans


def _window_attributes(window: Window, spans: tuple[Span, Span]) -> dict[str, Sequence[int]]:
    return {"kernel_shape": window.size, "strides": window.strides, "pads": onnx_pads(spans)}


LAYERS: Mapping[str, Callable[[Options, Draft], None]] = {
    "Activation": _activation,
    "AveragePooling2D": _pooling("AveragePool"),
    "BatchNormalization": _batch_normalization,
    "Conv2D": _conv2d,
    "Dense": _dense,
    "Flatten": _flatten,
    "GlobalAveragePooling2D": _global_pooling("GlobalAveragePool"),
    "GlobalMaxPooling2D": _global_pooling("GlobalMaxPool"),
    "LeakyReLU": _leaky_relu,
    "MaxPooling2D": _pooling("MaxPool"),
    "ReLU": _relu,
    "Rescaling": _rescaling,
    "Softmax": _softmax,
    "ZeroPadding2D": _zero_padding,
}
