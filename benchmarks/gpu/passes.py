"""What a submission costs a process with a device, step by step, and whether several of them in one pass cost less."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch.func import vmap

from benchmarks.gpu.cards import seconds
from grader.evaluating.ceiling import could_overflow
from grader.evaluating.exact import ExactNetwork, decide
from grader.evaluating.images import Images, Scaling, normalise
from grader.evaluating.rounding import magnitude
from grader.evaluating.torch_engine import Engine
from grader.evaluating.torch_operators import OPERATORS, PLACES

TOGETHER = (1, 4, 16)
STACKED_BATCHES = (256, 1024)
NEAR_TIES = 2
"""Of 2,525 images of an ordinary network, about."""


def steps(model: bytes, raw: Any, images: Images, device: str, batch: int) -> Mapping[str, float]:
    """Step -> milliseconds. The first three are for a data set, the others for each submission."""
    pixels, engine, exact = images.take(range(len(images))), Engine(model, device), ExactNetwork(model)
    extreme = np.abs(pixels).max(axis=0, keepdims=True)
    parts, size = _parts(engine, pixels, batch), magnitude(exact, extreme)
    work: Mapping[str, Callable[[], object]] = {
        "images scaled": lambda: normalise(raw, Scaling(255.0)),
        "their magnitudes": lambda: np.abs(pixels).max(axis=0, keepdims=True),
        "images moved": lambda: _parts(engine, pixels, batch),
        "graph built and weights moved": lambda: Engine(model, device),
        "logits": lambda: engine.logits_of(parts),
        "graph in float64": lambda: ExactNetwork(model),
        "size of what is rounded": lambda: magnitude(exact, extreme),
        "ceiling": lambda: could_overflow(exact, extreme),
        f"{NEAR_TIES} near ties": lambda: decide(exact, images, np.arange(NEAR_TIES), size),
    }
    return {name: 1e3 * seconds(device, each) for name, each in work.items()}


def together(model: bytes, pixels: Any, device: str, batch: int) -> Mapping[int, Mapping[str, float]]:
    """Number of submissions -> way -> milliseconds of each for its logits."""
    engines = [Engine(model, device) for _ in range(max(TOGETHER))]
    parts = _parts(engines[0], pixels, batch)
    return {count: _ways(engines[:count], parts, pixels, device) for count in TOGETHER}


def _ways(engines: Sequence[Engine], parts: Sequence[Any], pixels: Any, device: str) -> Mapping[str, float]:
    def in_turn() -> None:
        for engine in engines:
            engine.logits_of(parts)

    def side_by_side() -> None:
        threads = [threading.Thread(target=_on_a_stream, args=(each, parts, device)) for each in engines]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    ways: dict[str, Callable[[], object]] = {"one after the other": in_turn, "on streams": side_by_side}
    for batch in STACKED_BATCHES:
        ways[f"stacked, batch {batch}"] = _stacked(engines, _parts(engines[0], pixels, batch))
    return {name: 1e3 * seconds(device, each, rounds=3) / len(engines) for name, each in ways.items()}


def _on_a_stream(engine: Engine, parts: Sequence[Any], device: str) -> None:
    if device != "cuda":
        engine.logits_of(parts)
        return
    with torch.cuda.stream(torch.cuda.Stream()):
        engine.logits_of(parts)


def _stacked(engines: Sequence[Engine], parts: Sequence[Any]) -> Callable[[], object]:
    """All weights stacked, and one pass of vmap over them."""
    plan = engines[0]._plan
    fixed = {name for step in plan.steps if step.operator in PLACES for name in step.inputs[1:]}
    shared = {name: value for name, value in engines[0]._constants.items() if name in fixed}
    names = engines[0]._constants.keys() - fixed
    weights = {name: torch.stack([engine._constants[name] for engine in engines]) for name in names}

    def logits(own: Mapping[str, Any], images: Any) -> Any:
        tensors = {**shared, **own, plan.input: images}
        for step in plan.steps:
            tensors[step.output] = OPERATORS[step.operator]([tensors[name] for name in step.inputs], step.attributes)
            for name in step.spent:
                del tensors[name]
        return tensors[plan.steps[-1].output]

    every = vmap(logits, in_dims=(0, None))

    def run() -> object:
        with torch.inference_mode():
            return torch.cat([every(weights, part) for part in parts], dim=1).cpu()

    return run


def _parts(engine: Engine, pixels: Any, batch: int) -> Sequence[Any]:
    return [engine.moved(pixels[first : first + batch]) for first in range(0, len(pixels), batch)]
