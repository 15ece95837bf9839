"""A hidden test set as the grader uses it: images behind a descriptor, labels in the trusted process only."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from grader import dataset_folders, datasets
from grader.dataset_folders import OpenImages
from grader.datasets import Labels


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


@contextmanager
def open_test_set(path: Path) -> Iterator[TestSet]:
    """The test set in an `.npz`, its images in an anonymous file. Raises DatasetError or OSError."""
    dataset = datasets.load(path)
    file = os.memfd_create("images", os.MFD_CLOEXEC)
    try:
        with os.fdopen(os.dup(file), "wb") as stream:
            stream.write(dataset.images.data)
        images = OpenImages(file, dataset.images.dtype.name, dataset.images.shape, 0)
        yield TestSet(images, dataset.labels, datasets.digest(dataset))
    finally:
        os.close(file)


@contextmanager
def open_test_folder(folder: Path) -> Iterator[TestSet]:
    """The test set in a folder that `dataset_folders.save_raw` made; its images are mapped, not read."""
    with dataset_folders.open_images(folder) as images:
        yield TestSet(images, dataset_folders.labels(folder), dataset_folders.facts(folder).digest)
