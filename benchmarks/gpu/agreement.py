"""Whether a device decides as onnxruntime does: on networks drawn at random, on images where classes nearly tie too."""

import warnings
from typing import Any, NamedTuple

import numpy as np

from grader.evaluating.deciding import evaluate
from grader.evaluating.exact import ExactNetwork
from grader.evaluating.onnx_runtime import Engine as Onnxruntime
from grader.evaluating.torch_engine import Engine
from tests.grader.networks.test_torch_reference import graded
from tests.grader.networks.torch_models import ImagesInMemory, random_network

IMAGES = 32
HALVINGS = 26
"""After so many the two images that lie on either side of a tie differ in their last digits."""


class Agreement(NamedTuple):
    """Images of so many networks that were decided, those that float64 had to decide, and those that came out otherwise."""

    networks: int
    images: int
    rechecked: int
    apart: int


def of_random_networks(device: str, networks: int) -> Agreement:
    """The comparison over so many random networks."""
    found = Agreement(0, 0, 0, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's, of uneven padding
        for seed in range(networks):
            network, model = graded(random_network(seed))
            images = ImagesInMemory(_images(seed, ExactNetwork(model), network.input_shape))
            by_device = evaluate(Engine(model, device), model, images, len(images), network.classes)
            usual = evaluate(Onnxruntime(model), model, images, 16, network.classes)
            apart = int((by_device.classes != usual.classes).sum())
            if apart:
                print(f"network {seed}: {apart} images have another class")
            new = Agreement(1, len(images), by_device.rechecked, apart)
            found = Agreement(*(sum(pair) for pair in zip(found, new, strict=True)))
    return found


def _images(seed: int, network: ExactNetwork, shape: tuple[int, ...]) -> Any:
    """Random images, and as many bisected, as far as float32 goes, between two that float64 gives different classes."""
    pool = np.random.default_rng(seed).normal(0.3, 1, (2 * IMAGES, *shape)).astype(np.float32)
    one, other = pool[:IMAGES].astype(np.float64), pool[IMAGES:].astype(np.float64)
    goal = network.logits(pool[:IMAGES]).argmax(axis=1)
    for _ in range(HALVINGS):
        middle = (one + other) / 2
        same = network.logits(middle.astype(np.float32)).argmax(axis=1) == goal
        one[same], other[~same] = middle[same], middle[~same]
    return np.concatenate([pool, one.astype(np.float32)])
