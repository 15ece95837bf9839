"""The end of a run: each file graded by the service's own steps, then table and figure."""

import platform
from pathlib import Path

import keras
import tensorflow as tf

from kits.reference import figure, judging, results, table
from kits.reference.data import Data
from kits.reference.judging import Graded
from kits.reference.telling import tell


def report(data: Data, out: Path, folder: Path, seed: int) -> bool:
    """Whether the service finds the script's numbers in every file. Writes `table.csv`, `table.md` and `pareto.svg`."""
    graded = grade(data, out)
    folder.mkdir(parents=True, exist_ok=True)
    table.write_csv(graded, folder / "table.csv")
    table.write_markdown(graded, folder / "table.md", facts(data, graded, seed))
    figure.draw([each.result for each in graded], folder / "pareto.svg")
    wrong = [each for each in graded if each.problems]
    tell(f"{len(graded) - len(wrong)} of {len(graded)} files are graded with the script's numbers; see {folder}")
    return not wrong


def grade(data: Data, out: Path) -> list[Graded]:
    """Every finished step with what the service says of its file."""
    definition = judging.assignment()
    graded = []
    with judging.hidden(data.test) as test_set:
        for result in results.all_kept(out):
            path = out / result.name / results.FILE_NAME
            graded.append(judging.compare(result, judging.grade(path, definition, test_set)))
            tell(line(graded[-1]))
    return graded


def line(each: Graded) -> str:
    """A file's verdict for the log."""
    result = each.result
    told = "the service agrees" if not each.problems else "; ".join(each.problems)
    return (
        f"{result.name:<16} zeros {result.zeros:>7,}  correct {result.correct:>5,} of {result.examples:,}"
        f"  score {float(result.score):.4f}  {told}"
    )


def facts(data: Data, graded: list[Graded], seed: int) -> list[str]:
    """What a reader of the table must know of the run."""
    sets = ", ".join(
        f"{len(images.labels):,} {name}"
        for name, images in (("training", data.train), ("validation", data.validation), ("test", data.test))
    )
    epochs = sum(each.result.epochs for each in graded)
    gpus = len(tf.config.list_physical_devices("GPU"))
    device = f"{gpus} GPU" if gpus else f"CPU ({platform.machine()})"
    return [
        f"{sets} images; seed {seed}; {epochs} epochs in all; Keras {keras.__version__}, TensorFlow {tf.__version__}, {device}.",
        "The best epoch is the one with the best validation accuracy; no epoch and no starting point is chosen by the test images.",
        "*graded alike*: the service's own steps find the same zeros, correct images and score in the file.",
    ]
