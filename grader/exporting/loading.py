"""Puts a checkpoint's arrays into networks, strictly: every name on both sides, every shape."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
import torch
from torch import nn

from grader import limits
from grader.errors import Finding, Refusal
from grader.facts import AnyArray

COUNTER = "num_batches_tracked"  # that BatchNorm counts its batches by; a checkpoint is read without it
NEARNESS = 0.4  # of difflib: names of a few letters in common


def load(networks: Sequence[Any], checkpoints: Sequence[Mapping[str, AnyArray]]) -> None:
    """Loads one checkpoint for each network, or the one of all of them together. Raises Refusal with every difference."""
    if len(checkpoints) == 1 and len(networks) > 1:
        networks = [nn.ModuleList(networks)]
    if len(checkpoints) != len(networks):
        raise Refusal(Finding("code-checkpoints", expected=f"{len(networks)}", got=f"{len(checkpoints)}"))
    findings = [each for pair in zip(networks, checkpoints, strict=True) for each in _load(*pair)]
    if findings:
        raise Refusal(*findings[: limits.MAX_READ_FINDINGS])


def _load(network: Any, arrays: Mapping[str, AnyArray]) -> list[Finding]:
    own = {name: tensor for name, tensor in network.state_dict().items() if name.rpartition(".")[2] != COUNTER}
    findings = list(_differences({name: tuple(tensor.shape) for name, tensor in own.items()}, arrays))
    if not findings:
        tensors = {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}
        network.load_state_dict(tensors, strict=False)  # the counters are not there; all else was compared
    return findings


def _differences(own: Mapping[str, tuple[int, ...]], arrays: Mapping[str, AnyArray]) -> Iterator[Finding]:
    for name, shape in own.items():
        if name not in arrays:
            yield Finding(
                "code-missing-weight", name, f"{shape}", _nearest(name, [each for each in arrays if each not in own])
            )
        elif arrays[name].shape != shape:
            yield Finding("code-weight-shape", name, f"{shape}", f"{arrays[name].shape}")
    for name, array in arrays.items():
        if name not in own:
            nearest = _nearest(name, [each for each in own if each not in arrays])
            yield Finding("code-unexpected-weight", name, nearest, f"{array.shape}")


def _nearest(name: str, names: Sequence[str]) -> str:
    found = get_close_matches(name, names[: limits.MAX_MATCH_LAYERS], 1, NEARNESS)
    return found[0] if found else "none"
