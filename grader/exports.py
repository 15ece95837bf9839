"""What the trusted side asks of the exporting job: the network that a student's code builds, as the bytes of an .onnx.

What comes back is as hostile as the code itself. A child that dies there does so by the student's doing: that is told, and
not taken for a fault of ours.
"""

import importlib.metadata
import importlib.util
from collections.abc import Mapping, Sequence

import numpy as np

from grader import limits, messages
from grader.airlock.protocol import Answer, JobLimits
from grader.errors import Cause, ChildDied, Finding, GraderFault, Refusal
from grader.exporting import wire
from grader.facts import AnyArray, Note, Shape
from grader.memory_files import memory_file
from grader.messages.code import PROBLEMS
from grader.running import Runner
from grader.upload_rules import FileRule

TRUSTED = ("A", "none")
"""Levels at which a student's code is run: every layer of the jail, or one's own code on one's own machine."""
MISSING_TORCH = "zips with code need torch, which is not installed here: pip install 'secateur[torch]'"
NO_ANSWER = "what it gave is no graph"


def has_torch() -> bool:
    """Whether code can be run on this machine at all."""
    return importlib.util.find_spec("torch") is not None


def ready(exporter: Runner | None) -> Runner:
    """What runs code here. Raises GraderFault where nothing does, Refusal where its jail lacks a layer."""
    if exporter is None:
        raise GraderFault(MISSING_TORCH)
    level = str(exporter.level)
    if level == "C":
        return exporter  # which says itself that it runs nothing
    if level not in TRUSTED:
        raise Refusal(Finding("code-level", got=level))
    return exporter


def run(
    exporter: Runner,
    script: str,
    source: bytes,
    checkpoints: Sequence[Mapping[str, AnyArray]],
    rule: FileRule,
    shape: Shape,
) -> tuple[bytes, Note]:
    """The graph that the code builds, as bytes of an .onnx, and how it came about. Raises Refusal."""
    assert rule.code is not None  # noqa: S101 - a rule without it asks for nothing
    arguments = {"name": script.rpartition("/")[2], "entries": list(rule.code.entry), "shape": list(shape)}
    job_limits = JobLimits(
        cpu_seconds=rule.code.seconds,
        wall_seconds=rule.code.seconds * limits.CODE_WALL_FACTOR,
        memory_bytes=limits.CODE_MEMORY_BYTES,
        answer_bytes=rule.max_bytes + limits.ANSWER_FRAME_BYTES,
    )
    with memory_file(source) as code, memory_file(wire.pack(checkpoints)) as weights:
        try:
            answer = _patiently(exporter, arguments, [code, weights], job_limits)
        except ChildDied as death:
            raise Refusal(_of_death(death.cause, script, job_limits)) from None
    return _graph(answer, script), _note(answer, script)


def _patiently(
    exporter: Runner, arguments: Mapping[str, object], inputs: Sequence[int], job_limits: JobLimits
) -> Answer:
    """The job's answer; after a crash, which may be the machine's, that of a second try."""
    try:
        return _once(exporter, arguments, inputs, job_limits)
    except ChildDied as death:
        if death.cause is not Cause.CRASH:
            raise
        return _once(exporter, arguments, inputs, job_limits)


def _once(exporter: Runner, arguments: Mapping[str, object], inputs: Sequence[int], job_limits: JobLimits) -> Answer:
    """The job's answer. Raises Refusal with findings that the job may have: code that speaks in its name invents others."""
    try:
        return exporter.run(arguments, inputs, job_limits)
    except Refusal as refusal:
        known = [each for each in refusal.findings if each.code in PROBLEMS]
        if not known:
            raise ChildDied(Cause.ANSWER, "a refusal for no known reason") from None
        raise Refusal(*known) from None


def _of_death(cause: Cause, script: str, job_limits: JobLimits) -> Finding:
    too_slow = f"{job_limits.cpu_seconds:g} s of processor time, {job_limits.wall_seconds:g} s in all"
    known = {
        Cause.CPU: ("code-too-slow", too_slow),
        Cause.WALL: ("code-too-slow", too_slow),
        Cause.MEMORY: ("code-memory", f"{job_limits.memory_bytes >> 30} GiB"),
        Cause.OUTPUT: ("code-output", f"{job_limits.answer_bytes:,} bytes"),
        Cause.ANSWER: ("code-died", NO_ANSWER),
    }
    code, got = known.get(cause, ("code-died", "it crashed"))
    return Finding(code, script, got=got)


def _graph(answer: Answer, script: str) -> bytes:
    graph: AnyArray | None = answer.arrays.get("graph")
    if graph is None or graph.dtype != np.uint8 or graph.ndim != 1 or not graph.size or len(answer.arrays) != 1:
        raise Refusal(Finding("code-died", script, got=NO_ANSWER))
    return graph.tobytes()


def _note(answer: Answer, script: str) -> Note:
    """A remark about the export; how many statements were left out is the job's word."""
    dropped = answer.head.get("dropped")
    number = dropped if type(dropped) is int and 0 <= dropped <= limits.CODE_MAX_BYTES else 0
    version = importlib.metadata.version("torch").partition("+")[0]
    return messages.note("code-exported", where=script, expected=f"torch {version}", got=f"{number:,}")
