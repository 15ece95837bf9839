"""The images that a run trains on, chooses by and is measured with."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from grader import dataset_recipes
from grader.dataset_recipes import Split

VALIDATION = 2525  # of 25,000, as the course drew them; a smaller file gives the same share
SHARE = VALIDATION / 25_000


@dataclass(frozen=True)
class Images:
    """Images as bytes (N, 25, 25, 3) with their classes."""

    pixels: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]

    def scaled(self) -> npt.NDArray[np.float32]:
        """What the network reads: value / 255."""
        return self.pixels.astype(np.float32) / np.float32(255)


@dataclass(frozen=True)
class Data:
    """The three sets of a run. The test set is looked at once a file is finished, never to choose anything."""

    train: Images
    validation: Images
    test: Images


def load(path: Path, seed: int) -> Data:
    """The sets of a file with x_train, y_train, x_test and y_test; the validation images are drawn with the seed."""
    with np.load(path) as file:
        pixels, labels = file["x_train"], file["y_train"].astype(np.int64)
        test = Images(file["x_test"], file["y_test"].astype(np.int64))
    order = np.random.default_rng(seed).permutation(len(labels))
    drawn = round(len(labels) * SHARE)
    train, validation = np.sort(order[drawn:]), np.sort(order[:drawn])
    return Data(Images(pixels[train], labels[train]), Images(pixels[validation], labels[validation]), test)


def build(source: Path, target: Path, *, only_training: bool) -> None:
    """Write the assignment's images from CIFAR-10 as its authors publish it. Raises DatasetError."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    for split in (Split.TRAIN,) if only_training else (Split.TRAIN, Split.TEST):
        found = dataset_recipes.cifar10_cmu(source, split)
        arrays |= {f"x_{split.value}": found.images, f"y_{split.value}": found.labels}
    np.savez_compressed(target, allow_pickle=False, **arrays)


def varied(images: Images, random: np.random.Generator, shift: int) -> npt.NDArray[np.uint8]:
    """The pixels, half of them mirrored, each moved by up to `shift` pixels; the border is repeated."""
    pixels = images.pixels.copy()
    mirrored = random.random(len(pixels)) < 0.5
    pixels[mirrored] = pixels[mirrored, :, ::-1]
    if not shift:
        return pixels
    height, width = pixels.shape[1:3]
    padded = np.pad(pixels, ((0, 0), (shift, shift), (shift, shift), (0, 0)), mode="edge")
    moves: Any = random.integers(0, 2 * shift + 1, size=(len(pixels), 2))
    for down, right in np.unique(moves, axis=0):
        chosen = np.flatnonzero((moves == (down, right)).all(axis=1))
        pixels[chosen] = padded[chosen, down : down + height, right : right + width]
    return pixels
