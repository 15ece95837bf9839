"""`python -m grader.evaluating.torch_job DESCRIPTOR DEVICE`: evaluations by torch, one after the other, in one process a device.

It is given bound graphs and images by descriptor, and neither labels nor a student's file. It runs outside the jail, since
a GPU's driver needs files and threads. It ends with whoever started it.
"""

import json
import os
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from safetensors import numpy as safetensors

from grader.airlock.protocol import receive, send
from grader.errors import GraderFault, Refusal
from grader.evaluating import alone
from grader.evaluating.deciding import evaluate
from grader.evaluating.images import images_behind
from grader.evaluating.torch_engine import Engine, prepare
from grader.facts import AnyArray

HEAD = "head"
BATCH_FACTOR = 64
"""A GPU is idle with the few images at a time that suit a processor's cache."""


def run(
    arguments: Mapping[str, Any], inputs: Sequence[int], device: str, engine_name: str
) -> tuple[dict[str, Any], dict[str, AnyArray]]:
    """The class of every image, int32, as `grader.evaluating.job` answers it."""
    begun = time.perf_counter()
    model = os.pread(inputs[0], os.fstat(inputs[0]).st_size, 0)
    images, engine = images_behind(inputs[1], arguments), Engine(model, device)
    if arguments.get("alone"):
        alone.check(engine, images)
    batch = int(arguments["batch"]) * (1 if device == "cpu" else BATCH_FACTOR)
    outcome = evaluate(engine, model, images, batch, int(arguments["classes"]))
    head = {"engine": engine_name, "rechecked": outcome.rechecked, "exact_seconds": outcome.exact_seconds}
    return head | {"seconds": time.perf_counter() - begun}, {"classes": outcome.classes}


def main() -> None:
    """Answers requests until the other side is gone."""
    control, device = socket.socket(fileno=int(sys.argv[1])), sys.argv[2]
    try:
        name = prepare(device)
    except GraderFault as fault:
        send(control, "fault", {"text": str(fault)})
        return
    send(control, "ready", {"engine": name})
    while True:
        packet, files = receive(control)
        if packet is None:
            return
        try:
            _answer(control, packet.content, files, device, name)
        finally:
            for file in files:
                os.close(file)


def _answer(control: socket.socket, arguments: Mapping[str, Any], files: Sequence[int], device: str, name: str) -> None:
    try:
        head, arrays = run(arguments, files[:-1], device, name)
    except Refusal as refusal:
        send(control, "refused", {"findings": [asdict(finding) for finding in refusal.findings]})
    except Exception as error:  # of whatever library: the owner decides what becomes of the grading
        send(control, "fault", {"text": f"{type(error).__name__}: {error}"[:500]})
    else:
        os.write(files[-1], safetensors.save(arrays, {HEAD: json.dumps(head)}))
        send(control, "done", {})


if __name__ == "__main__":
    main()
