"""A service's processes as the kernel tells of them: which kind each is, and what it has spent."""

import os
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")
KINDS = {
    "grader.evaluating.torch_job": "device",
    "grader.reading.job": "reading jail",
    "grader.evaluating.job": "evaluating jail",
    "checker": "checker",
}
"""By a part of the command line."""


def parents() -> dict[int, int | None]:
    """All processes with the one that started each."""
    return {int(folder.name): parent(int(folder.name)) for folder in PROC.iterdir() if folder.name.isdigit()}


def words(process: int) -> str:
    """The command line; empty where it has ended."""
    try:
        return (PROC / str(process) / "cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def parent(process: int) -> int | None:
    """The process that started it; None where it has ended."""
    try:
        return int((PROC / str(process) / "stat").read_text().rpartition(") ")[2].split()[1])
    except OSError:
        return None


def kind(process: int) -> str:
    """What it is in a service."""
    line = words(process)
    found = next((told for word, told in KINDS.items() if word in line), None)
    return found or next((each for each in ("web", "worker") if f" {each} " in line), "supervisor")


def spent(process: int, *, with_children: bool) -> float:
    """CPU seconds of a process, and of its children that were waited for; 0 where it has ended."""
    try:
        fields = (PROC / str(process) / "stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return 0.0
    return sum(int(each) for each in fields[11 : 15 if with_children else 13]) / TICK
