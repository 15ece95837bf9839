"""Makes `competitions/demo`: a hidden test set, sample weight files and what they score, all from Fashion-MNIST.

Run `python -m kits.demo --fashion-mnist FOLDER` with the four idx files in FOLDER; it needs the extra `dev`
(Keras trains and judges, tf_keras writes the layout that the assignment asks for).
It takes a minute and a half on two cores.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import h5py
import keras
import numpy as np
import numpy.typing as npt
import tf_keras

from grader import dataset_recipes, datasets
from kits import architecture
from kits.architecture import Keras

SEED = 10605
CLASSES = (0, 2, 3, 4, 6)  # T-shirt/top, pullover, dress, coat, shirt: the ones that are easily mistaken for each other
TEST_IMAGES_PER_CLASS = 200
SIDE = 25
SOURCE_SIDE = 28
MANTISSA_BITS = 8  # of float32's 23: off by at most 1 in 512, and deflates well
COMPRESS_FROM_BYTES = 1024
FILE_NAME = "my_model_weights.h5"
LEARNING_RATE = 1e-3
RETRAINING_RATE = 5e-4
BATCH = 128

Array: TypeAlias = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Stage:
    """Zero the smallest weights up to `sparsity` of all, then retrain the others for `epochs`."""

    sparsity: float
    epochs: int


PRUNED_50 = (Stage(0.5, 1),)
PRUNED_93 = (Stage(0.75, 1), Stage(0.93, 2))
DENSE_EPOCHS = 3


def main() -> int:
    """Make everything below `--out` and print the scores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fashion-mnist", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "competitions" / "demo")
    arguments = parser.parse_args()
    test = make_test_set(arguments.fashion_mnist)
    datasets.save(test, arguments.out / "hidden-test.npz")
    train = five_classes(arguments.fashion_mnist, "train")
    expected = {
        "dataset": {"file": "hidden-test.npz", "digest": datasets.digest(test)},
        "samples": make_samples(train, test, arguments.out),
    }
    text = json.dumps(expected, indent=2) + "\n"
    (arguments.out / "expected.json").write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


def five_classes(folder: Path, split: str) -> datasets.Dataset:
    """The chosen classes of one split as 0 to 4, 25x25 with three equal channels, in the order of the files."""
    gray = dataset_recipes.from_idx(folder / f"{split}-images-idx3-ubyte.gz", folder / f"{split}-labels-idx1-ubyte.gz")
    chosen = np.isin(gray.labels, CLASSES)
    images = np.repeat(shrink(gray.images[chosen]), 3, axis=-1)
    return datasets.create(images, np.searchsorted(CLASSES, gray.labels[chosen]))


def make_test_set(folder: Path) -> datasets.Dataset:
    """The first 200 test images of each chosen class, in the order of the file."""
    every = five_classes(folder, "t10k")
    per_class = [np.flatnonzero(every.labels == label)[:TEST_IMAGES_PER_CLASS] for label in range(len(CLASSES))]
    first = np.sort(np.concatenate(per_class))
    return datasets.create(every.images[first], every.labels[first])


