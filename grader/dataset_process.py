"""Makes data sets from uploads in a process of its own; the facts come back, and what is wrong with the file."""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from grader import dataset_folders, limits
from grader.dataset_errors import DatasetError
from grader.dataset_request import SOURCES, Request
from grader.datasets import Description
from grader.errors import GraderFault

JOB = "grader.dataset_job"


def make(request: Request, seconds: float) -> tuple[Description, str]:
    """The facts about the data set, which is in its place then, and what the process was jailed with.

    Raises DatasetError where the file is no data set, or takes more than it may; GraderFault where we are at fault.
    """
    environment = {"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", JOB, json.dumps(asdict(request))]
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            command, env=environment, cwd=SOURCES, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise _too_much(f"it was not read after {seconds:,.0f} s") from None
    if done.returncode < 0:
        raise _too_much(f"signal {-done.returncode}")
    told = _last_line(done.stdout)
    if told is None:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit status {done.returncode}"]
        if "MemoryError" in lines[-1]:
            raise _too_much("it ran out of memory")
        raise GraderFault(f"the data set could not be made: {lines[-1][: limits.MAX_CRASH_CHARACTERS]}")
    if "facts" not in told:
        raise DatasetError(told["where"], expected=told["expected"], got=told["got"], advice=told["advice"])
    described = dataset_folders.facts(Path(request.folder) / str(told["facts"]["digest"]))
    if not dataset_folders.is_intact(Path(request.folder) / described.digest, described):
        raise GraderFault("the data set that was made is damaged")
    return described, str(told["jail"])


def _last_line(output: bytes) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(output.strip().splitlines()[-1])
    except (IndexError, ValueError):
        return None
    return found


def _too_much(got: str) -> DatasetError:
    return DatasetError(
        "the file",
        expected=f"at most {limits.DATASET_CPU_SECONDS:,} s and {limits.DATASET_MEMORY_BYTES >> 30} GiB to read it",
        got=got,
        advice="Make the data set on your own machine with `python -m grader dataset images`, and upload the .npz.",
    )
