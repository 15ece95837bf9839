"""A hidden test set as the grader uses it: images behind a descriptor, labels in the trusted process only."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from grader import dataset_folders, dataset_streams
from grader.dataset_errors import DatasetError
from grader.dataset_folders import OpenImages
from grader.dataset_streams import Passing
from grader.datasets import Labels
from grader.facts import Shape
from grader.splits import SplitsRule


@dataclass(frozen=True, slots=True)
class TestSet:
    """Images for the jailed child and labels, of shape (samples,), that it never sees. `digest` is of both."""

    __test__ = False  # pytest would take the class for a test

    images: OpenImages
    labels: Labels
    digest: str

    @property
    def examples(self) -> int:
        """Number of samples."""
        return int(self.labels.size)


class Taker(Protocol):
    """What takes images: a network, or a definition of which every network does."""

    @property
    def input_shape(self) -> Shape:
        """The shape of one image, without the batch."""

    @property
    def classes(self) -> int:
        """How many classes it tells apart."""


def check_fit(test_set: TestSet, network: Taker, source: str) -> None:
    """Raises DatasetError, naming `source`, where the network takes other images or knows fewer classes."""
    shape, highest = test_set.images.shape[1:], int(test_set.labels.max())
    if shape != network.input_shape:
        raise DatasetError(
            source,
            expected=f"images of shape {network.input_shape}, which the network takes",
            got=f"shape {shape}",
            advice="Name the data set that belongs to the competition.",
        )
    if highest >= network.classes:
        raise DatasetError(
            source,
            expected=f"labels from 0 to {network.classes - 1}, one for each class of the network",
            got=f"labels up to {highest:,}",
            advice="Name the data set that belongs to the competition.",
        )


def check_parts(test_set: TestSet, rule: SplitsRule | None, source: str) -> None:
    """Raises DatasetError, naming `source`, where the parts that a definition asks for are not all samples."""
    if rule is None or not rule.mismatch(test_set.examples):
        return
    raise DatasetError(
        source,
        expected=f"{rule.parts.public:,} public and {rule.parts.private:,} private samples",
        got=f"{test_set.examples:,} samples",
        advice="Give the parts the sizes that add up to the data set's.",
    )


@contextmanager
def open_test_set(path: Path) -> Iterator[TestSet]:
    """The test set in an `.npz`, its images in an anonymous file. Raises DatasetError or OSError."""
    stream = dataset_streams.load(path)
    passing = Passing(stream)
    file = os.memfd_create("images", os.MFD_CLOEXEC)
    try:
        with os.fdopen(os.dup(file), "wb") as target:
            for part in passing.images.parts:
                target.write(part.data)
        images = OpenImages(file, passing.images.dtype.name, passing.images.shape, 0)
        yield TestSet(images, stream.labels, passing.description().digest)
    finally:
        os.close(file)


@contextmanager
def open_test_folder(folder: Path) -> Iterator[TestSet]:
    """The test set in a folder that `dataset_folders.save_raw` made; its images are mapped, not read."""
    with dataset_folders.open_images(folder) as images:
        yield TestSet(images, dataset_folders.labels(folder), dataset_folders.facts(folder).digest)
