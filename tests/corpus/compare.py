"""Prints beside each verdict of the corpus what ordinary programs do with the same file: `python tests/corpus/compare.py`.

Each reader is a process of its own with a limit of memory; one that takes too long or dies is started again.
"""

import json
import os
import selectors
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np

from tests.corpus.cases import FOLDER, Case, all_cases, definition_of
from tests.corpus.makers.bases import CONFIGS
from tests.corpus.readers import FOREIGN

WAYS = {
    "visititems": "h5py visititems",
    "walk": "h5py by name",
    "keras": "Keras 3",
    "tf_keras": "Keras 2",
    "torch": "torch.load",
    "torch-script": "a script with torch",
    "onnx": "onnx.checker",
    "onnxruntime": "onnxruntime",
}
READERS = {
    "keras-h5": ("visititems", "walk", "keras", "tf_keras"),
    "pytorch": ("torch", "torch-script"),
    "onnx": ("onnx", "onnxruntime"),
}
"""Format of a competition's files -> the ordinary programs that read them."""
FILE_SECONDS = 10
START_SECONDS = 120
BAD = ("accepted", "foreign", "code", "hang", "crash")
MIN_BAD = 25
ENVIRONMENT = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "TF_ENABLE_ONEDNN_OPTS": "0"}


class Reader:
    """One of the ordinary programs, kept running from file to file."""

    def __init__(self, way: str) -> None:
        self.way = way
        self._process: subprocess.Popen[str] | None = None

    def read(self, folder: Path, config: Path) -> str:
        """What it does with the file in a folder: accepted, foreign, refused with an exception, hang, or crash."""
        process = self._process or self._start()
        assert process.stdin is not None
        process.stdin.write(json.dumps({"folder": str(folder), "config": str(config)}) + "\n")
        process.stdin.flush()
        line = self._line(FILE_SECONDS)
        if line:
            answer = json.loads(line)
            return f"refused {answer['detail']}" if answer["result"] == "refused" else str(answer["result"])
        result = "hang" if line is None else "crash"
        self.close()
        return result

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _start(self) -> "subprocess.Popen[str]":
        command = [sys.executable, str(FOLDER / "readers.py"), self.way]
        self._process = subprocess.Popen(
            command,
            text=True,
            env={**os.environ, **ENVIRONMENT},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        if self._line(START_SECONDS) != "ready\n":
            raise RuntimeError(f"the reader {self.way} did not start")
        return self._process

    def _line(self, seconds: float) -> str | None:
        """The next line; None where it takes too long, nothing where the process has ended."""
        assert self._process is not None
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            return self._process.stdout.readline() if selector.select(seconds) else None


def lay_out(case: Case, folder: Path) -> None:
    """The file under all names, and the neighbours that hostile files point to."""
    (folder / "my.h5").write_bytes(case.content)
    for name in ("my.weights.h5", "my.pt", "my.onnx"):
        os.link(folder / "my.h5", folder / name)
    (folder / "neighbour.bin").write_bytes(np.full(64, FOREIGN, np.float32).tobytes())
    with h5py.File(folder / "neighbour.h5", "w") as file:
        for name, shape in (("conv2d/vars/0", (3, 3, 1, 2)), ("conv2d/vars/1", (2,)), ("dense/vars/1", (3,))):
            file[f"layers/{name}"] = np.full(shape, FOREIGN, np.float32)
        file["dense_kernel"] = file["layers/dense/vars/0"] = np.full((8, 3), FOREIGN, np.float32)


def compare(cases: Sequence[Case], ways: Sequence[str]) -> list[dict[str, str]]:
    """What each reader did with each case, by its way; told line by line."""
    readers = [Reader(way) for way in ways]
    rows = []
    try:
        print(f"{'case':52}{'Secateur':26}" + "".join(f"{WAYS[way]:26}" for way in ways))
        for case in cases:
            rows.append(_row(case, readers))
            ours = "accepted" if case.accepted else case.problems[0][0]
            print(f"{case.id:52}{ours:26}" + "".join(f"{rows[-1][way]:26}" for way in ways), flush=True)
    finally:
        for reader in readers:
            reader.close()
    return rows


def _row(case: Case, readers: Sequence[Reader]) -> dict[str, str]:
    """What each reader did, in a folder of its own: some leave files behind."""
    row = {}
    for reader in readers:
        with tempfile.TemporaryDirectory() as folder:
            lay_out(case, Path(folder))
            row[reader.way] = reader.read(Path(folder), CONFIGS.get(case.competition, Path()))
    return row


def summarise(cases: Sequence[Case], rows: Sequence[dict[str, str]]) -> int:
    """Prints the sums. Returns how many rejected files were accepted, hung, crashed or read a foreign file somewhere."""
    rejected = [row for case, row in zip(cases, rows, strict=True) if not case.accepted]
    honest = [row for case, row in zip(cases, rows, strict=True) if case.accepted]
    print(f"\nof {len(rejected)} files that Secateur rejects:")
    for way in rows[0]:
        counts = Counter(row[way].split()[0] for row in rejected)
        print(f"  {WAYS[way]:22}" + ", ".join(f"{counts[result]} {result}" for result in (*BAD, "refused")))
    bad = sum(any(row[way] in BAD for way in row) for row in rejected)
    print(f"  {bad} are accepted, hang, crash, run code or read a foreign file in at least one of them;")
    for result, words in (("foreign", "give numbers of another file to"), ("code", "run their code in")):
        print(f"  {sum(result in row.values() for row in rejected)} {words} at least one of them")
    for way in rows[0]:
        refused = sum(row[way] not in ("accepted",) for row in honest)
        print(f"of {len(honest)} files that Secateur accepts, {WAYS[way]} does not read {refused}")
    return bad


def main() -> int:
    worst = []
    for kind, ways in READERS.items():
        files = [case for case in all_cases() if not case.runs_code]
        cases = [case for case in files if definition_of(case.competition).grading.file.format == kind]
        worst.append(summarise(cases, compare(cases, ways)))
    return 0 if min(worst) >= MIN_BAD else 1


if __name__ == "__main__":
    raise SystemExit(main())
