"""What images and labels have to be to make a data set."""

import numpy as np

from grader import limits
from grader.dataset_errors import DatasetError
from grader.facts import AnyArray, Shape

_IMAGE_DTYPES = ("uint8", "float32")
_IMAGE_DIMENSIONS = 4


def check_images(shape: Shape, dtype: np.dtype[np.generic], where: str) -> None:
    """Raises DatasetError, naming `where`, unless images may have that shape (N, ...) and dtype."""
    if dtype.name not in _IMAGE_DTYPES:
        raise DatasetError(
            where,
            expected="dtype uint8 or float32",
            got=str(dtype),
            advice="Convert with images.astype('float32'), or with 'uint8' where the values are 0 to 255.",
        )
    if len(shape) != _IMAGE_DIMENSIONS or 0 in shape:
        raise DatasetError(
            where,
            expected="4 dimensions, (N, H, W, C) or (N, C, H, W), each at least 1",
            got=f"shape {shape}",
            advice="Gray images need a channel axis as well: images[..., None].",
        )


def check_finite(images: AnyArray, first: int, where: str) -> None:
    """Raises DatasetError unless all values are finite; `first` is the place of the first of these images."""
    if images.dtype.kind != "f" or (finite := np.isfinite(images)).all():
        return
    at = tuple(int(index) for index in np.unravel_index(int(np.argmin(finite)), images.shape))
    raise DatasetError(
        where,
        expected="finite values",
        got=f"{images[at]} at {(at[0] + first, *at[1:])}, the first of those that are not",
        advice="Look for a division by zero in the preprocessing.",
    )


def check_labels(labels: AnyArray, where: str) -> None:
    """Raises DatasetError, naming `where`, unless these are whole numbers of shape (N,), from 0 and not too large."""
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


def check_pairs(images: int, labels: int, source: str) -> None:
    """Raises DatasetError, naming `source`, unless there is one label for each image."""
    if images != labels:
        raise DatasetError(
            source,
            expected="one label for each image",
            got=f"{images:,} images and {labels:,} labels",
            advice="Take both from the same split, before either is shuffled or cut.",
        )
