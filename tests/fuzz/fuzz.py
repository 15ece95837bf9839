"""Feeds mutated files to the readers and prints what became of them: `python tests/fuzz/fuzz.py h5 torch --runs 200000`.

Inputs are numbered, and made from the seed and their number. They run in forked workers under the jail's limit of memory and
a limit of CPU time for each input, so that one that makes a parser hang or crash costs one worker and is counted.
"""

import argparse
import os
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from grader import limits
from grader.reading import job
from tests.fuzz import inputs
from tests.fuzz.inputs import KINDS, Kind, Outcome

CPU_SECONDS = 2.0  # for one input; an honest file takes a thousandth of it, and the jail allows more
BATCH = 1_000  # inputs of one worker, which bounds what a library leaks on damaged files
ALL = "all"
MIN_KNOWN = 0.5
MIN_ARRAYS = 0.2


@dataclass
class Tally:
    """What became of the inputs so far."""

    runs: int = 0
    known: int = 0
    arrays: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def add(self, number: int, outcome: Outcome) -> None:
        self.runs += 1
        self.known += outcome.is_known
        self.arrays += outcome.reached_arrays
        self.outcomes[outcome.name] += 1
        if outcome.is_our_fault:
            self.faults.append(f"input {number}: {outcome.name}")

    @property
    def good(self) -> bool:
        """Whether nothing but refusals was raised, and the inputs were worth having."""
        return not self.faults and self.known >= MIN_KNOWN * self.runs and self.arrays >= MIN_ARRAYS * self.runs

    def lines(self) -> Iterator[str]:
        """The report, line by line."""
        yield f"{self.runs:,} inputs"
        yield f"{self.known / self.runs:8.2%} begin as files of the kind (at least {MIN_KNOWN:.0%})"
        yield f"{self.arrays / self.runs:8.2%} reach the reading of arrays (at least {MIN_ARRAYS:.0%})"
        for name, count in self.outcomes.most_common():
            yield f"{count:10,}  {count / self.runs:7.3%}  {name}"
        yield f"{len(self.faults)} other exceptions"
        yield from self.faults[:20]


def fuzz(kind: Kind, runs: int, seed: int, kept: Path | None = None, cpu_seconds: float = CPU_SECONDS) -> Tally:
    """The tally of inputs 0 to `runs` of a seed. Inputs that crashed, hung or raised are written to `kept`."""
    job.warm()
    for each in range(20):
        kind.make(seed, each)  # what inputs are made from is then there, for all workers
    tally = Tally()
    number = 0
    while number < runs:
        for outcome in _batch(kind, seed, range(number, min(number + BATCH, runs)), cpu_seconds):
            tally.add(number, outcome)
            if kept is not None and outcome.name.startswith(("exception", "crash", "hang", "memory")):
                name = "".join(letter if letter.isalnum() else "-" for letter in outcome.name[:40])
                (kept / f"{kind.name}-{number}-{name}").write_bytes(kind.make(seed, number))
            number += 1
    return tally


def _batch(kind: Kind, seed: int, numbers: range, cpu_seconds: float) -> Iterator[Outcome]:
    """Outcomes in order, as far as one worker came; the last one may be the end of the worker."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _work(kind, seed, numbers, cpu_seconds, writing)
    os.close(writing)
    told = 0
    with os.fdopen(reading, encoding="utf-8") as lines:
        for line in lines:
            name, is_known, reached = line.rstrip("\n").split("\t")
            told += 1
            yield Outcome(name, is_known == "1", reached == "1")
    _, status = os.waitpid(child, 0)
    if told < len(numbers):
        yield Outcome(_ending(status), is_known=True, reached_arrays=False)


def _ending(status: int) -> str:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return "hang" if number == signal.SIGPROF else f"crash, signal {number}"
    return f"exception: the worker ended with status {os.WEXITSTATUS(status)}"


def _work(kind: Kind, seed: int, numbers: range, cpu_seconds: float, writing: int) -> NoReturn:
    """Examines inputs and writes a line for each. SIGPROF, unhandled, ends the process when an input takes too long."""
    status = 1
    try:
        _limit()
        for number in numbers:
            data = kind.make(seed, number)
            signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
            outcome = inputs.examine(data, kind)
            signal.setitimer(signal.ITIMER_PROF, 0)
            os.write(writing, f"{outcome.name}\t{outcome.is_known:d}\t{outcome.reached_arrays:d}\n".encode())
        status = 0
    finally:
        os._exit(status)


def _limit() -> None:
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    room = pages * resource.getpagesize() + limits.READ_MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (room, room))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("kinds", nargs="*", choices=[*KINDS, ALL], default=ALL)
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=None, help="folder for inputs that crashed, hung or raised")
    options = parser.parse_args(arguments)
    if options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)
    good = [
        _report(KINDS[name], options.runs, options.seed, options.keep)
        for name in (KINDS if ALL in options.kinds else options.kinds)
    ]
    return 0 if all(good) else 1


def _report(kind: Kind, runs: int, seed: int, kept: Path | None) -> bool:
    begun = time.monotonic()
    tally = fuzz(kind, runs, seed, kept)
    print(f"{kind.name}:", *tally.lines(), f"seed {seed}, {time.monotonic() - begun:,.0f} s", sep="\n", flush=True)
    return tally.good


if __name__ == "__main__":
    raise SystemExit(main())
