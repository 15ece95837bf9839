"""The code jail itself: what it is worth, and that nothing of a student is left for the next one."""

import os
import signal
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from grader import exports
from grader.airlock.on_demand import OnDemand
from grader.airlock.protocol import JobLimits
from grader.airlock.runner import Airlock
from grader.errors import ChildDied, Refusal
from grader.exporting import wire
from grader.facts import AnyArray
from grader.memory_files import memory_file
from grader.running import EXPORTING_JOB
from grader.upload_rules import CodeRule, FileRule
from tests.grader.exporting.test_job import NET, arrays

RULE = FileRule(format="onnx", names=("*",), code=CodeRule(scripts=("*.py",), checkpoints=("*.ckpt",), seconds=30))
SHAPE = (1, 4, 4)
MARKER = "".join(chr(ord("a") + number * 7 % 26) for number in range(40))
"""A text that no library holds; it is never written down in this file."""
FIRST = f"{NET}\nMARKER = '{{marker}}'\nKEPT = [MARKER + str(number) for number in range(1000)]\ndef build(): return StudentNet()\n"
SECOND = f"{NET}\nimport time\ndef build():\n    time.sleep(600.0625)\n"


def export(airlock: Airlock, source: str, given: Mapping[str, AnyArray]) -> bytes:
    return exports.run(airlock, "hw13.py", source.encode(), [given], RULE, SHAPE)[0]


def memory_holds(process: int, *texts: bytes) -> list[bytes]:
    """Which of the texts stand anywhere in a process's memory."""
    found = set()
    with Path(f"/proc/{process}/mem").open("rb", 0) as memory:
        for line in Path(f"/proc/{process}/maps").read_text(encoding="ascii").splitlines():
            span, rights, *_ = line.split()
            begin, end = (int(part, 16) for part in span.split("-"))
            if "r" in rights and not line.endswith(("[vvar]", "[vsyscall]", "[vvar_vclock]")):
                memory.seek(begin)
                try:
                    content = memory.read(end - begin)
                except OSError:  # a page beyond the end of a mapped file
                    continue
                found |= {text for text in texts if text in content}
    return sorted(found)


def children_of(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task").iterdir()
    return [int(number) for task in tasks for number in (task / "children").read_text(encoding="ascii").split()]


def test_the_code_jail_has_every_layer(exporting_airlock: Airlock) -> None:
    assert str(exporting_airlock.level) == "A"
    assert all(outcome.startswith("blocked") for outcome in exporting_airlock.report["attacks"].values())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may read the memory of a jailed process")
def test_no_trace_of_a_student_is_left_in_the_process_of_the_next(exporting_airlock: Airlock) -> None:
    number = np.frombuffer(MARKER.encode()[:8], "<f4")
    weights = arrays() | {"conv.bias": number}
    assert export(exporting_airlock, FIRST.replace("{marker}", MARKER), weights)
    zygote = exporting_airlock.process_id
    assert zygote is not None

    running = threading.Thread(target=_run_until_killed, args=(exporting_airlock, SECOND))
    running.start()
    try:
        deadline = time.monotonic() + 120
        while not (children := children_of(zygote)):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        while not memory_holds(children[0], b"sleep(600.0625)"):
            assert time.monotonic() < deadline
        traces = [MARKER.encode(), number.tobytes()]
        assert memory_holds(children[0], *traces) == []
        assert memory_holds(zygote, b"sleep(600.0625)", *traces) == []
    finally:
        for child in children_of(zygote):
            os.kill(child, signal.SIGKILL)
        running.join()


def _run_until_killed(airlock: Airlock, source: str) -> None:
    arguments = {"name": "hw13.py", "entries": ["build"], "shape": list(SHAPE)}
    job_limits = JobLimits(cpu_seconds=60, wall_seconds=240, memory_bytes=1 << 30, answer_bytes=1 << 20)
    with memory_file(source.encode()) as code, memory_file(wire.pack([arrays()])) as weights, pytest.raises(ChildDied):
        airlock.run(arguments, [code, weights], job_limits)


def test_students_in_a_row_get_what_each_of_them_built(exporting_airlock: Airlock) -> None:
    first = export(exporting_airlock, NET, arrays(0))

    for seed in range(1, 11):
        assert export(exporting_airlock, NET, arrays(seed)) != first
    assert export(exporting_airlock, NET, arrays(0)) == first


def test_a_student_who_patches_torch_patches_it_for_nobody_else(exporting_airlock: Airlock) -> None:
    before = export(exporting_airlock, NET, arrays())
    patched = f"{NET}\ndef build():\n    torch.onnx.export = nn.Linear.forward = None\n    return StudentNet()"

    with pytest.raises(Refusal):
        export(exporting_airlock, patched, arrays())

    assert export(exporting_airlock, NET, arrays()) == before


def test_nothing_is_started_before_it_is_needed() -> None:
    with OnDemand(EXPORTING_JOB) as airlock:
        assert airlock._airlock.process_id is None
        assert str(airlock.level) == "A"
        assert airlock._airlock.process_id is not None
