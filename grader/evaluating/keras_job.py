"""`python -m grader.evaluating.keras_job ARGUMENTS`: the evaluating job with Keras as the engine, in a process of its own.

It is given descriptors, and neither labels nor a student's file: of the bound graph, the images, the definition's
configuration as JSON, the canonical arrays as safetensors (named by their number in saving order), and one for the answer, which
is safetensors too, with the head as metadata. It runs outside the jail, since TensorFlow needs threads and files.
"""

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from safetensors import numpy as safetensors

from grader.evaluating.deciding import evaluate
from grader.evaluating.images import images_behind
from grader.evaluating.keras_model import KerasModel
from grader.facts import AnyArray
from grader.networks.keras_config import network_from_config

HEAD = "head"


def run(arguments: Mapping[str, Any], inputs: Sequence[int]) -> tuple[dict[str, Any], dict[str, AnyArray]]:
    """The class of every image, int32, as `grader.evaluating.job` answers it.

    `inputs` are descriptors of a serialized ModelProto, the images, the configuration and the arrays.
    """
    begun = time.perf_counter()
    model, config, arrays = (_content(inputs[place]) for place in (0, 2, 3))
    parsed = json.loads(config)
    network = network_from_config(parsed)
    found = safetensors.load(arrays)
    weights = {slot.name: found[str(place)] for place, slot in enumerate(network.slots)}
    images = images_behind(inputs[1], arguments)
    images.require_whole()  # TensorFlow takes seconds to load
    engine = KerasModel(parsed, network.layers, weights)
    outcome = evaluate(engine, model, images, int(arguments["batch"]), int(arguments["classes"]))
    head = {"engine": engine.name, "rechecked": outcome.rechecked, "exact_seconds": outcome.exact_seconds}
    return head | {"seconds": time.perf_counter() - begun}, {"classes": outcome.classes}


def main() -> None:
    """Answers the request in the first argument: {"arguments": ..., "inputs": [...], "answer": descriptor}."""
    request = json.loads(sys.argv[1])
    head, arrays = run(request["arguments"], request["inputs"])
    with os.fdopen(request["answer"], "wb") as answer:
        answer.write(safetensors.save(arrays, {HEAD: json.dumps(head)}))


def _content(file: int) -> bytes:
    return os.pread(file, os.fstat(file).st_size, 0)


if __name__ == "__main__":
    main()
