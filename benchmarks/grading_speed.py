"""What a submission costs in this service, side by side with a fresh Keras process and with onnxruntime alone.

`python -m benchmarks.grading_speed` runs in some three minutes and prints ratios; no figure means much without the one
beside it. Measurements that are compared take turns, so that both see the same neighbours. See docs/performance.md.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks import measuring
from benchmarks.material import EXAMPLES, Material, distinct_files, prepare
from benchmarks.measuring import BareEngine, Spent, percentile, told
from benchmarks.service_tree import ServiceTree, service
from grader import limits

LOOK_SECONDS = 0.01
"""How often the result of a single submission is asked for."""
SETTLE_SECONDS = 1.0
"""Between measurements, for what the one before left to tidy up."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What is measured, and what with."""

    folder: Path
    material: Material
    tree: ServiceTree
    engines: Sequence[BareEngine]
    files: Iterator[bytes]

    @property
    def gflop(self) -> float:
        """Work of one evaluation: two operations for each multiply-accumulate."""
        return 2 * self.material.macs * self.material.examples / 1e9


def saturate(bench: Bench, rounds: int, posts: int) -> float:
    """(b) CPU of the whole service over many submissions at once. Returns CPU seconds of one."""
    examples = f"{bench.material.examples:,} images"
    print(
        f"\n(b) {rounds} rounds of {posts} POSTs at once, {examples}, {len(bench.engines)} bare processes in turn with them"
    )
    mine, bare, walls, kinds = [], [], [], dict[str, float]()
    for _ in range(rounds):
        files = [next(bench.files) for _ in range(posts)]
        time.sleep(SETTLE_SECONDS)
        before, begun = bench.tree.cpu_seconds(), time.perf_counter()
        bench.tree.wait_for([bench.tree.post(content) for content in files])
        walls.append((time.perf_counter() - begun) / posts)
        after = bench.tree.cpu_seconds()
        for kind in after:
            kinds[kind] = kinds.get(kind, 0.0) + after[kind] - before.get(kind, 0.0)
        mine.append((sum(after.values()) - sum(before.values())) / posts)
        bare.append(_bare_at_once(bench.engines, posts))
    ratios = [ours / theirs for ours, theirs in zip(mine, bare, strict=True)]
    print(f"service, CPU a submission     {told(mine)}, {1 / statistics.median(walls):.2f} submissions a second")
    print(f"bare onnxruntime, CPU         {told(bare)}")
    print(f"ratio, limit 1.15             {told(ratios, unit='x')}")
    shares = {kind: seconds / rounds / posts * 1000 for kind, seconds in sorted(kinds.items())}
    print("CPU ms a submission by process: " + ", ".join(f"{kind} {each:.1f}" for kind, each in shares.items()))
    return statistics.median(mine)


def _bare_at_once(engines: Sequence[BareEngine], evaluations: int) -> float:
    """CPU seconds of one evaluation while each engine does its share of them."""
    share = -(-evaluations // len(engines))
    for engine in engines:
        engine.begin(share)
    return sum(engine.end().cpu for engine in engines) / share / len(engines)


def one_by_one(bench: Bench, times: int) -> Spent:
    """(c) From POST to score, and the bare evaluation's wall time. Returns the medians of the bare evaluation."""
    print(f"\n(c) {times} submissions one at a time, its JSON asked for every {LOOK_SECONDS * 1000:.0f} ms")
    waits, bare = [], []
    for content, _ in zip(bench.files, range(times), strict=False):
        time.sleep(SETTLE_SECONDS / 4)
        begun = time.perf_counter()
        submission = bench.tree.post(content)
        while bench.tree.state(submission) in ("queued", "running"):
            time.sleep(LOOK_SECONDS)
        waits.append(time.perf_counter() - begun)
        bare.append(bench.engines[0].run(1))
    wall = statistics.median(each.wall for each in bare)
    print(f"POST to score                 {told(waits)}, 95th percentile {percentile(waits, 0.95):.3f} s")
    print(f"bare evaluation, wall         {told([each.wall for each in bare])}")
    print(f"1.5 x bare + 0.15 s           {1.5 * wall + 0.15:.3f} s, the median is {_median(waits) / wall:.2f} x bare")
    return Spent(_median([each.cpu for each in bare]), wall)


def beside_keras(bench: Bench, times: int) -> None:
    """(a) One submission in the warm service and in a fresh process with TensorFlow."""
    print(f"\n(a) {times} submissions one at a time, in turn with a fresh process that imports TensorFlow")
    mine, theirs = [], []
    path = bench.folder / "my_model_weights.h5"
    for content, _ in zip(bench.files, range(times), strict=False):
        path.write_bytes(content)
        time.sleep(SETTLE_SECONDS)
        before, begun = sum(bench.tree.cpu_seconds().values()), time.perf_counter()
        bench.tree.wait_for([bench.tree.post(content)])
        wall = time.perf_counter() - begun
        mine.append(Spent(sum(bench.tree.cpu_seconds().values()) - before, wall))
        theirs.append(measuring.fresh_keras(path, bench.material))
    for name in ("cpu", "wall"):
        ours, fresh = [getattr(each, name) for each in mine], [getattr(each, name) for each in theirs]
        ratios = [one / other for one, other in zip(fresh, ours, strict=True)]
        print(f"{name:4}  service {told(ours)}   fresh Keras {told(fresh)}   ratio {told(ratios, 1, 'x')}")


def beside_peak(bench: Bench, bare: Spent, service_cpu: float) -> None:
    """(d) The share of what one thread could do at most."""
    print("\n(d) share of the processor's peak in fused multiply-adds, one thread")
    peak = measuring.fma_peak(bench.folder)
    if peak is None:
        print("left out: there is no C compiler here (cc, gcc or clang)")
        return
    print(f"peak                          {peak:.0f} GFLOP/s; an evaluation is {bench.gflop:.1f} GFLOP")
    for name, seconds in (("bare onnxruntime", bare.cpu), ("the whole service, saturated", service_cpu)):
        rate = bench.gflop / seconds
        print(f"{name:29} {rate:.0f} GFLOP/s a CPU second, {rate / peak:.2f} of the peak")


def _median(values: Sequence[float]) -> float:
    return statistics.median(values)


def main() -> None:
    """Print all four."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=6, help="rounds of (b)")
    parser.add_argument("--posts", type=int, default=10, help="submissions in a round of (b)")
    parser.add_argument("--singles", type=int, default=40, help="submissions of (c)")
    parser.add_argument("--fresh", type=int, default=5, help="submissions of (a)")
    parser.add_argument("--batch", type=int, default=limits.EVALUATE_BATCH, help="images at once in bare onnxruntime")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="images of the test set")
    chosen = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        material = prepare(folder, chosen.examples)
        engines = [BareEngine(material, chosen.batch) for _ in range(measuring.cores())]
        for engine in engines:
            stack.callback(engine.close)
            engine.run(1)
        tree = stack.enter_context(service(folder / "data", material.test_set))
        bench = Bench(folder, material, tree, engines, distinct_files())
        tree.wait_for([tree.post(next(bench.files)) for _ in range(2 * len(engines))])
        if chosen.fresh:
            beside_keras(bench, chosen.fresh)
        service_cpu = saturate(bench, chosen.rounds, chosen.posts)
        bare = one_by_one(bench, chosen.singles)
        beside_peak(bench, bare, service_cpu)


if __name__ == "__main__":
    main()
