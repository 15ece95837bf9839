"""Activations of a PyTorch network: how a definition lists them, and their ONNX operators.

Source: https://docs.pytorch.org/docs/stable/nn.html#non-linear-activations-weighted-sum-nonlinearity.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from grader.networks.activations import ACTIVATIONS, gelu, rectify
from grader.networks.draft import Draft, Value
from grader.networks.torch_layer import Layer, Number


class Plain(Layer):
    """A function of each number without options. Its kind is its name in the table of activations, too."""

    def draw(self, draft: Draft, value: Value, name: str) -> Value:
        """The value after the function."""
        return ACTIVATIONS[self.kind](draft, value)


class Relu(Plain):
    """nn.ReLU."""

    kind = "relu"


class Relu6(Plain):
    """nn.ReLU6."""

    kind = "relu6"


class Selu(Plain):
    """nn.SELU."""

    kind = "selu"


class Silu(Plain):
    """nn.SiLU."""

    kind = "silu"


class Mish(Plain):
    """nn.Mish."""

    kind = "mish"


class Sigmoid(Plain):
    """nn.Sigmoid."""

    kind = "sigmoid"


class Tanh(Plain):
    """nn.Tanh."""

    kind = "tanh"


class Softsign(Plain):
    """nn.Softsign."""

    kind = "softsign"


class Hardswish(Layer):
    """nn.Hardswish."""

    kind = "hardswish"

    def draw(self, draft: Draft, value: Value, name: str) -> Value:
        """The value after the function."""
        return draft.through(value, "HardSwish")


class Hardsigmoid(Layer):
    """nn.Hardsigmoid."""

    kind = "hardsigmoid"

    def draw(self, draft: Draft, value: Value, name: str) -> Value:
        """The value after the function."""
        return draft.through(value, "HardSigmoid", alpha=1 / 6, beta=0.5)


class Hardtanh(Layer):
    """nn.Hardtanh."""

    kind = "hardtanh"
    least: Number = Field(default=-1.0, alias="min")
    most: Number = Field(default=1.0, alias="max")

    @model_validator(mode="after")
    def _has_an_inside(self) -> "Hardtanh":
        if self.least >= self.most:
            raise ValueError(f"min is {self.least}, which is not below max, {self.most}")
        return self

    def draw(self, draft: Draft, value: Value, name: str) -> Value:
        """The value after the function."""
        return draft.through(value, "Clip", draft.constant(self.least), draft.constant(self.most))


class LeakyRelu(Layer):
    """nn.LeakyReLU."""

    kind = "leaky_relu"
    main = "slope"
    slope: Number = 0.01

    def draw(self, draft: Draft, value: Value, name: str) -> Value:
        """The value after the function."""
        return rectify(draft, value, slope=self.slope)


class Elu(Layer):
    """nn.ELU."""

    kind = "elu"
    main = "alpha"
    alpha: Number = 1.0

    def draw(self, draft: Draft, value: Value, name: str) -> Value:
        """The value after the function."""
        return draft.through(value, "Elu", alpha=self.alpha)


class Gelu(Layer):
    """nn.GELU, exact or by a hyperbolic tangent."""

    kind = "gelu"
    main = "approximate"
    approximate: Literal["none", "tanh"] = "none"

    def draw(self, draft: Draft, value: Value, name: str) -> Value:
        """The value after the function."""
        return gelu(draft, value, approximate=self.approximate == "tanh")


class Softplus(Layer):
    """nn.Softplus, which above its threshold is the number itself."""

    kind = "softplus"
    beta: Annotated[float, Field(gt=0, le=1e6)] = 1.0
    threshold: Number = 20.0

    def draw(self, draft: Draft, value: Value, name: str) -> Value:
        """The value after the function."""
        beta = draft.constant(self.beta)
        inner = draft.through(value, "Mul", beta)
        above = draft.through(inner, "Greater", draft.constant(self.threshold))
        below = draft.through(draft.through(inner, "Softplus"), "Mul", draft.constant(1 / self.beta))
        return draft.through(above, "Where", value.tensor, below.tensor)


ACTIVATION_KINDS: tuple[type[Layer], ...] = (
    *(Relu, Relu6, Selu, Silu, Mish, Sigmoid, Tanh, Softsign),
    *(Hardswish, Hardsigmoid, Hardtanh, LeakyRelu, Elu, Gelu, Softplus),
)
