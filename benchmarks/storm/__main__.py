"""A deadline: 300 students hand in 900 files within a minute, each with its board and one file's page open.

`python -m benchmarks.storm` runs the service as `secateur run` on two cores, and the students in a process of their own. It
prints what became of every file, and ratios to bare onnxruntime, measured before and after; the exit status is 0 where all is
as it must be: every upload answered, nothing lost, wrong files told in time, nobody overtaken, and little CPU beside evaluation.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.material import mould, prepare
from benchmarks.measuring import HERE, BareEngine, cores, percentile
from benchmarks.service_tree import ServiceTree, service
from benchmarks.storm import figures, plan
from benchmarks.storm.figures import Graded
from benchmarks.storm.plan import Kind, Plan
from benchmarks.storm.student import BOARD

CORES = 2
TOLD_SECONDS = 2.0
OUTSIDE_SHARE = 0.15
BARE_EVALUATIONS = 3
EXAMPLES = 5_000
"""Images of the course's own hidden set."""


@dataclass(frozen=True, slots=True)
class Bare:
    """A bare evaluation, as long as every core has one: CPU and wall seconds."""

    cpu: float
    wall: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything that was measured."""

    plan: Plan
    graded: Mapping[int, Graded]
    spent: Mapping[str, float]
    bare: Bare

    @property
    def evaluated(self) -> int:
        return sum(each.evaluated for each in self.graded.values())

    @property
    def drain_seconds(self) -> float:
        """From the first upload to the last end."""
        ends = [each.finished for each in self.graded.values() if each.finished is not None]
        return max(ends) - self.plan.began


def storm(arguments: argparse.Namespace, folder: Path) -> Outcome:
    """Lets it happen, once."""
    own, others = _divide_cores()
    material = prepare(folder, arguments.examples)
    with ExitStack() as stack:
        engines = [BareEngine(material, 16) for _ in own]
        for engine in engines:
            stack.callback(engine.close)
        before = _bare(engines)
        with service(folder / "service", material.test_set, students=arguments.students) as tree:
            warm = _warm_up(tree)
            spent, found = _carry_out(_planned(arguments, tree), tree, folder, others)
            graded = {int(row[0]): Graded.of(row[1:]) for row in tree.rows(figures.GRADINGS) if row[0] > warm}
        after = _bare(engines)
    bare = Bare((before.cpu + after.cpu) / 2, (before.wall + after.wall) / 2)
    return Outcome(found, graded, spent, bare)


def _divide_cores() -> tuple[list[int], list[int]]:
    """The cores of the service, to which this process keeps from now on; and those of the students, all where no more are left."""
    have = sorted(os.sched_getaffinity(0))
    own, others = have[:CORES], have[CORES:]
    os.sched_setaffinity(0, own)
    return own, others or own


def _warm_up(tree: ServiceTree) -> int:
    """One file before all others, and its pages: templates and libraries are loaded then. Returns its number."""
    warm = tree.post(b"".join(mould().cast(0)))
    tree.wait_for([warm])
    for page in (BOARD, f"/submissions/{warm}"):
        tree.page(page)
    return warm


def _bare(engines: Sequence[BareEngine]) -> Bare:
    for engine in engines:
        engine.begin(BARE_EVALUATIONS)
    spent = [engine.end() for engine in engines]
    count = BARE_EVALUATIONS * len(engines)
    return Bare(sum(each.cpu for each in spent) / count, sum(each.wall for each in spent) / count)


def _planned(arguments: argparse.Namespace, tree: ServiceTree) -> Plan:
    random = Random(arguments.seed)
    files = plan.files(arguments.students, arguments.submissions, arguments.seconds, arguments.wrong_every, random)
    return Plan(tree.url, tree.tokens, files, arguments.poll_seconds, arguments.limit)


def _carry_out(planned: Plan, tree: ServiceTree, folder: Path, others: Sequence[int]) -> tuple[dict[str, float], Plan]:
    """What the service spent on it by kind of process, and the plan with what the students saw."""
    path = folder / "plan.json"
    planned.write(path)
    before = tree.cpu_seconds()
    command = [sys.executable, "-m", "benchmarks.storm.crowd", str(path), *map(str, others)]
    with subprocess.Popen(command, cwd=HERE.parent) as crowd:
        while crowd.poll() is None:
            tree.cpu_seconds()
            time.sleep(1)
    if crowd.returncode:
        raise subprocess.CalledProcessError(crowd.returncode, command)
    after = tree.cpu_seconds()
    return {kind: seconds - before.get(kind, 0.0) for kind, seconds in after.items()}, Plan.read(path)


def tell(outcome: Outcome) -> None:
    """Prints it."""
    files, graded, bare = outcome.plan.files, outcome.graded, outcome.bare
    good = sum(each.kind is Kind.GOOD for each in files)
    told, scores = figures.seconds_to_tell(files, graded), figures.score_seconds(files, graded)
    answers, firsts = figures.answer_seconds(files), figures.first_score_seconds(files, graded)
    everything, outside = figures.shares(outcome.spent)
    ideal = outcome.evaluated * bare.wall / min(CORES, cores())
    print(f"{len(outcome.plan.tokens)} students, {len(files)} files, {len(files) - good} of them wrong")
    print(f"answers to uploads      {figures.counted([' then '.join(each.statuses) for each in files])}")
    print(f"ends                    {figures.counted([each.state for each in graded.values()])}")
    print(f"board, streams, pages   {', '.join(f'{n} x {what}' for what, n in sorted(outcome.plan.counts.items()))}")
    print(f"bare evaluation         {bare.wall:.3f} s on each of {CORES} cores at once ({bare.cpu:.3f} s of CPU)")
    print(f"upload to answer        {_spread(answers)}, p99 {percentile(answers, 0.99) / bare.wall:.1f} x bare")
    print(f"look at the board       {_spread(outcome.plan.polls)}")
    print(f"wrong file to told      {_spread(told)}")
    print(f"file to score           {_spread(scores)}, p99 {percentile(scores, 0.99) / bare.wall:.0f} x bare")
    print(f"first score of each     {_spread(firsts)}")
    print(
        f"drained after           {outcome.drain_seconds:.0f} s, {outcome.drain_seconds / ideal:.2f} x bare ({ideal:.0f} s)"
    )
    print(f"CPU of the service      {everything:.0f} s: {_by_kind(outcome.spent)}")
    print(
        f"outside evaluation      {outside:.1%}; beyond bare onnxruntime {1 - outcome.evaluated * bare.cpu / everything:.1%}"
    )
    print(f"students' process       late by {outcome.plan.latest:.2f} s at most")


def _spread(values: Sequence[float]) -> str:
    if not values:
        return "none"
    return f"median {figures.middle(values):.2f} s, p99 {percentile(values, 0.99):.2f} s, most {max(values):.2f} s"


def _by_kind(spent: Mapping[str, float]) -> str:
    return ", ".join(f"{kind} {seconds:.1f}" for kind, seconds in sorted(spent.items()))


def wrong(outcome: Outcome) -> list[str]:
    """Whatever is not as it must be, speed apart."""
    files, graded = outcome.plan.files, outcome.graded
    checks: dict[str, Sequence[object]] = {
        "not answered": figures.unanswered(files),
        "lost, or ended as it must not": figures.lost(files, graded),
        "overtaken": figures.unfair(files, graded),
        "never told": [each for each in files if each.told is None],
        "refused": [what for what in outcome.plan.counts if what.split()[1:] not in ([], ["200"], ["304"])],
    }
    return [f"{len(found)} {what}, such as {found[0]}" for what, found in checks.items() if found]


def slow(outcome: Outcome) -> list[str]:
    """Whatever takes longer than it may."""
    told = [(each.at, figures.seconds_to_tell([each], outcome.graded)) for each in outcome.plan.files]
    late = [f"{at:.0f} s" for at, seconds in told if max(seconds, default=0.0) > TOLD_SECONDS]
    wrong = sum(len(seconds) for _, seconds in told)
    _, outside = figures.shares(outcome.spent)
    when = f"{len(late)} of {wrong} wrong files were told after more than {TOLD_SECONDS:g} s; handed in at {', '.join(late)}"
    found = [when] if late else []
    return found + ([f"{outside:.1%} of the CPU are outside evaluation"] if outside > OUTSIDE_SHARE else [])


def parsed(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=300)
    parser.add_argument("--submissions", type=int, default=900)
    parser.add_argument("--seconds", type=float, default=60.0, help="Within which all files are handed in.")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="Images of the hidden set.")
    parser.add_argument("--wrong-every", type=int, default=20, help="Every so many files are wrong; 0: none.")
    parser.add_argument("--poll-seconds", type=float, default=15.0)
    parser.add_argument("--limit", type=float, default=3600.0, help="Seconds after which it is ended, drained or not.")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(words)


def main() -> int:
    arguments = parsed()
    with tempfile.TemporaryDirectory(prefix="secateur-storm-") as folder:
        outcome = storm(arguments, Path(folder))
    tell(outcome)
    complaints = wrong(outcome) + slow(outcome)
    print("\n".join(f"WRONG: {each}" for each in complaints) or "everything as it must be")
    return int(bool(complaints))


if __name__ == "__main__":
    sys.exit(main())
