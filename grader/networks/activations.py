"""Keras' activation functions as ONNX operators.

hard_sigmoid is left out: Keras 2 and Keras 3 give it different slopes.
"""

from collections.abc import Callable

from grader.networks.draft import Draft

SELU_ALPHA = 1.6732632423543772  # Klambauer et al. 2017, arXiv 1706.02515, as Keras rounds them
SELU_GAMMA = 1.0507009873554805
LEAKY_SLOPE = 0.2  # what the name "leaky_relu" means in Keras 3; the layer LeakyReLU has its own


def rectify(draft: Draft, *, ceiling: float | None = None, slope: float = 0.0, threshold: float = 0.0) -> None:
    """Draw Keras' ReLU: min(x, ceiling) above the threshold, slope * (x - threshold) elsewhere."""
    if threshold == 0.0 and ceiling is not None and slope == 0.0:
        draft.add("Clip", draft.constant(0.0), draft.constant(ceiling))
        return
    if threshold != 0.0:
        _rectify_above(draft, slope, threshold)
    elif slope != 0.0:
        draft.add("LeakyRelu", alpha=slope)
    else:
        draft.add("Relu")
    if ceiling is not None:
        draft.add("Min", draft.constant(ceiling))


def _rectify_above(draft: Draft, slope: float, threshold: float) -> None:
    limit = draft.constant(threshold)
    value = draft.tensor
    above = draft.branch("Greater", value, limit)
    if slope == 0.0:
        below = draft.constant(0.0)
    else:
        below = draft.branch("Mul", draft.branch("Sub", value, limit), draft.constant(slope))
    draft.tensor = draft.branch("Where", above, value, below)


def _swish(draft: Draft) -> None:
    value = draft.tensor
    draft.tensor = draft.branch("Mul", value, draft.branch("Sigmoid", value))


def _linear(draft: Draft) -> None:
    """Leave the tensor as it is."""


ACTIVATIONS: dict[str, Callable[[Draft], object]] = {
    "elu": lambda draft: draft.add("Elu", alpha=1.0),
    "leaky_relu": lambda draft: rectify(draft, slope=LEAKY_SLOPE),
    "linear": _linear,
    "relu": rectify,
    "relu6": lambda draft: rectify(draft, ceiling=6.0),
    "selu": lambda draft: draft.add("Selu", alpha=SELU_ALPHA, gamma=SELU_GAMMA),
    "sigmoid": lambda draft: draft.add("Sigmoid"),
    "silu": _swish,
    "softmax": lambda draft: draft.add("Softmax", axis=draft.channel_axis),
    "softplus": lambda draft: draft.add("Softplus"),
    "swish": _swish,
    "tanh": lambda draft: draft.add("Tanh"),
}
