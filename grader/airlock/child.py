"""The life of one jailed child, from the fork to its exit."""

import json
import os
from collections.abc import Mapping, Sequence
from typing import NoReturn

import numpy as np
from safetensors.numpy import save

from grader import limits
from grader.airlock import jail, selftest
from grader.airlock.jail import Walls
from grader.airlock.protocol import FRAME, JSON, ExitStatus, Job, Request
from grader.errors import Refusal
from grader.facts import AnyArray

ALLOCATION_FAILURES = ("bad_alloc", "Failed to allocate memory", "memory allocation failed", "Cannot allocate memory")
"""What C++ libraries say when they run out of memory, in an exception of another type."""


def live(job: Job, request: Request, walls: Walls, answer: int, inputs: Sequence[int]) -> NoReturn:
    """Enters the jail, runs the job, writes its answer and exits; never returns into the zygote's code."""
    status = ExitStatus.CRASHED
    try:
        status = _live(job, request, walls, answer, inputs)
    except MemoryError:
        status = ExitStatus.NO_MEMORY
    finally:
        os._exit(status)


def _live(job: Job, request: Request, walls: Walls, answer: int, inputs: Sequence[int]) -> ExitStatus:
    folder = [] if walls.empty_folder is None else [walls.empty_folder]
    jail.keep_only([answer, *inputs, *folder])
    report = jail.enter(walls, request.limits.memory_bytes, request.limits.cpu_seconds)
    if not all(jail.is_on(report, layer) for layer in request.required):
        return ExitStatus.NO_JAIL
    try:
        head, arrays = _self_test(report, walls) if request.self_test else job.run({**request.arguments}, [*inputs])
        frame = write_frame({"kind": "answer", "head": head}, arrays)
    except Refusal as refusal:
        frame = write_frame(_refusal(refusal), {})
    except Exception as error:  # whatever a parser raises on a hostile file is told to staff, not to the zygote
        if isinstance(error, MemoryError) or any(text in str(error) for text in ALLOCATION_FAILURES):
            return ExitStatus.NO_MEMORY
        _write_all(answer, *write_frame({"kind": "crash", "text": _line(error)}, {}))
        return ExitStatus.CRASHED
    _write_all(answer, *frame)
    return ExitStatus.ANSWERED


def write_frame(head: Mapping[str, JSON], arrays: Mapping[str, AnyArray]) -> tuple[bytes, bytes]:
    """An answer's bytes, see `protocol`, up to its arrays and these; raises TypeError or ValueError for what cannot be written."""
    words = json.dumps(head, separators=(",", ":"), allow_nan=False).encode()
    blob = save({name: np.ascontiguousarray(values).reshape(values.shape) for name, values in arrays.items()})
    return FRAME.pack(len(words), len(blob)) + words, blob


def _self_test(report: dict[str, str], walls: Walls) -> tuple[dict[str, JSON], dict[str, AnyArray]]:
    threads = selftest.use_threads()
    return {"layers": report, "attacks": selftest.attack(walls.parent), "threads": threads}, {}


def _refusal(refusal: Refusal) -> dict[str, JSON]:
    findings = refusal.findings[: limits.MAX_FINDINGS]
    facts = [(finding.code, finding.where, finding.expected, finding.got) for finding in findings]
    return {"kind": "refusal", "findings": [[text[: limits.MAX_FINDING_CHARACTERS] for text in fact] for fact in facts]}


def _line(error: Exception) -> str:
    """Type, text and last line of code of an exception."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else ""
    return f"{type(error).__name__}: {error}"[: limits.MAX_CRASH_CHARACTERS] + place


def _write_all(answer: int, *parts: bytes) -> None:
    for part in parts:
        rest = memoryview(part)
        while rest:
            rest = rest[os.write(answer, rest) :]
