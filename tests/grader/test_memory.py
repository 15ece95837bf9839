"""What 2,218 images of 3x224x224, the test set of food-11, take of memory: 334 MB as uint8, 1.3 GB as float32."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

MIB = 1 << 20

PEAK = """
import re
from pathlib import Path

def peak():  # of this process alone: what resource tells begins at the size of the process that started it
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024
"""

MAKE = """
import json, sys
from pathlib import Path
import numpy as np
from grader import dataset_folders, dataset_streams
from grader.dataset_archives import Parts
from grader.testset import open_test_set

folder = Path(sys.argv[1])
image = np.zeros((1, 3, 224, 224), np.uint8)
images = Parts((2218, 3, 224, 224), image.dtype, (image for _ in range(2218)))
made = dataset_streams.save(dataset_streams.Stream(images, np.arange(2218) % 11, "made"), folder / "set.npz")
with dataset_folders.written(dataset_streams.load(folder / "set.npz"), folder) as unplaced:
    assert unplaced.description == made
    unplaced.put_at(folder / "set")
with open_test_set(folder / "set.npz") as test_set:
    assert test_set.digest == made.digest
print(json.dumps({"own": peak()}))
"""

GRADE = """
import json, resource, sys
from pathlib import Path
import numpy as np
from grader import competition, evaluation
from grader.airlock.runner import Airlock
from grader.networks.graph import bind
from grader.running import EVALUATING_JOB
from grader.testset import open_test_folder

folder = Path(sys.argv[1])
definition = competition.load(folder / "set.yaml")
network = definition.network
zero = sys.argv[2] == "zeros"
random = np.random.default_rng(1)
weights = {
    slot.name: np.asarray(random.normal(0, 0.0 if zero else 0.1, slot.shape), np.float32) for slot in network.slots
}
with Airlock(EVALUATING_JOB) as airlock, open_test_folder(folder / "set") as test_set:
    found = evaluation.predict(bind(network, weights), 10**7, definition.grading, test_set, airlock)
child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
print(json.dumps({"own": peak(), "child": child, "rechecked": found.rechecked, "classes": len(found.classes)}))
"""

DEFINITION = """\
slug: large
grading:
  file: {format: pytorch, names: ["*.pt"], max_bytes: 1000000}
  network:
    input_shape: [3, 224, 224]
    layers:
      - conv2d: {channels: 16, kernel: 7, stride: 4, padding: 3}
      - relu
      - adaptive_avg_pool2d: 1
      - flatten
      - linear: 11
  input: {divide_by: 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}
  classes: [bread, dairy, dessert, egg, fried, meat, noodles, rice, seafood, soup, vegetable]
  score: accuracy
"""

Run = Callable[..., dict[str, int]]


@pytest.fixture(scope="module")
def run() -> Run:
    """Runs code in a process of its own and gives what it prints."""

    def run_code(code: str, *arguments: str | Path) -> dict[str, int]:
        command = [sys.executable, "-c", PEAK + code, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
        assert done.returncode == 0, done.stderr
        told: dict[str, int] = json.loads(done.stdout)
        return told

    return run_code


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, run: Run) -> tuple[Path, dict[str, int]]:
    """A folder with the data set, and what making, copying and opening it took."""
    folder = tmp_path_factory.mktemp("large")
    (folder / "set.yaml").write_text(DEFINITION, encoding="utf-8")
    return folder, run(MAKE, folder)


def test_a_data_set_is_made_copied_and_opened_in_less_memory_than_it_has(made: tuple[Path, dict[str, int]]) -> None:
    folder, told = made

    assert (folder / "set" / "images.npy").stat().st_size > 318 * MIB
    assert told["own"] < 200 * MIB


@pytest.mark.parametrize("weights", ["random", "zeros"])
def test_a_worker_and_its_jailed_child_stay_below_a_gigabyte(
    made: tuple[Path, dict[str, int]], run: Run, weights: str
) -> None:
    told = run(GRADE, made[0], weights)

    assert told["classes"] == 2218
    assert told["rechecked"] == (2218 if weights == "zeros" else 0)  # float64 decides what ties
    assert told["own"] + told["child"] < 1_000_000_000
