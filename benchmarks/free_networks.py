"""What a network of 60,000 parameters costs on 2,218 images of 3 x 224 x 224, beside onnxruntime alone on the same graph.

`python -m benchmarks.free_networks` prints the time from POST to score, and the share of the service's CPU that is not
onnxruntime's. The network is the course's sample of homework 13, as an ONNX file with weights of noise; the images are noise.
Submissions and bare evaluations take turns. See docs/performance.md.
"""

import argparse
import itertools
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from benchmarks.material import SHIPPED, Material
from benchmarks.measuring import BareEngine, told
from benchmarks.service_tree import service
from grader import competition
from grader.checking import values
from grader.evaluating.images import Scaling, normalise
from grader.evaluating.onnx_runtime import REWRITES_WEIGHTS, TAKES_PADS
from grader.flops import dense_macs
from grader.networks.graph import bind
from grader.reading import job, stored

SHAPE = (3, 224, 224)
EXAMPLES = 2_218
OFF = (*REWRITES_WEIGHTS, *TAKES_PADS)
"""Optimisations of onnxruntime that the grader does without, since they compute another network."""
BARE_IMAGES = 64
"""Images that bare onnxruntime goes through again and again: 39 MB, where all of them would be 1.3 GB."""
LAYERS = ((4, 1), (16, 2), (64, 2), (84, 2))
"""Filters of each convolution, and the pooling after it."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A graph's nodes and arrays so far, and the noise that weights are made of."""

    nodes: list[onnx.NodeProto]
    arrays: dict[str, "np.ndarray[tuple[int, ...], np.dtype[np.float32]]"]
    noise: np.random.Generator

    def add(self, name: str, *shape: int, scale: float = 0.1, middle: float = 0.0) -> str:
        """The name of a new array."""
        self.arrays[name] = self.noise.normal(middle, scale, shape).astype(np.float32)
        return name


def network(seed: int) -> bytes:
    """The sample network of homework 13, unfused: 59,723 parameters."""
    weights = Weights([], {}, np.random.default_rng(seed))
    value, channels = "images", SHAPE[0]
    for number, (filters, pool) in enumerate(LAYERS):
        value, channels = _block(weights, number, value, channels, filters, pool), filters
    weights.nodes.append(helper.make_node("GlobalAveragePool", [value], ["mean"]))
    weights.nodes.append(helper.make_node("Flatten", ["mean"], ["features"]))
    dense = [weights.add("fc.weight", 11, channels), weights.add("fc.bias", 11)]
    weights.nodes.append(helper.make_node("Gemm", ["features", *dense], ["logits"], transB=1))
    float32 = onnx.TensorProto.FLOAT
    images = helper.make_tensor_value_info("images", float32, ["n", *SHAPE])
    logits = helper.make_tensor_value_info("logits", float32, ["n", 11])
    tensors = [numpy_helper.from_array(array, name) for name, array in weights.arrays.items()]
    graph = helper.make_graph(weights.nodes, "sample", [images], [logits], tensors)
    return bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString())


def _block(weights: Weights, number: int, value: str, channels: int, filters: int, pool: int) -> str:
    """A convolution of 3x3, BatchNorm, ReLU and a pooling; the name of what comes out."""
    conv = [weights.add(f"conv{number}.weight", filters, channels, 3, 3), weights.add(f"conv{number}.bias", filters)]
    norm = [weights.add(f"bn{number}.{name}", filters, middle=1.0) for name in ("weight", "bias", "mean")]
    norm.append(weights.add(f"bn{number}.var", filters, scale=0.01, middle=1.0))
    weights.nodes.append(helper.make_node("Conv", [value, *conv], [f"c{number}"], kernel_shape=[3, 3]))
    weights.nodes.append(helper.make_node("BatchNormalization", [f"c{number}", *norm], [f"b{number}"]))
    weights.nodes.append(helper.make_node("Relu", [f"b{number}"], [f"r{number}"]))
    if pool == 1:
        return f"r{number}"
    window = {"kernel_shape": [pool, pool], "strides": [pool, pool]}
    weights.nodes.append(helper.make_node("MaxPool", [f"r{number}"], [f"p{number}"], **window))
    return f"p{number}"


def prepare(folder: Path, examples: int) -> tuple[Material, Path]:
    """Test set, bare images, drawn graph; and the definition, with a test set of that size."""
    halves = examples // 2, examples - examples // 2
    text = (SHIPPED / "ntu-hw13.yaml").read_text(encoding="utf-8").replace("opens: 2026", "opens: 2020")
    text = text.replace("{public: 1109, private: 1109}", f"{{public: {halves[0]}, private: {halves[1]}}}")
    rules = folder / "ntu-hw13.yaml"
    rules.write_text(text.replace("per_day: 5", "per_day: null"), encoding="utf-8")
    definition = competition.load(rules)
    fitted = definition.fit(stored.from_answer(*job.read(network(0), 1 << 24, "model.onnx", "onnx")))
    if fitted.network is None or fitted.problems:
        raise RuntimeError(f"{fitted.problems}")
    weights, _ = values.canonical(fitted.arrays, fitted.slots)
    macs = dense_macs(fitted.network)
    found = Material(examples, folder / "test.npz", folder / "pixels.npy", folder / "graph.onnx", macs)
    images = np.random.default_rng(1).integers(0, 256, (examples, *SHAPE), dtype=np.uint8)
    np.savez(found.test_set, images=images, labels=np.arange(examples) % 11)
    given = definition.grading.input
    np.save(found.pixels, normalise(images[:BARE_IMAGES], Scaling(255.0, given.mean, given.std, True)))
    found.graph.write_bytes(bind(fitted.network, weights))
    return found, rules


def files() -> Iterator[bytes]:
    """Files without end, no two alike."""
    return (network(seed) for seed in itertools.count(1))


def main() -> None:
    """Print time and share."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--times", type=int, default=5, help="submissions, one at a time")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="images of the test set")
    chosen = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        material, rules = prepare(folder, chosen.examples)
        engines = {"as it is graded": BareEngine(material, 1, OFF), "with its own fusions": BareEngine(material, 1)}
        for engine in engines.values():
            stack.callback(engine.close)
            engine.run(1)
        tree = stack.enter_context(service(folder / "data", material.test_set, rules, "model.onnx"))
        fresh = files()
        tree.wait_for([tree.post(next(fresh))])
        waits, mine, bare = [], [], {name: list[float]() for name in engines}
        for _ in range(chosen.times):
            before, begun = sum(tree.cpu_seconds().values()), time.perf_counter()
            tree.wait_for([tree.post(next(fresh))])
            waits.append(time.perf_counter() - begun)
            mine.append(sum(tree.cpu_seconds().values()) - before)
            rounds = -(-chosen.examples // BARE_IMAGES)
            for name, engine in engines.items():
                bare[name].append(engine.run(rounds).cpu * chosen.examples / (rounds * BARE_IMAGES))
    print(
        f"{chosen.examples:,} images of {SHAPE}, {material.macs:,} multiply-accumulates each, {chosen.times} submissions"
    )
    print(f"POST to score                 {told(waits)}")
    print(f"service, CPU a submission     {told(mine)}")
    for name, seconds in bare.items():
        shares = [1 - theirs / ours for ours, theirs in zip(mine, seconds, strict=True)]
        print(f"bare onnxruntime, {name}: CPU {told(seconds)}")
        print(f"  CPU outside of it           {statistics.median(shares):.1%} ({min(shares):.1%} to {max(shares):.1%})")


if __name__ == "__main__":
    main()
