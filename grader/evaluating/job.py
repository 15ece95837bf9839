"""The evaluating job: a bound graph and images go in, one class for each image comes out. It runs in the jail.

There is no cap of its own for the float64 pass: the job's limit on processor time holds for both passes, and is set by
the network's multiply-accumulates for all images.
"""

import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper

from grader.errors import GraderFault
from grader.evaluating import alone, timing
from grader.evaluating.deciding import evaluate
from grader.evaluating.images import images_behind
from grader.evaluating.onnx_runtime import ENGINE, Engine
from grader.evaluating.tasks import TIME
from grader.facts import AnyArray
from grader.networks.graph import IMAGES, IR_VERSION, OPSET

WARM_SHAPE = (2, 4, 4, 1)
WARM_NODES: tuple[tuple[str, list[str], str, dict[str, list[int]]], ...] = (
    ("Transpose", [IMAGES], "first", {"perm": [0, 3, 1, 2]}),
    ("Conv", ["first", "kernel"], "convolved", {"pads": [1, 1, 1, 1]}),
    ("MaxPool", ["convolved"], "pooled", {"kernel_shape": [4, 4]}),
    ("Flatten", ["pooled"], "logits", {}),
)
"""A network of two classes that are equal on every image, so that float64 decides them all."""


GIVES_WAY = 10
"""Added to its niceness: where every core evaluates, pages and checks get nine tenths of a core when they want it.

The wall time that an evaluation may take is some eighty times what it needs alone, so other work on the machine ends none.
"""


def warm() -> None:
    """Import and run all that a job runs, so that a jailed child has nothing left to load."""
    os.nice(GIVES_WAY)
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
        run(arguments | {"alone": True}, [graph, pixels])
        run(arguments | {"task": TIME, "rounds": 1, "examples": 2}, [graph, graph, pixels])
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

    `inputs` are descriptors of a serialized ModelProto and of a file of images; of two models and the images where the
    task is `time`, which `timing` describes. With `alone` the network must judge each image by itself, else Refusal is
    raised. Raises GraderFault where they misfit.
    """
    if arguments.get("task") == TIME:
        models = [os.pread(model, os.fstat(model).st_size, 0) for model in inputs[:2]]
        return timing.run(models, images_behind(inputs[2], arguments), arguments)
    begun = time.perf_counter()
    model = os.pread(inputs[0], os.fstat(inputs[0]).st_size, 0)
    images = images_behind(inputs[1], arguments)
    engine = Engine(model)
    if arguments.get("alone"):
        alone.check(engine, images)
    outcome = evaluate(engine, model, images, int(arguments["batch"]), int(arguments["classes"]))
    head = {"engine": ENGINE, "rechecked": outcome.rechecked, "exact_seconds": outcome.exact_seconds}
    return head | {"seconds": time.perf_counter() - begun}, {"classes": outcome.classes}


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