def shrink(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Images (N, 28, 28, C) as (N, 25, 25, C): each new pixel is the mean of the area that it covers.

    In units of 1/25 of an old pixel an old one is 25 wide and a new one 28, so that all weights are whole numbers
    and the result, rounded half up, is the same on every machine.
    """
    old, new = np.arange(SOURCE_SIDE), np.arange(SIDE)[:, None]
    ends = np.minimum((new + 1) * SOURCE_SIDE, (old + 1) * SIDE)
    overlap = np.clip(ends - np.maximum(new * SOURCE_SIDE, old * SIDE), 0, None)
    rows = np.tensordot(images.astype(np.int64), overlap, axes=(1, 1))
    sums = np.tensordot(rows, overlap, axes=(1, 1)).transpose(0, 2, 3, 1)
    area = SOURCE_SIDE * SOURCE_SIDE
    return ((sums + area // 2) // area).astype(np.uint8)


def build(framework: Keras, second_filters: int = 32) -> Keras:
    """The network of the assignment, or one that is wrong in its second convolution."""
    return framework.Sequential(architecture.layers(framework, second_filters=second_filters))


class HoldZeros(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    """Puts pruned weights back to zero after each step of the optimizer."""

    def __init__(self, masks: list[Array]) -> None:
        super().__init__()
        self._masks = [keras.ops.convert_to_tensor(mask) for mask in masks]

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        """Multiply each weight by its mask."""
        for weight, mask in zip(self.model.weights, self._masks, strict=True):
            weight.assign(weight * mask)


def make_samples(train: datasets.Dataset, test: datasets.Dataset, out: Path) -> dict[str, object]:
    """Train, prune and store the sample files; what each must give, by its path below `out`."""
    keras.utils.set_random_seed(SEED)
    model = build(keras)
    fit(model, train, [], DENSE_EPOCHS, LEARNING_RATE)
    dense: list[Array] = model.get_weights()
    samples: dict[str, object] = {}
    for name, stages in (("dense", ()), ("pruned-50", PRUNED_50), ("pruned-93", PRUNED_93)):
        path = out / "samples" / name / FILE_NAME
        write(path, build(tf_keras), [rounded(array) for array in prune(model, dense, stages, train)])
        samples[str(path.relative_to(out))] = judge(path, test)
    return samples | make_wrong_architecture(out)


def fit(model: Keras, train: datasets.Dataset, callbacks: list[Keras], epochs: int, rate: float) -> None:
    """Train in place on value / 255."""
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    images = train.images.astype(np.float32) / np.float32(255)
    model.fit(images, train.labels, batch_size=BATCH, epochs=epochs, callbacks=callbacks, verbose=2)


def prune(model: Keras, dense: list[Array], stages: tuple[Stage, ...], train: datasets.Dataset) -> list[Array]:
    """Weights from `dense` after each stage: one threshold for all arrays together, then masked retraining."""
    model.set_weights(dense)
    for stage in stages:
        arrays: list[Array] = model.get_weights()
        threshold = np.quantile(np.abs(np.concatenate([array.ravel() for array in arrays])), stage.sparsity)
        masks = [(np.abs(array) > threshold).astype(np.float32) for array in arrays]
        model.set_weights([array * mask for array, mask in zip(arrays, masks, strict=True)])
        fit(model, train, [HoldZeros(masks)], stage.epochs, RETRAINING_RATE)
    return list(model.get_weights())


def rounded(array: Array) -> Array:
    """The array with the mantissa rounded to 8 bits, still float32, and -0.0 as +0.0."""
    dropped = np.uint32(23 - MANTISSA_BITS)
    half = np.uint32(1 << (int(dropped) - 1))
    kept = (array.view(np.uint32) + half) >> dropped << dropped
    return kept.view(np.float32) + np.float32(0)


def write(path: Path, model: Keras, arrays: list[Array]) -> None:
    """Store the arrays as Keras 2's `save_weights` does, then deflated; the values and names stay as they are."""
    model.set_weights(arrays)
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        plain = Path(folder) / FILE_NAME
        model.save_weights(plain)
        with h5py.File(plain, "r") as source, h5py.File(path, "w") as target:
            copy_deflated(source, target)


def copy_deflated(source: h5py.Group, target: h5py.Group) -> None:
    """Copy groups, attributes and datasets, the larger datasets deflated."""
    for name, value in source.attrs.items():
        target.attrs[name] = value
    for name, child in source.items():
        if isinstance(child, h5py.Group):
            copy_deflated(child, target.create_group(name))
        elif child.nbytes >= COMPRESS_FROM_BYTES:
            target.create_dataset(name, data=child[()], compression="gzip", compression_opts=9, shuffle=True)
        else:
            target.create_dataset(name, data=child[()])


def judge(path: Path, test: datasets.Dataset) -> dict[str, object]:
    """What Keras makes of a stored file on the test set, with the assignment's score as an exact fraction."""
    model = build(keras)
    model.load_weights(path)
    arrays: list[Array] = model.get_weights()
    parameters, zeros = (
        sum(map(int, counts)) for counts in ((a.size for a in arrays), (np.sum(a == 0) for a in arrays))
    )
    predicted = model.predict(test.images.astype(np.float32) / np.float32(255), batch_size=BATCH, verbose=0)
    first, second = np.log(np.sort(predicted, axis=1)[:, :-3:-1]).T
    sys.stdout.write(
        f"{path.parent.name}: {path.stat().st_size:,} bytes, closest margin {np.min(first - second):.2e}\n"
    )
    correct = int(np.sum(predicted.argmax(axis=1) == test.labels))
    accuracy = Fraction(correct, len(test.labels))
    passed = accuracy > Fraction(3, 5) and zeros > 0
    score = (accuracy + Fraction(zeros, parameters)) / 2 if passed else Fraction(0)
    return {
        "status": "scored",
        "parameters": parameters,
        "zeros": zeros,
        "examples": len(test.labels),
        "correct": correct,
        "accuracy": float(accuracy),
        "score": float(score),
        "score_exact": str(score),
    }


def make_wrong_architecture(out: Path) -> dict[str, object]:
    """Store a file with 64 filters where the assignment has 32, all zero; what must be said about it first."""
    path = out / "samples" / "wrong-architecture" / FILE_NAME
    model = build(tf_keras, second_filters=64)
    write(path, model, [np.zeros_like(array) for array in model.get_weights()])
    problem = {"where": "conv2d_1/kernel", "expected": "(3, 3, 32, 32)", "got": "(3, 3, 32, 64)"}
    return {str(path.relative_to(out)): {"status": "rejected", "problem": problem}}


if __name__ == "__main__":
    sys.exit(main())
