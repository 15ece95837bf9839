"""A network out of an uploaded file, for a definition to name: read in the jail, and believed no further than it has to be."""

import json
from dataclasses import dataclass

import numpy as np

from grader import limits
from grader.airlock.protocol import JobLimits
from grader.errors import DefinitionError, GraderFault, Refusal
from grader.networks.graph import Network
from grader.networks.keras_config import network_from_config
from grader.networks.onnx_reference import network_from_onnx
from grader.running import Runner

JOB = "grader.reference_job"
LIMITS = JobLimits(
    cpu_seconds=limits.REFERENCE_CPU_SECONDS,
    wall_seconds=limits.READ_WALL_SECONDS,
    memory_bytes=limits.READ_MEMORY_BYTES,
    answer_bytes=limits.ANSWER_FRAME_BYTES + 2 * limits.MAX_REFERENCE_BYTES,
)


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A network without its weights: the key of `grading.network` that takes it, its content as text, and itself."""

    key: str
    content: str
    network: Network


def read(file: int, reader: Runner) -> Uploaded:
    """The network in the file behind a descriptor. Raises DefinitionError with the reason, or GraderFault."""
    try:
        answer = reader.run({}, [file], LIMITS)
    except Refusal as refusal:
        found = refusal.findings[0]
        raise DefinitionError(found.got or f"{found.code} {found.where}".strip()) from None
    key, content = answer.head.get("key"), answer.arrays.get("content")
    if content is None or content.dtype != np.uint8 or content.ndim != 1 or key not in ("keras_config", "onnx"):
        raise GraderFault("the reference job gave no network")
    try:
        text = content.tobytes().decode()
        network = network_from_config(json.loads(text)) if key == "keras_config" else network_from_onnx(text)
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        raise DefinitionError(str(error)) from None
    return Uploaded(key, text, network)
