"""All students, in a process of their own: what it spends is not the service's.

`python -m benchmarks.storm.crowd PLAN CPU...` reads the plan, carries it out, and writes into it what the students saw.
"""

import asyncio
import os
import sys
import time
from pathlib import Path

import uvloop

from benchmarks.material import WRONG, mould
from benchmarks.storm.plan import Plan
from benchmarks.storm.student import Student, content_of

TICK_SECONDS = 0.1


async def _storm(plan: Plan) -> None:
    good, wrong = mould(), mould(WRONG)
    contents = {
        each.number: content_of(each.kind, good.cast(each.number), wrong.cast(each.number)) for each in plan.files
    }
    students = [
        Student(plan, token, [each for each in plan.files if each.student == number], contents)
        for number, token in enumerate(plan.tokens)
    ]
    plan.began = time.time()
    lateness = asyncio.create_task(_note_lateness(plan))
    try:
        async with asyncio.timeout(plan.limit_seconds), asyncio.TaskGroup() as group:
            for number, student in enumerate(students):
                group.create_task(student.take_part(plan.poll_seconds * number / len(students)))
    except TimeoutError:
        print(f"the storm was ended after {plan.limit_seconds:.0f} s", file=sys.stderr)
    finally:
        lateness.cancel()


async def _note_lateness(plan: Plan) -> None:
    while True:
        begun = time.monotonic()
        await asyncio.sleep(TICK_SECONDS)
        plan.latest = max(plan.latest, time.monotonic() - begun - TICK_SECONDS)


def main(path: str, *cpus: str) -> None:
    """Carry out the plan."""
    if cpus:
        os.sched_setaffinity(0, {int(each) for each in cpus})
    plan = Plan.read(Path(path))
    uvloop.run(_storm(plan))
    plan.write(Path(path))


if __name__ == "__main__":
    main(*sys.argv[1:])
