"""The evaluating job: a bound graph and images go in, one class for each image comes out. It runs in the jail.

There is no cap of its own for the float64 pass: the job's limit on processor time holds for both passes, and is set by
the network's multiply-accumulates for all images.
"""

import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper

from grader.errors import GraderFault
from grader.evaluating import exact
from grader.evaluating.agreement import classes_of, undecided
from grader.evaluating.ceiling import could_overflow
from grader.evaluating.images import Scaling, StoredImages
from grader.evaluating.onnx_runtime import ENGINE, Engine
from grader.facts import AnyArray, FloatArray
from grader.networks.graph import IMAGES, IR_VERSION, OPSET

WARM_SHAPE = (2, 4, 4, 1)
WARM_NODES: tuple[tuple[str, list[str], str, dict[str, list[int]]], ...] = (
    ("Transpose", [IMAGES], "first", {"perm": [0, 3, 1, 2]}),
    ("Conv", ["first", "kernel"], "convolved", {"pads": [1, 1, 1, 1]}),
    ("MaxPool", ["convolved"], "pooled", {"kernel_shape": [4, 4]}),
    ("Flatten", ["pooled"], "logits", {}),
)
"""A network of two classes that are equal on every image, so that float64 decides them all."""


def warm() -> None:
    """Import and run all that a job runs, so that a jailed child has nothing left to load."""
    graph, pixels = os.memfd_create("graph"), os.memfd_create("images")
    try:
        os.write(graph, _warm_model())
        os.write(pixels, bytes(int(np.prod(WARM_SHAPE))))
        scaling = {"divide_by": 255, "mean": [0.5], "std": [0.5]}
        arguments = {
            "dtype": "uint8",
            "shape": list(WARM_SHAPE),
            "offset": 0,
            "input": scaling,
            "batch": 1,
            "classes": 2,
        }
        run(arguments, [graph, pixels])
        os.ftruncate(graph, 10)
        try:
            run(arguments, [graph, pixels])
        except GraderFault:
            return
        raise GraderFault("onnxruntime took a graph that is cut off")
    finally:
        os.close(graph)
        os.close(pixels)


def run(arguments: Mapping[str, Any], inputs: Sequence[int]) -> tuple[dict[str, Any], dict[str, AnyArray]]:
    """The class of every image, int32, -1 where its logits are not finite; and by which engine, in how many seconds.

    `inputs` are descriptors of a serialized ModelProto and of a file of images. Raises GraderFault where they misfit.
    """
    begun = time.perf_counter()
    model = os.pread(inputs[0], os.fstat(inputs[0]).st_size, 0)
    images = _images(arguments, inputs[1])
    logits, extreme = _logits(Engine(model), images, int(arguments["batch"]), int(arguments["classes"]))
    classes, open_ones = classes_of(logits), np.flatnonzero(undecided(logits))
    if could_overflow(model, extreme):
        open_ones = np.arange(len(images))
    decided = time.perf_counter()
    if len(open_ones):
        classes[open_ones] = exact.decide(exact.ExactNetwork(model), images, open_ones)
    finished = time.perf_counter()
    head = {"engine": ENGINE, "rechecked": len(open_ones), "seconds": finished - begun}
    return head | {"exact_seconds": finished - decided}, {"classes": classes}


def _images(arguments: Mapping[str, Any], file: int) -> StoredImages:
    rule = arguments["input"]
    mean, std = (None if rule.get(name) is None else tuple(rule[name]) for name in ("mean", "std"))
    scaling = Scaling(float(rule.get("divide_by", 1)), mean, std)
    return StoredImages(file, arguments["dtype"], tuple(arguments["shape"]), int(arguments["offset"]), scaling)


def _logits(engine: Engine, images: StoredImages, batch: int, classes: int) -> tuple[FloatArray, FloatArray]:
    """The logits of all images, shape (images, classes), and the largest magnitudes, shape (1, *image shape)."""
    logits: npt.NDArray[np.float32] = np.empty((len(images), classes), np.float32)
    extreme: FloatArray = np.zeros((1, *images.shape[1:]), np.float32)
    for first in range(0, len(images), batch):
        part = range(first, min(first + batch, len(images)))
        pixels = images.take(part)
        extreme = np.maximum(extreme, np.abs(pixels).max(axis=0, keepdims=True))
        answer = engine.logits(pixels)
        if answer.shape != (len(part), classes):
            raise GraderFault(f"the network gives logits of shape {answer.shape}; expected {(len(part), classes)}")
        logits[first : part.stop] = answer
    return logits, extreme


def _warm_model() -> bytes:
    nodes = []
    for kind, takes, gives, attributes in WARM_NODES:
        nodes.append(helper.make_node(kind, takes, [gives]))
        nodes[-1].attribute.extend(helper.make_attribute(name, value) for name, value in attributes.items())
    kernel = helper.make_tensor("kernel", onnx.TensorProto.FLOAT, [2, 1, 3, 3], [1.0] * 18)
    images = helper.make_tensor_value_info(IMAGES, onnx.TensorProto.FLOAT, ["samples", *WARM_SHAPE[1:]])
    logits = helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, ["samples", 2])
    graph = helper.make_graph(nodes, "warm", [images], [logits], [kernel])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    return bytes(model.SerializeToString())
