"""Keras layers that keep a value's shape: activations and scales."""

from collections.abc import Mapping

import numpy as np

from grader.facts import Slot
from grader.networks.activations import activate, gelu, rectify, softmax
from grader.networks.draft import Draft, Value
from grader.networks.keras_options import Options, is_size

LEAKY_LAYER_SLOPE = 0.3  # LeakyReLU's own default, in Keras 2 and 3
IMAGE_TO_CHANNELS_FIRST = (2, 0, 1)


def activation_option(options: Options, draft: Draft, value: Value) -> Value:
    """A value after the option `activation`: a name, or a layer without weights in its place."""
    given = options.take("activation")
    if isinstance(given, Mapping):
        kind, config = given.get("class_name"), given.get("config")
        if kind in NESTED and isinstance(config, Mapping):
            inner = Options(str(kind), {"name": options.name, **config}, options.keras)
            value = NESTED[str(kind)](inner, draft, value)
            inner.finish()
            return value
        given = config if isinstance(config, str) else kind
    name = "linear" if given is None else given
    if not isinstance(name, str):
        raise options.error(f"activation {name!r} is not supported; a name is needed")
    return activate(options, draft, value, name)


def softmax_layer(options: Options, draft: Draft, value: Value) -> Value:
    """Softmax along the option `axis`."""
    return softmax(draft, value, options.axis(len(value.shape)))


def relu(options: Options, draft: Draft, value: Value) -> Value:
    """The layer ReLU with its ceiling, slope and threshold."""
    slope, threshold = options.number_or_none("negative_slope") or 0.0, options.number_or_none("threshold") or 0.0
    return rectify(draft, value, ceiling=options.number_or_none("max_value"), slope=slope, threshold=threshold)


def leaky_relu(options: Options, draft: Draft, value: Value) -> Value:
    """The layer LeakyReLU."""
    slope = options.number_or_none("negative_slope", "alpha")
    return rectify(draft, value, slope=LEAKY_LAYER_SLOPE if slope is None else slope)


def elu(options: Options, draft: Draft, value: Value) -> Value:
    """The layer ELU."""
    return draft.through(value, "Elu", alpha=options.number("alpha", 1.0))


def gelu_operation(options: Options, draft: Draft, value: Value) -> Value:
    """The operation `keras.ops.gelu` in a Functional network; the activation of that name is never approximate."""
    return gelu(draft, value, approximate=options.flag("approximate", default=True))


def prelu(options: Options, draft: Draft, value: Value) -> Value:
    """The layer PReLU: a learnt slope for each element, or shared along axes."""
    shape = list(value.shape)
    for axis in _axes(options, len(shape)):
        shape[axis - 1] = 1
    image = len(shape) == 3
    slot = Slot(f"{options.name}/alpha", tuple(shape), permutation=IMAGE_TO_CHANNELS_FIRST if image else None)
    if not draft.own(options.name, "p_re_lu", [slot]):
        raise options.error(f"it is used on values of different shapes, once on {value.shape}")
    return draft.through(draft.turned(value) if image else value, "PRelu", slot.name)


def _axes(options: Options, rank: int) -> list[int]:
    axes = options.take("shared_axes") or []
    if isinstance(axes, list | tuple):
        found = [axis for axis in axes if is_size(axis) and axis <= rank]
        if len(found) == len(axes):
            return found
    raise options.error(f"shared_axes is {axes!r}; axes from 1 to {rank} are needed")


def rescaling(options: Options, draft: Draft, value: Value) -> Value:
    """The value * scale + offset, with one number or one for each element of the last axis."""
    last = value.shape[-1]
    for option, default, operator in (("scale", 1.0, "Mul"), ("offset", 0.0, "Add")):
        numbers = np.asarray(options.numbers(option, default))
        if numbers.ndim and numbers.shape != (last,):
            raise options.error(f"{option} has {numbers.size} numbers; 1 or {last} are needed")
        if numbers.ndim and value.turned:
            numbers = numbers.reshape(-1, 1, 1)
        value = draft.through(value, operator, draft.constant(numbers))
    return value


NESTED = {"ELU": elu, "LeakyReLU": leaky_relu, "ReLU": relu, "Softmax": softmax_layer}
"""Layers that may stand where an activation's name does."""
