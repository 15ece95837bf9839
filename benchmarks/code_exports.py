"""What it costs to build and export a network from a student's code in the code jail, beside torch's exporter alone.

`python -m benchmarks.code_exports` prints the time of the jail's start, of the first export and of a hundred, each in a
child of its own, and the memory of the zygote before and after them. The network is the course's sample of homework 13
(59,723 parameters, images of 3 x 224 x 224). Exports in the jail and bare ones take turns.
"""

import argparse
import io
import statistics
import time
import warnings
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.measuring import percentile, told
from grader import exports
from grader.airlock.runner import Airlock
from grader.facts import AnyArray
from grader.running import EXPORTING_JOB
from grader.upload_rules import CodeRule, FileRule

SHAPE = (3, 224, 224)
MAX_RATIO = 4.0
MAX_GROWTH_BYTES = 8 << 20
"""Of the zygote over all exports: it forks, and keeps nothing of what it forked for."""
RULE = FileRule(format="onnx", names=("*",), code=CodeRule(scripts=("*.py",), checkpoints=("*.ckpt",)))
SOURCE = """
from torch import nn

class StudentNet(nn.Module):
    def __init__(self):
        super().__init__()
        parts = []
        for size, (inputs, filters) in enumerate([(3, 4), (4, 16), (16, 64), (64, 84)]):
            parts += [nn.Conv2d(inputs, filters, 3), nn.BatchNorm2d(filters), nn.ReLU()]
            parts += [nn.MaxPool2d(2, 2, 0)] if size else []
        self.cnn = nn.Sequential(*parts, nn.AdaptiveAvgPool2d((1, 1)))
        self.fc = nn.Sequential(nn.Linear(84, 11))

    def forward(self, images):
        return self.fc(self.cnn(images).flatten(1))
"""


def network() -> Any:
    """The sample network in this process."""
    names: dict[str, Any] = {"__name__": "sample"}
    exec(SOURCE, names)
    return names["StudentNet"]().eval()


def weights(seed: int) -> dict[str, AnyArray]:
    """Numbers for the network's state dict, no two sets alike."""
    random = np.random.default_rng(seed)
    shapes = {name: tuple(tensor.shape) for name, tensor in network().state_dict().items() if "tracked" not in name}
    return {name: random.uniform(0.1, 1, shape).astype(np.float32) for name, shape in shapes.items()}


def bare(model: Any) -> None:
    """torch's exporter, as students call it."""
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            (torch.zeros(1, *SHAPE),),
            io.BytesIO(),
            dynamo=False,
            opset_version=17,
            do_constant_folding=False,
            training=torch.onnx.TrainingMode.PRESERVE,
        )


def seconds(step: Callable[[], object]) -> float:
    """How long a step takes."""
    begun = time.perf_counter()
    step()
    return time.perf_counter() - begun


def memory(process: int | None) -> int:
    """What a process holds of memory for itself and shared with others, in bytes."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("Rss:"))


def main() -> None:
    """Print times, ratio and memory, and say where a limit does not hold."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--times", type=int, default=100, help="exports, one after the other")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    model = network()
    bare(model)
    airlock = Airlock(EXPORTING_JOB)
    with closing(airlock):
        started = seconds(airlock.open)
        before = memory(airlock.process_id)
        jailed, alone = [], []
        for number in range(chosen.times):
            given = weights(number)
            jailed.append(seconds(lambda: exports.run(airlock, "hw13.py", SOURCE.encode(), [given], RULE, SHAPE)))  # noqa: B023
            alone.append(seconds(lambda: bare(model)))
        after = memory(airlock.process_id)
    ratio = statistics.median(jailed) / statistics.median(alone)
    print(f"the jail's start, once          {started:.2f} s")
    print(f"the first export                {jailed[0] * 1000:.0f} ms")
    print(f"one of {chosen.times} exports             {told([each * 1000 for each in jailed], 0, 'ms')}")
    print(f"  95 % of them within           {percentile(jailed, 0.95) * 1000:.0f} ms; all of them {sum(jailed):.1f} s")
    print(f"torch's exporter alone          {told([each * 1000 for each in alone], 0, 'ms')}")
    print(f"in the jail, times as long      {ratio:.2f} (limit {MAX_RATIO:g})")
    print(
        f"the zygote's memory             {before >> 20} MiB, after them {after >> 20} MiB (limit +{MAX_GROWTH_BYTES >> 20})"
    )
    if ratio > MAX_RATIO or after - before > MAX_GROWTH_BYTES:
        raise SystemExit("a limit does not hold")


if __name__ == "__main__":
    main()
