"""A data set that passes by: its labels at once, its images part by part, so that nobody needs room for all of them.

A stream is taken once. `Passing` hashes and checks the images while they are on their way to wherever they are written.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader import datasets
from grader.dataset_archives import Parts, in_one, read_array, read_parts, write_arrays
from grader.dataset_checks import check_finite, check_images, check_labels, check_pairs
from grader.datasets import IMAGES, LABELS, Dataset, Description, Labels
from grader.errors import GraderFault
from grader.facts import AnyArray


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """Images of shape (N, ...), in parts, with N labels; `source` is named where something is wrong with an image."""

    images: Parts
    labels: Labels
    source: str


class Passing:
    """The images of a stream on their way: `images` may be taken once, then there is a `description` of the whole."""

    def __init__(self, stream: Stream) -> None:
        self.images = Parts(stream.images.shape, stream.images.dtype, self._watched(stream))
        self._labels = stream.labels
        self._content = datasets.begin_digest(stream.images.shape, stream.images.dtype)
        self._passed = 0

    def description(self) -> Description:
        """The facts about the data set. Raises GraderFault while images are outstanding."""
        if self._passed != len(self._labels):
            raise GraderFault(f"{self._passed:,} of {len(self._labels):,} images have passed")
        content = self._content.copy()
        content.update(self._labels.astype("<i8").data)
        return datasets.description(content.hexdigest(), self.images.shape, self.images.dtype, self._labels)

    def _watched(self, stream: Stream) -> Iterator[AnyArray]:
        for part in stream.images.parts:
            check_finite(part, self._passed, f"{stream.source}, array {IMAGES!r}")
            self._content.update(datasets.little_endian(part).data)
            self._passed += len(part)
            yield part


def of(dataset: Dataset) -> Stream:
    """A data set that is in memory, as a stream."""
    return Stream(in_one(dataset.images), dataset.labels, "data set")


def load(path: Path) -> Stream:
    """The data set stored at `path` as `datasets.save` and `save` write it, its images read as they are taken.

    Raises DatasetError: of its labels and of what its images are said to be at once, of their values when they are met.
    """
    images, labels = read_parts(path, IMAGES), read_array(path, LABELS)
    check_images(images.shape, images.dtype, f"{path}, array {IMAGES!r}")
    check_labels(labels, f"{path}, array {LABELS!r}")
    check_pairs(images.shape[0], len(labels), str(path))
    return Stream(images, labels.astype("int64"), str(path))


def save(stream: Stream, path: Path) -> Description:
    """Store a stream at `path` as a compressed `.npz` archive; the facts about it."""
    passing = Passing(stream)
    write_arrays(path, {IMAGES: passing.images, LABELS: in_one(datasets.packed(stream.labels))})
    return passing.description()


def describe(stream: Stream) -> Description:
    """The facts about a data set, for which every image is read."""
    passing = Passing(stream)
    for _ in passing.images.parts:
        pass
    return passing.description()
