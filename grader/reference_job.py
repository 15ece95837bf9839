"""The reference job: a file that holds a network in, the network without its weights out. Runs in the jail."""

import json
import os
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from grader import limits
from grader.errors import DefinitionError, Finding, Refusal
from grader.facts import AnyArray
from grader.networks.keras_config import network_from_config
from grader.networks.onnx_reference import without_weights
from grader.reading import model_config, samples
from grader.reading.signatures import HDF5

ZIP = b"PK\x03\x04"
Answer = tuple[dict[str, object], dict[str, AnyArray]]


def warm() -> None:
    """Reads a file of each kind, so that nothing is left to load once files can no longer be opened."""
    keras = next(content for arguments, content in samples.all_kinds() if arguments["format"] == "keras-h5")
    for content in (keras, json.dumps(_DENSE).encode(), b"{", small_export(), b"\x08\xff", ZIP):
        try:
            answer(content)
        except Refusal:
            continue


def run(arguments: dict[str, object], inputs: list[int]) -> Answer:
    """The key of a definition's `network` that takes it, and its content as bytes. Raises Refusal with the reason."""
    size = os.fstat(inputs[0]).st_size
    if size > limits.MAX_REFERENCE_FILE_BYTES:
        raise _unusable(f"it has {size:,} bytes; at most {limits.MAX_REFERENCE_FILE_BYTES:,} are read")
    return answer(os.pread(inputs[0], size, 0))


def answer(data: bytes) -> Answer:
    """What `run` returns, for bytes in memory."""
    if data.startswith(ZIP):
        raise _unusable(
            "this is a zip archive, as Keras writes .keras; save with model.save('model.h5'), or model.to_json()"
        )
    try:
        if data.startswith(HDF5):
            return _answer("keras_config", _configuration(model_config.read(data)))
        if data.lstrip()[:1] == b"{":
            return _answer("keras_config", _configuration(data))
        return _answer("onnx", without_weights(data).encode())
    except (DefinitionError, ValueError, RecursionError, KeyError, TypeError) as error:
        raise _unusable(str(error) or type(error).__name__) from error


def _configuration(text: bytes) -> bytes:
    """The JSON again, once a network could be built from it."""
    if len(text) > limits.MAX_REFERENCE_BYTES:
        raise ValueError(f"its configuration has {len(text):,} bytes; at most {limits.MAX_REFERENCE_BYTES:,} are taken")
    found = json.loads(text)
    network_from_config(found)
    return json.dumps(found).encode()


def _answer(key: str, content: bytes) -> Answer:
    return {"key": key}, {"content": np.frombuffer(content, np.uint8)}


def _unusable(why: str) -> Refusal:
    return Refusal(Finding("network-file", got=why[: limits.MAX_FINDING_CHARACTERS]))


_DENSE: dict[str, Any] = {
    "class_name": "Sequential",
    "config": {
        "name": "warm",
        "layers": [
            {
                "class_name": "InputLayer",
                "config": {"name": "in", "batch_input_shape": [None, 2, 2, 1], "dtype": "float32"},
            },
            {"class_name": "Flatten", "config": {"name": "flatten"}},
            {"class_name": "Dense", "config": {"name": "dense", "units": 2, "activation": "softmax", "use_bias": True}},
        ],
    },
}


def small_export() -> bytes:
    """A dense layer, as torch.onnx.export names things."""
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 1, 2, 2])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 2])
    weights = {"fc.weight": np.ones((2, 4), np.float32), "fc.bias": np.ones(2, np.float32)}
    nodes = [
        helper.make_node("Flatten", ["images"], ["flat"], axis=1),
        helper.make_node("Gemm", ["flat", *weights], ["logits"], transB=1),
    ]
    tensors = [numpy_helper.from_array(array, name) for name, array in weights.items()]
    graph = helper.make_graph(nodes, "warm", [images], [logits], tensors)
    model = onnx.helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    return bytes(model.SerializeToString())
