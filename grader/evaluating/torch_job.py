"""`python -m grader.evaluating.torch_job DESCRIPTOR DEVICE`: evaluations by torch, one after the other, in one process a device.

It is given bound graphs and images by descriptor, and neither labels nor a student's file. It runs outside the jail, since
a GPU's driver needs files and threads. It ends with whoever started it.
"""

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from safetensors import numpy as safetensors

from grader import limits
from grader.airlock.protocol import receive, send
from grader.errors import GraderFault, Refusal
from grader.evaluating import alone
from grader.evaluating.deciding import Outcome, evaluate, fitting, settle
from grader.evaluating.images import StoredImages, images_behind
from grader.evaluating.torch_engine import Engine, prepare
from grader.evaluating.torch_images import Shelf
from grader.facts import AnyArray

HEAD = "head"
BATCH_FACTOR = 64
"""A GPU is idle with the few images at a time that suit a processor's cache."""


@dataclass(frozen=True, slots=True)
class Device:
    """What the process works on: a device, what its engine calls itself, and the images that are there."""

    name: str
    engine: str
    shelf: Shelf


def run(
    arguments: Mapping[str, Any], inputs: Sequence[int], device: Device
) -> tuple[dict[str, Any], dict[str, AnyArray]]:
    """The class of every image, int32, as `grader.evaluating.job` answers it."""
    begun = time.perf_counter()
    model = os.pread(inputs[0], os.fstat(inputs[0]).st_size, 0)
    images, engine = images_behind(inputs[1], arguments), Engine(model, device.name)
    if arguments.get("alone"):
        alone.check(engine, images)
    batch = int(arguments["batch"]) * (1 if device.name == "cpu" else BATCH_FACTOR)
    outcome = _evaluated(engine, model, images, batch, int(arguments["classes"]), device.shelf)
    head = {"engine": device.engine, "rechecked": outcome.rechecked, "exact_seconds": outcome.exact_seconds}
    return head | {"seconds": time.perf_counter() - begun}, {"classes": outcome.classes}


def _evaluated(engine: Engine, model: bytes, images: StoredImages, batch: int, classes: int, shelf: Shelf) -> Outcome:
    held = shelf.images(images, batch, engine.moved)
    if held is None:
        return evaluate(engine, model, images, batch, classes)
    return settle(model, images, fitting(engine.logits_of(held.parts), len(images), classes), held.extreme)


def main() -> None:
    """Answers requests until the other side is gone."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # sent to everything at once, it is for whoever started this
    control, device = socket.socket(fileno=int(sys.argv[1])), sys.argv[2]
    try:
        name = prepare(device)
    except GraderFault as fault:
        send(control, "fault", {"text": str(fault)})
        return
    there = Device(device, name, Shelf(limits.DEVICE_IMAGES_BYTES))
    send(control, "ready", {"engine": name})
    while True:
        packet, files = receive(control)
        if packet is None:
            return
        try:
            _answer(control, packet.content, files, there)
        finally:
            for file in files:
                os.close(file)


def _answer(control: socket.socket, arguments: Mapping[str, Any], files: Sequence[int], device: Device) -> None:
    try:
        head, arrays = run(arguments, files[:-1], device)
    except Refusal as refusal:
        send(control, "refused", {"findings": [asdict(finding) for finding in refusal.findings]})
    except Exception as error:  # of whatever library: the owner decides what becomes of the grading
        send(control, "fault", {"text": f"{type(error).__name__}: {error}"[:500]})
    else:
        os.write(files[-1], safetensors.save(arrays, {HEAD: json.dumps(head)}))
        send(control, "done", {})


if __name__ == "__main__":
    main()
