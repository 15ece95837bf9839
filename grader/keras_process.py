"""Runs evaluations with Keras, the reference, in a fresh process; for instructors at the command line."""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from safetensors import numpy as safetensors

from grader import limits
from grader.airlock.protocol import Answer, JobLimits, Usage
from grader.competition import Definition
from grader.errors import GraderFault
from grader.evaluating.keras_job import HEAD
from grader.evaluating.keras_model import library_for
from grader.facts import AnyArray
from grader.networks.graph import unbind

JOB = "grader.evaluating.keras_job"
SOURCES = Path(__file__).resolve().parents[1]


class EngineMissing(Exception):
    """TensorFlow, or the Keras that the definition needs, is not installed, or the definition is none of Keras."""


class KerasProcess:
    """Stands in for the airlock where Keras evaluates: canonical arrays and images go in, never a student's file."""

    level = "none"

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        config = definition.grading.network.keras_config
        if config is None:
            raise EngineMissing("the engine 'tensorflow' evaluates networks that a keras_config defines, and no others")
        library = library_for(config)
        for module in ("tensorflow", library):
            if importlib.util.find_spec(module) is None:
                raise EngineMissing(
                    f"the engine 'tensorflow' needs {module}, which is not installed: pip install 'secateur[tensorflow]'"
                )

    def run(self, arguments: Mapping[str, Any], inputs: Sequence[int], job_limits: JobLimits) -> Answer:
        """The answer of `grader.evaluating.keras_job`. Of the limits that of wall time holds. Raises GraderFault."""
        graph, images = inputs
        weights = unbind(self._definition.network, os.pread(graph, os.fstat(graph).st_size, 0))
        config = json.dumps(self._definition.grading.network.keras_config).encode()
        arrays = safetensors.save({str(place): array for place, array in enumerate(weights.values())})
        with ExitStack() as stack:
            given = [stack.enter_context(_Held(content)).file for content in (config, arrays, b"")]
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            request = {"arguments": dict(arguments), "inputs": [graph, images, *given[:2]], "answer": given[2]}
            _call(request, [graph, images, *given], folder, job_limits.wall_seconds + limits.KERAS_START_SECONDS)
            return _read_answer(os.pread(given[2], job_limits.answer_bytes, 0))


class _Held:
    """Bytes behind a descriptor for the time of a `with` block."""

    def __init__(self, content: bytes) -> None:
        self.file = os.memfd_create("keras", os.MFD_CLOEXEC)
        os.write(self.file, content)

    def __enter__(self) -> "_Held":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.file)


def _call(request: Mapping[str, Any], files: Sequence[int], folder: str, seconds: float) -> None:
    """Runs the job to its end, with an environment of nothing but what quiets TensorFlow."""
    environment = {
        "CUDA_VISIBLE_DEVICES": "-1",
        "HOME": folder,
        "KERAS_BACKEND": "tensorflow",
        "KERAS_HOME": folder,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "1",  # off by default on older processors, where no channels-first convolution runs then
    }
    command = [sys.executable, "-m", JOB, json.dumps(request)]
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            command, env=environment, cwd=SOURCES, pass_fds=files, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise GraderFault(f"Keras took more than {seconds:.0f} s") from None
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit status {done.returncode}"]
        raise GraderFault(f"Keras could not evaluate the network: {lines[-1][: limits.MAX_CRASH_CHARACTERS]}")


def _read_answer(data: bytes) -> Answer:
    size = int.from_bytes(data[:8], "little")
    head = json.loads(json.loads(data[8 : 8 + size])["__metadata__"][HEAD])
    arrays: dict[str, AnyArray] = dict(safetensors.load(data))
    return Answer(head, arrays, Usage(cpu_seconds=0.0, wall_seconds=float(head["seconds"]), peak_bytes=0))
