"""A service whose workers evaluate on a GPU: what it comes to beside workers on processors, and what a kill does.

`python -m benchmarks.gpu.service` starts `secateur run` with its workers one by one, hands in files over HTTP, and compares
every file's correct images. `--device cpu` runs the same without a GPU.
"""

import argparse
import json
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.material import mould, prepare
from benchmarks.measuring import cores
from benchmarks.service_tree import ServiceTree, service

STUDENTS = 10
WARM_FILES, ALONE_FILES = 6, 7
ALONE_FROM, MEASURED_FROM, KILLED_FROM = 100, 1_000, 3_000
"""Numbers of files, no two alike."""
KILLS = 3
POSTS_AT_ONCE = 4
MOULD = mould()
CHECKER = ("--name", "checker", "--lane", "check")


def main() -> int:
    """The exit status: 0 where every file has the result that it has everywhere, and nothing is lost with a process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--files", type=int, default=100)
    parser.add_argument("--examples", type=int, default=2_525)
    parser.add_argument("--workers", default="1,4", help="numbers of workers on the device")
    parser.add_argument("--cpu-workers", default=f"1,{cores()}", help="numbers of workers on processors")
    chosen = parser.parse_args()
    counts = [("cpu", int(number)) for number in chosen.cpu_workers.split(",")]
    counts += [(chosen.device, int(number)) for number in chosen.workers.split(",")]
    results: list[Mapping[str, Any]] = []
    with tempfile.TemporaryDirectory() as scratch:
        material = prepare(Path(scratch), chosen.examples)
        for at, (device, number) in enumerate(counts):
            workers = [CHECKER, *(_evaluating(device, each) for each in range(number))]
            with service(Path(scratch) / f"{at}", material.test_set, students=STUDENTS, workers=workers) as tree:
                results.append(_measure(tree, f"{number} x {device}", chosen.files))
                lost = 0 if at + 1 < len(counts) else _kill(tree, chosen.files)
    apart = sum(found != results[0] for found in results[1:])
    print(f"arrangements with another result or other classes for some file: {apart} of {len(results) - 1}")
    return int(apart + lost > 0)


def _evaluating(device: str, number: int) -> tuple[str, ...]:
    return "--name", f"{device}-{number}", "--device", device


def _measure(tree: ServiceTree, name: str, count: int) -> Mapping[str, Any]:
    """Score and classes of each file by its digest; says how fast they came."""
    _hand_in(tree, range(WARM_FILES))
    alone = []
    for number in range(ALONE_FILES):
        begun = time.perf_counter()
        tree.wait_for([_post(tree, ALONE_FROM + number)])
        alone.append(time.perf_counter() - begun)
    before, begun = tree.cpu_seconds(), time.perf_counter()
    _hand_in(tree, range(MEASURED_FROM, MEASURED_FROM + count))
    seconds = time.perf_counter() - begun
    spent = {kind: (each - before.get(kind, 0.0)) / count * 1e3 for kind, each in tree.cpu_seconds().items()}
    told = ", ".join(f"{kind} {each:.0f}" for kind, each in sorted(spent.items()) if each >= 1)
    rows = tree.rows("SELECT file_sha256, score_exact, predictions, report FROM gradings")
    reports = [json.loads(report) for *_, report in rows]
    engines, levels = ({str(report[key]) for report in reports} for key in ("engine", "airlock"))
    print(
        f"{name}: {count / seconds:.1f} files/s, {statistics.median(alone) * 1e3:.0f} ms from POST to score for one alone; "
        f"CPU ms a file: {told}; by {', '.join(engines)}; jail {', '.join(levels)}",
        flush=True,
    )
    return {digest: found for digest, *found, _ in rows}


def _kill(tree: ServiceTree, count: int) -> int:
    """Files that did not end scored though the device's processes were killed while they were evaluated."""
    with ThreadPoolExecutor(POSTS_AT_ONCE) as pool:
        list(pool.map(lambda number: _post(tree, number), range(KILLED_FROM, KILLED_FROM + count)))
    killed, begun = 0, time.monotonic()
    while tree.rows("SELECT count(*) FROM gradings WHERE state IN ('queued', 'running')")[0][0]:
        for process, kind in tree.processes().items() if killed < KILLS else ():
            if kind in ("device", "evaluating jail"):
                os.kill(process, signal.SIGKILL)
                killed += 1
        time.sleep(0.5)
    ended: dict[str, int] = dict(tree.rows("SELECT state, count(*) FROM gradings GROUP BY state"))
    crashed = tree.rows("SELECT count(*) FROM gradings WHERE crashes > 0")[0][0]
    print(
        f"killed {killed} evaluating processes over {count} files, {crashed} of which had to begin again: {ended} "
        f"after {time.monotonic() - begun:.0f} s",
        flush=True,
    )
    return sum(number for state, number in ended.items() if state != "scored")


def _hand_in(tree: ServiceTree, numbers: Iterable[int]) -> None:
    with ThreadPoolExecutor(POSTS_AT_ONCE) as pool:
        tree.wait_for(sorted(pool.map(lambda number: _post(tree, number), numbers)))


def _post(tree: ServiceTree, number: int) -> int:
    return tree.post(b"".join(MOULD.cast(number)), tree.tokens[number % STUDENTS])


if __name__ == "__main__":
    sys.exit(main())
