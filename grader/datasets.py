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

from grader.dataset_archives import in_one, read_array, write_arrays
from grader.dataset_checks import check_finite, check_images, check_labels, check_pairs
from grader.dataset_errors import DatasetError
from grader.facts import AnyArray, Shape

__all__ = ["Dataset", "DatasetError", "Description", "Labels", "create", "describe", "digest", "load", "save"]

Labels: TypeAlias = npt.NDArray[np.int64]

IMAGES = "images"
LABELS = "labels"
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
    check_images(images.shape, images.dtype, f"{source}, array {IMAGES!r}")
    check_finite(images, 0, f"{source}, array {IMAGES!r}")
    check_labels(labels, f"{source}, array {LABELS!r}")
    check_pairs(len(images), len(labels), source)
    native = images.dtype.newbyteorder("=")
    return Dataset(np.ascontiguousarray(images, dtype=native), np.ascontiguousarray(labels, dtype=np.int64))


def load(path: Path) -> Dataset:
    """The data set stored at `path` as an `.npz` archive with `images` and `labels`."""
    return create(read_array(path, IMAGES), read_array(path, LABELS), str(path))


def save(dataset: Dataset, path: Path) -> None:
    """Store the data set at `path` as a compressed `.npz` archive, labels in the smallest type that holds them."""
    write_arrays(path, {IMAGES: in_one(dataset.images), LABELS: in_one(packed(dataset.labels))})


def packed(labels: Labels) -> AnyArray:
    """The labels in the smallest type that holds them."""
    return labels.astype(np.min_scalar_type(int(labels.max())))


def digest(dataset: Dataset) -> str:
    """SHA-256 of the content, in hexadecimal: little-endian images and labels in order, however they were stored."""
    content = begin_digest(dataset.images.shape, dataset.images.dtype)
    content.update(little_endian(dataset.images).data)
    content.update(np.ascontiguousarray(dataset.labels, dtype="<i8").data)
    return content.hexdigest()


def begin_digest(shape: Shape, dtype: np.dtype[np.generic]) -> "hashlib._Hash":
    """The digest of images of that shape (N, ...) before their bytes, as `little_endian` gives them, and the labels'."""
    head = {"format": _DIGEST_FORMAT, "shape": list(shape), "dtype": dtype.name}
    return hashlib.sha256(json.dumps(head, sort_keys=True).encode() + b"\n")


def little_endian(images: AnyArray) -> AnyArray:
    """The images in C order and the byte order in which they are hashed."""
    return np.ascontiguousarray(images, dtype=images.dtype.newbyteorder("<"))


def describe(dataset: Dataset) -> Description:
    """The facts about a data set, its digest among them."""
    return description(digest(dataset), dataset.images.shape, dataset.images.dtype, dataset.labels)


def description(digest: str, shape: Shape, dtype: np.dtype[np.generic], labels: Labels) -> Description:
    """The facts about a data set of that digest, with images of shape (N, ...)."""
    per_class = np.bincount(labels)
    return Description(
        digest=digest,
        examples=len(labels),
        shape=tuple(shape[1:]),
        dtype=dtype.name,
        classes=len(per_class),
        per_class=tuple(per_class.tolist()),
    )


def as_json(description: Description) -> dict[str, object]:
    """The description as JSON holds it."""
    return asdict(description) | {"shape": list(description.shape), "per_class": list(description.per_class)}
