"""What a student is told of an exception in their code: their own lines and nothing of the grader's or torch's."""

import sys
from collections.abc import Iterator
from types import TracebackType

from grader import limits
from grader.errors import Finding
from grader.exporting.execution import Executed
from grader.exporting.script import Script

NO_LINE = "none of your own"
LINES = 3  # of the student's own, the innermost ones
TEXT_CHARACTERS = 160
ALLOCATION = "DefaultCPUAllocator: can't allocate memory"  # torch's own MemoryError
DEVICE_WORDS = ("CUDA", "NVIDIA", "cuda", "MPS", "mps")


def finding(
    error: BaseException, script: Script, executed: Executed | None = None, code: str = "code-raised"
) -> Finding:
    """The finding that tells of an exception; `code` is that of one of no special kind."""
    where, line = _place(error, script)
    if isinstance(error, ImportError) and error.name:
        return Finding("code-import", where, line, error.name)
    if isinstance(error, NameError) and error.name:
        if executed is not None and error.name in executed.failed:
            return Finding("code-failed-name", where, told(executed.failed[error.name]), error.name)
        if error.name in script.left_out:
            return Finding("code-left-out", where, script.left_out[error.name], error.name)
    got = told(error)
    if isinstance(error, MemoryError) or ALLOCATION in got:
        return Finding("code-memory", where, line, f"{limits.CODE_MEMORY_BYTES >> 30} GiB")
    if isinstance(error, OSError):
        return Finding("code-forbidden", where, line, got)
    if isinstance(error, RuntimeError | AssertionError) and any(word in got for word in DEVICE_WORDS):
        return Finding("code-device", where, line, got)
    return Finding(code, where, line, got)


def told(error: BaseException) -> str:
    """Type and first line of an exception, without the folders of this machine."""
    try:
        text = str(error).strip().partition("\n")[0]
    except BaseException:  # it is the student's class, and may do anything
        text = ""
    for folder in sorted({*sys.path, sys.prefix, sys.base_prefix} - {"", "/"}, key=len, reverse=True):
        text = text.replace(folder, "...")
    text = text[:TEXT_CHARACTERS]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _place(error: BaseException, script: Script) -> tuple[str, str]:
    """The student's last lines on the way to an exception, and the text of the innermost."""
    frames = list(_frames(error.__traceback__, script))
    if not frames:
        return next(iter(script.lines), ""), NO_LINE
    cell, number, _ = frames[-1]
    lines = script.lines[cell]
    text = lines[number - 1].strip() if 0 < number <= len(lines) else NO_LINE
    steps = [f"line {line}" + (f" in {name}" if name else "") for _, line, name in frames[-LINES:]]
    return f"{cell}, {', '.join(steps)}", text[:TEXT_CHARACTERS]


def _frames(trace: TracebackType | None, script: Script) -> Iterator[tuple[str, int, str]]:
    """Cell, line and function of each of the student's own frames, the outermost first."""
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename in script.lines:
            yield code.co_filename, trace.tb_lineno, "" if code.co_name == "<module>" else code.co_name
        trace = trace.tb_next
