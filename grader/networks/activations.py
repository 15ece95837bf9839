"""Keras' activation functions as ONNX operators."""

from collections.abc import Callable, Mapping
from math import sqrt

from grader.networks.draft import Draft, Value
from grader.networks.keras_options import Options

SELU_ALPHA = 1.6732632423543772  # Klambauer et al. 2017, arXiv 1706.02515, as Keras rounds them
SELU_GAMMA = 1.0507009873554805
LEAKY_SLOPE = 0.2  # what the name "leaky_relu" means; the layer LeakyReLU has its own
GELU_CUBE = 0.044715  # Hendrycks and Gimpel 2016, arXiv 1606.08415
HARD_SIGMOID = {2: (0.2, 0.5), 3: (1 / 6, 0.5)}  # slope and value at 0, by Keras' version

Activation = Callable[[Draft, Value], Value]


def rectify(
    draft: Draft, value: Value, *, ceiling: float | None = None, slope: float = 0.0, threshold: float = 0.0
) -> Value:
    """Keras' ReLU: min(x, ceiling) above the threshold, slope * (x - threshold) elsewhere."""
    if threshold == 0.0 and ceiling is not None and slope == 0.0:
        return draft.through(value, "Clip", draft.constant(0.0), draft.constant(ceiling))
    if threshold != 0.0:
        value = _rectify_above(draft, value, slope, threshold)
    elif slope != 0.0:
        value = draft.through(value, "LeakyRelu", alpha=slope)
    else:
        value = draft.through(value, "Relu")
    return value if ceiling is None else draft.through(value, "Min", draft.constant(ceiling))


def _rectify_above(draft: Draft, value: Value, slope: float, threshold: float) -> Value:
    limit = draft.constant(threshold)
    above = draft.through(value, "Greater", limit)
    if slope == 0.0:
        below = draft.constant(0.0)
    else:
        below = draft.through(draft.through(value, "Sub", limit), "Mul", draft.constant(slope)).tensor
    return draft.through(above, "Where", value.tensor, below)


def softmax(draft: Draft, value: Value, axis: int) -> Value:
    """Softmax along one of Keras' axes, the batch counted as axis 0."""
    return draft.through(value, "Softmax", axis=value.graph_axis(axis))


def gelu(draft: Draft, value: Value, *, approximate: bool = False) -> Value:
    """Each number times the normal distribution's share below x; `approximate` takes a hyperbolic tangent for that."""
    if approximate:
        square = draft.through(value, "Mul", value.tensor)
        cube = draft.through(draft.through(square, "Mul", value.tensor), "Mul", draft.constant(GELU_CUBE))
        inner = draft.through(draft.through(value, "Add", cube.tensor), "Mul", draft.constant(sqrt(0.636619772367581)))
        share = draft.through(inner, "Tanh")
    else:
        share = draft.through(draft.through(value, "Mul", draft.constant(sqrt(0.5))), "Erf")
    doubled = draft.through(share, "Add", draft.constant(1.0))
    return draft.through(draft.through(value, "Mul", doubled.tensor), "Mul", draft.constant(0.5))


def _swish(draft: Draft, value: Value) -> Value:
    return draft.through(value, "Mul", draft.through(value, "Sigmoid").tensor)


def _mish(draft: Draft, value: Value) -> Value:
    share = draft.through(draft.through(value, "Softplus"), "Tanh")
    return draft.through(value, "Mul", share.tensor)


def _by(operator: str, **attributes: float) -> Activation:
    return lambda draft, value: draft.through(value, operator, **attributes)


ACTIVATIONS: Mapping[str, Activation] = {
    "elu": _by("Elu", alpha=1.0),
    "gelu": gelu,
    "hard_silu": _by("HardSwish"),
    "hard_swish": _by("HardSwish"),
    "hard_tanh": lambda draft, value: draft.through(value, "Clip", draft.constant(-1.0), draft.constant(1.0)),
    "leaky_relu": lambda draft, value: rectify(draft, value, slope=LEAKY_SLOPE),
    "linear": lambda draft, value: value,
    "mish": _mish,
    "relu": rectify,
    "relu6": lambda draft, value: rectify(draft, value, ceiling=6.0),
    "selu": _by("Selu", alpha=SELU_ALPHA, gamma=SELU_GAMMA),
    "sigmoid": _by("Sigmoid"),
    "silu": _swish,
    "softmax": lambda draft, value: softmax(draft, value, len(value.shape)),
    "softplus": _by("Softplus"),
    "softsign": _by("Softsign"),
    "swish": _swish,
    "tanh": _by("Tanh"),
}
"""What a name means in Keras 2 and in Keras 3 alike; `hard_sigmoid` is apart."""


def activate(options: Options, draft: Draft, value: Value, name: str) -> Value:
    """A value after the activation of that name."""
    if name == "hard_sigmoid":
        if options.keras not in HARD_SIGMOID:
            raise options.error("hard_sigmoid differs between Keras 2 and 3; " + HOW_TO_SAY)
        slope, middle = HARD_SIGMOID[options.keras]
        return draft.through(value, "HardSigmoid", alpha=slope, beta=middle)
    if name not in ACTIVATIONS:
        supported = ", ".join(sorted([*ACTIVATIONS, "hard_sigmoid"]))
        raise options.error(f"activation {name!r} is not supported; supported: {supported}")
    return ACTIVATIONS[name](draft, value)


HOW_TO_SAY = 'the configuration has to say which one wrote it: "keras_version": "2.15.0", or "3.0.0", beside class_name'
