"""onnxruntime and nothing else: a process that evaluates one graph on images in memory as often as it is told to.

Arguments: graph, pixels, batch, and the names of optimisations that are off.

Each line of standard input is a number of evaluations (session and run); each answer
is a line with their CPU and wall seconds.
"""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime


def evaluate(
    graph: bytes, pixels: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]", batch: int, off: Sequence[str] = ()
) -> None:
    """One evaluation on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        graph, options, providers=["CPUExecutionProvider"], disabled_optimizers=list(off)
    )
    name = session.get_inputs()[0].name
    for first in range(0, len(pixels), batch):
        session.run(None, {name: pixels[first : first + batch]})


def main(graph_path: str, pixels_path: str, batch: str, *off: str) -> None:
    """Answer until the input ends."""
    graph, pixels = Path(graph_path).read_bytes(), np.load(pixels_path)
    for line in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(int(line)):
            evaluate(graph, pixels, int(batch), off)
        spent = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
        print(json.dumps(spent), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
