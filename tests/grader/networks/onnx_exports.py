"""Networks of torch as ONNX files, by both of its exporters, as they are and folded."""

import io
import logging
import warnings
from functools import cache
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import torch

AS_IT_IS = {"do_constant_folding": False, "training": torch.onnx.TrainingMode.PRESERVE}
WAYS: dict[str, dict[str, Any]] = {
    "legacy": {"dynamo": False, "opset_version": 17, **AS_IT_IS},
    "legacy-folded": {"dynamo": False, "opset_version": 17},
    "dynamo": {"dynamo": True, "optimize": False},
    "dynamo-folded": {"dynamo": True},
}
"""Way of exporting -> the options of torch.onnx.export."""


@cache
def _operators_kept() -> Any:
    """Has torch's newer exporter keep what it knows how to write. It reads the source of each of 500 functions, at every export."""
    from torch.onnx._internal.exporter._registration import ONNXRegistry

    return patch.object(ONNXRegistry, "from_torchlib", staticmethod(cache(ONNXRegistry.from_torchlib)))


def exported(model: Any, shape: tuple[int, ...], way: str = "legacy", **options: Any) -> bytes:
    """What torch.onnx.export writes of a model for one image of that shape."""
    given = WAYS[way] | options
    if given["dynamo"]:
        pytest.importorskip("onnxscript")
    buffer, images = io.BytesIO(), (torch.zeros(1, *shape),)
    logging.getLogger("onnxscript").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if given["dynamo"]:
            with _operators_kept():
                program = torch.onnx.export(model.eval(), images, verbose=False, **given)
            return bytes(program.model_proto.SerializeToString())
        torch.onnx.export(model.eval(), images, buffer, **given)
    return buffer.getvalue()


def trained(model: Any, seed: int = 0) -> Any:
    """The model with weights as training leaves them: no two arrays equal, statistics as of real features."""
    random = np.random.default_rng(seed)
    for name, tensor in model.state_dict().items():
        if tensor.dtype == torch.float32:
            size = tuple(tensor.shape)
            if "var" in name:
                numbers = random.uniform(0.5, 2, size)
            elif tensor.ndim > 1:
                numbers = random.normal(0, (2 / np.prod(size[1:])) ** 0.5, size)
            else:
                numbers = random.normal(1 if name.endswith("weight") else 0, 0.2, size)
            tensor.copy_(torch.from_numpy(np.asarray(numbers, np.float32)))
    return model
