"""A data set: images with their labels, as a competition holds them; files that cannot be one are told why.

On disk it is an `.npz` with `images` and `labels`. For evaluation it is a folder of plain files
(`images.npy`, `labels.npy`, `dataset.json`), so that a child can map the images and never sees a label.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from grader import limits
from grader.dataset_archives import read_array, write_arrays
from grader.dataset_errors import DatasetError
from grader.facts import AnyArray, Shape

__all__ = ["Dataset", "DatasetError", "Description", "Labels", "create", "describe", "digest", "load", "save"]

Labels: TypeAlias = npt.NDArray[np.int64]

IMAGES = "images"
LABELS = "labels"
_IMAGE_DTYPES = ("uint8", "float32")
_IMAGE_DIMENSIONS = 4
_DIGEST_FORMAT = "secateur data set, 1"


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Images of shape (N, H, W, C) or (N, C, H, W), uint8 or float32, and N labels counted from 0; made by `create`."""

    images: AnyArray
    labels: Labels


@dataclass(frozen=True, slots=True)
class Description:
    """What there is to say about a data set without showing it.

    `shape` is that of one image; `classes` is the highest label plus 1; `per_class` counts the examples of each label.
    """

    digest: str
    examples: int
    shape: Shape
    dtype: str
    classes: int
    per_class: tuple[int, ...]


def create(images: AnyArray, labels: AnyArray, source: str = "data set") -> Dataset:
    """A checked data set in native byte order; raises DatasetError naming `source` where the arrays cannot be one."""
    _check_images(images, f"{source}, array {IMAGES!r}")
    _check_labels(labels, f"{source}, array {LABELS!r}")
    if len(images) != len(labels):
        raise DatasetError(
            source,
            expected="one label for each image",
            got=f"{len(images):,} images and {len(labels):,} labels",
            advice="Take both from the same split, before either is shuffled or cut.",
        )
    native = images.dtype.newbyteorder("=")
    return Dataset(np.ascontiguousarray(images, dtype=native), np.ascontiguousarray(labels, dtype=np.int64))


def load(path: Path) -> Dataset:
    """The data set stored at `path` as an `.npz` archive with `images` and `labels`."""
    return create(read_array(path, IMAGES), read_array(path, LABELS), str(path))


def save(dataset: Dataset, path: Path) -> None:
    """Store the data set at `path` as a compressed `.npz` archive, labels in the smallest type that holds them."""
    smallest = np.min_scalar_type(int(dataset.labels.max()))
    write_arrays(path, {IMAGES: dataset.images, LABELS: dataset.labels.astype(smallest)})


def digest(dataset: Dataset) -> str:
    """SHA-256 of the content, in hexadecimal: little-endian images and labels in order, however they were stored."""
    images = np.ascontiguousarray(dataset.images, dtype=dataset.images.dtype.newbyteorder("<"))
    head = {"format": _DIGEST_FORMAT, "shape": list(images.shape), "dtype": images.dtype.name}
    content = hashlib.sha256(json.dumps(head, sort_keys=True).encode() + b"\n")
    content.update(images.data)
    content.update(np.ascontiguousarray(dataset.labels, dtype="<i8").data)
    return content.hexdigest()


def describe(dataset: Dataset) -> Description:
    """The facts about a data set, its digest among them."""
    per_class = np.bincount(dataset.labels)
    return Description(
        digest=digest(dataset),
        examples=len(dataset.labels),
        shape=tuple(dataset.images.shape[1:]),
        dtype=dataset.images.dtype.name,
        classes=len(per_class),
        per_class=tuple(per_class.tolist()),
    )


def as_json(description: Description) -> dict[str, object]:
    """The description as JSON holds it."""
    return asdict(description) | {"shape": list(description.shape), "per_class": list(description.per_class)}


def _check_images(images: AnyArray, where: str) -> None:
    if images.dtype.name not in _IMAGE_DTYPES:
        raise DatasetError(
            where,
            expected="dtype uint8 or float32",
            got=str(images.dtype),
            advice="Convert with images.astype('float32'), or with 'uint8' where the values are 0 to 255.",
        )
    if images.ndim != _IMAGE_DIMENSIONS or 0 in images.shape:
        raise DatasetError(
            where,
            expected="4 dimensions, (N, H, W, C) or (N, C, H, W), each at least 1",
            got=f"shape {images.shape}",
            advice="Gray images need a channel axis as well: images[..., None].",
        )
    if images.dtype.name != "uint8" and not (finite := np.isfinite(images)).all():
        first = tuple(int(index) for index in np.unravel_index(int(np.argmin(finite)), images.shape))
        raise DatasetError(
            where,
            expected="finite values",
            got=f"{int((~finite).sum()):,} that are not, the first {images[first]} at {first}",
            advice="Look for a division by zero in the preprocessing.",
        )


def _check_labels(labels: AnyArray, where: str) -> None:
    if labels.dtype.kind not in "iu":
        raise DatasetError(
            where,
            expected="whole numbers (an integer dtype)",
            got=str(labels.dtype),
            advice="Store class numbers from 0: labels.astype('int64'); one-hot rows become labels.argmax(axis=1).",
        )
    if labels.ndim != 1 or not len(labels):
        raise DatasetError(
            where,
            expected="shape (N,), N at least 1",
            got=f"shape {labels.shape}",
            advice="Use labels.reshape(-1) for a single column; one-hot rows become labels.argmax(axis=1).",
        )
    lowest, highest = int(labels.min()), int(labels.max())
    if lowest < 0 or highest >= limits.MAX_DATASET_CLASSES:
        raise DatasetError(
            where,
            expected=f"classes from 0 to at most {limits.MAX_DATASET_CLASSES - 1:,}",
            got=f"labels from {lowest:,} to {highest:,}",
            advice="Number the classes 0, 1, 2 and so on, and leave out images without a class.",
        )
