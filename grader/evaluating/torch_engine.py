"""torch as an engine: the same graph, operator by operator, in float32 on a GPU; nothing is reduced to fewer bits."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from grader.errors import GraderFault
from grader.evaluating.exact import Plan, plan_of
from grader.evaluating.torch_operators import OPERATORS, PLACES, Tensor
from grader.facts import AnyArray, FloatArray


def prepare(device: str) -> str:
    """Switches off what computes with fewer bits or in another order each time; what the engine calls itself.

    Raises GraderFault where there is no such device.
    """
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = False
    torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    torch.set_flush_denormal(False)
    if device == "cpu":
        torch.set_num_threads(1)
    elif not torch.cuda.is_available():
        raise GraderFault("torch finds no CUDA device here")
    return f"torch {torch.__version__} {device} float32"


class Engine:
    """A network that is ready to run on a device. Raises GraderFault where its graph is not one of ours."""

    def __init__(self, model: bytes, device: str, dtype: Any = torch.float32) -> None:
        self._plan: Plan = plan_of(model)
        self._device, self._dtype = device, dtype
        places = {name for step in self._plan.steps if step.operator in PLACES for name in step.inputs[1:]}
        self._constants = {
            name: torch.from_numpy(np.array(value)) if name in places else self.moved(value)
            for name, value in self._plan.constants.items()
        }

    def logits(self, images: FloatArray) -> FloatArray:
        """The logits of some images: float32, shape (images, classes)."""
        return self.logits_of([self.moved(images)])

    def logits_of(self, parts: Sequence[Tensor]) -> FloatArray:
        """The logits of images that are on the device already, part by part; nothing is waited for before the last one."""
        with torch.inference_mode():
            whole = torch.cat([self._run(part) for part in parts])
            return np.asarray(whole.to("cpu").numpy(), dtype=np.float64 if self._dtype == torch.float64 else np.float32)

    def moved(self, value: AnyArray) -> Tensor:
        """Numbers on the device."""
        moved = torch.from_numpy(np.array(value))
        return moved.to(self._device, self._dtype if moved.is_floating_point() else None)

    def _run(self, images: Tensor) -> Tensor:
        tensors = {**self._constants, self._plan.input: images}
        for step in self._plan.steps:
            inputs = [tensors[name] for name in step.inputs]
            tensors[step.output] = OPERATORS[step.operator](inputs, step.attributes)
            for name in step.spent:
                del tensors[name]
        answer = tensors[self._plan.steps[-1].output]
        return answer.expand(len(images), *answer.shape[1:])
