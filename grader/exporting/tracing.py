"""Networks as one ONNX graph, as torch's exporter writes it: unfused, and with the state dict's names."""

import io
import re
import warnings
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

OPSET = 17
OPERATOR = re.compile(r"operator '?(?:aten::)?(\w+)'?")


class Ensemble(nn.ModuleList):  # type: ignore[misc]
    """Several networks as one: the mean of what their softmax gives."""

    def forward(self, images: Any) -> Any:
        """The mean of the networks' shares for each class."""
        total = sum(network(images).softmax(1) for network in self)
        return total / len(self)


def trace(networks: Sequence[Any], shape: Sequence[int]) -> bytes:
    """The graph for one image of that shape (channels, height, width). Raises whatever a network or the exporter raises."""
    network = networks[0] if len(networks) == 1 else Ensemble(networks)
    network = network.float().eval().requires_grad_(False)
    buffer = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (torch.zeros(1, *shape),),
            buffer,
            dynamo=False,
            opset_version=OPSET,
            do_constant_folding=False,
            training=torch.onnx.TrainingMode.PRESERVE,
            input_names=["images"],
            output_names=["logits"],
        )
    return buffer.getvalue()


def operator_of(error: BaseException) -> str:
    """The operator that the exporter could not write, nothing where the exception is another one."""
    if not isinstance(error, torch.onnx.errors.OnnxExporterError):
        return ""
    found = OPERATOR.search(str(error))
    return found[1] if found else type(error).__name__
