"""The `network` and `limits` of a definition: which networks are taken, and how heavy they may be."""

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, ValidationError, model_serializer, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from grader import flops
from grader.checking.free import Free
from grader.errors import DefinitionError, Finding, GraderFault
from grader.limits import (
    DEFAULT_MAX_ACTIVATION_BYTES,
    DEFAULT_MAX_MACS,
    MAX_ACTIVATION_BYTES,
    MAX_LAYER_SIZE,
    MAX_MACS,
    MAX_REFERENCE_BYTES,
)
from grader.networks.activation_sizes import largest_activation
from grader.networks.graph import Network
from grader.networks.keras_config import network_from_config
from grader.networks.onnx_reference import network_from_onnx
from grader.networks.torch_layer import LayerError
from grader.networks.torch_layers import ListedLayer
from grader.networks.torch_plan import TorchPlan, plan_of
from grader.strict import Strict

WAYS = ("keras_config", "layers", "onnx", "free")
Whole = Annotated[int, Field(ge=1, le=MAX_LAYER_SIZE, strict=True)]


class NetworkRule(Strict):
    """The network that weights must fit, in one of several ways; a list of layers may leave sizes to the weights."""

    keras_config: dict[str, Any] | None = Field(
        default=None, description="The JSON of `model.to_json()`, or the name of a file that holds it."
    )
    input_shape: tuple[Whole, Whole, Whole] | None = Field(
        default=None,
        description="Of a list of layers, and of free networks: channels, height and width of an image.",
    )
    free: Literal[True] | None = Field(
        default=None, description="Any network that images of `input_shape` go into; the file holds it."
    )
    layers: tuple[ListedLayer, ...] | None = Field(
        default=None, min_length=1, description="The layers of a PyTorch network, in order."
    )
    onnx: str | None = Field(
        default=None,
        max_length=2 * MAX_REFERENCE_BYTES,
        description="The name of a file that torch.onnx.export wrote; its graph without the weights once it is read in.",
    )

    @model_validator(mode="after")
    def _is_one_way(self) -> "NetworkRule":
        given = [way for way in WAYS if getattr(self, way) is not None]
        if len(given) != 1:
            raise ValueError(f"exactly one of {', '.join(WAYS)} is needed, got {' and '.join(given) or 'none of them'}")
        if (self.layers is None and self.free is None) != (self.input_shape is None):
            raise ValueError("`input_shape` belongs to `layers` and to `free`: it is needed with them, and only then")
        return self

    @model_validator(mode="after")
    def _can_be_built(self) -> "NetworkRule":
        try:
            network = self.network
        except DefinitionError as error:
            raise ValueError(str(error)) from None
        except LayerError as error:
            raise self._at_layer(error) from None
        if network is not None and not network.parameters:
            raise ValueError("the network has no parameters; there is nothing to prune")
        return self

    @model_serializer(mode="wrap")
    def _without_what_is_not_given(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {key: value for key, value in dump(self).items() if value is not None}

    @cached_property
    def network(self) -> Network | None:
        """The one network, or None for a family and for free networks. Raises DefinitionError or LayerError the first time."""
        if self.free is not None:
            return None
        if self.plan is not None:
            return self.plan.network
        return network_from_onnx(self.onnx) if self.onnx is not None else network_from_config(self.keras_config or {})

    @cached_property
    def plan(self) -> TorchPlan | None:
        """The plan of a list of layers."""
        if self.layers is None or self.input_shape is None:
            return None
        return plan_of(self.input_shape, self.layers)

    @property
    def open(self) -> Free | None:
        """What all networks have in common where any is taken."""
        return Free(self.input_shape) if self.free is not None and self.input_shape is not None else None

    @property
    def known(self) -> Network | TorchPlan | Free:
        """What is known without weights: the network, the plan of a family, or what goes into any."""
        known = self.network or self.plan or self.open
        if known is None:
            raise GraderFault("a network without a plan")
        return known

    def _at_layer(self, error: LayerError) -> ValidationError:
        """The error as one of pydantic's, at the layer and the option that it names."""
        where: tuple[str | int, ...] = ("layers",)
        if error.place is not None and self.layers is not None:
            layer = self.layers[error.place]
            where = ("layers", error.place, layer.kind, *([error.key] if error.key else []))
        told = PydanticCustomError("value_error", "{message}", {"message": error.message})
        return ValidationError.from_exception_data(
            type(self).__name__, [InitErrorDetails(type=told, loc=where, input=None)]
        )


class LimitRule(Strict):
    """What is too heavy to evaluate, or larger than the course allows."""

    max_macs: int = Field(
        default=DEFAULT_MAX_MACS, gt=0, le=MAX_MACS, description="Multiply-accumulates for one sample."
    )
    max_activation_bytes: int = Field(
        default=DEFAULT_MAX_ACTIVATION_BYTES,
        gt=0,
        le=MAX_ACTIVATION_BYTES,
        description="The largest output of a layer for one sample, in bytes of float32.",
    )
    max_parameters: int | None = Field(default=None, gt=0, description="Weights and biases, zeros included.")

    def findings(self, network: Network) -> Iterator[Finding]:
        """What of a network is above these limits."""
        measured = (
            ("too-many-parameters", self.max_parameters, network.parameters),
            ("too-many-macs", self.max_macs, flops.dense_macs(network)),
            ("too-large-activations", self.max_activation_bytes, largest_activation(network)),
        )
        for code, limit, got in measured:
            if limit is not None and got > limit:
                yield Finding(code, expected=f"{limit:,}", got=f"{got:,}")

    def above(self, network: Network) -> str:
        """What an instructor is told of a network that is above these limits, empty where it is not."""
        told = (TOLD[each.code].format(got=each.got, expected=each.expected) for each in self.findings(network))
        return "; ".join(told)


TOLD = {
    "too-many-parameters": "the network has {got} parameters, `max_parameters` allows {expected}",
    "too-many-macs": "the network takes {got} multiply-accumulates, `max_macs` allows {expected}",
    "too-large-activations": "a layer of the network gives {got} bytes, `max_activation_bytes` allows {expected}",
}
