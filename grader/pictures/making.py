"""A data set made from pictures, one after the other, so that only one is in memory."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from grader import limits
from grader.dataset_archives import Parts
from grader.dataset_errors import DatasetError
from grader.dataset_streams import Stream
from grader.facts import AnyArray, Shape
from grader.pictures import sources
from grader.pictures.decoding import prepare
from grader.pictures.naming import Named, label
from grader.pictures.preparation import Preparation


def stream(source: Path, preparation: Preparation, classes: Sequence[str] | None = None) -> Stream:
    """The pictures in a folder or a zip archive as uint8 images with labels, each decoded when it is taken.

    Names and the first picture are looked at at once. Raises DatasetError, then and while pictures are taken.
    """
    with sources.opened(source) as files:
        pictures = label(files.names(), str(source), classes)
        first = prepare(files.read(pictures[0].path), f"{source}, {pictures[0].path}", preparation)
    shape = (len(pictures), *first.shape)
    _check_whole(shape, str(source))
    labels = np.array([picture.label for picture in pictures], np.int64)
    return Stream(Parts(shape, first.dtype, _images(source, pictures, preparation, first.shape)), labels, str(source))


def _images(source: Path, pictures: list[Named], preparation: Preparation, shape: Shape) -> Iterator[AnyArray]:
    with sources.opened(source) as files:
        for picture in pictures:
            where = f"{source}, {picture.path}"
            pixels = prepare(files.read(picture.path), where, preparation)
            if pixels.shape != shape:
                raise DatasetError(
                    where,
                    expected=f"shape {shape}, which {pictures[0].path} has",
                    got=f"shape {pixels.shape}",
                    advice="Bring all to one size: --resize N --crop N.",
                )
            yield pixels[np.newaxis]


def _check_whole(shape: Shape, source: str) -> None:
    if math.prod(shape) > limits.MAX_DATASET_ARRAY_BYTES:
        raise DatasetError(
            source,
            expected=f"at most {limits.MAX_DATASET_ARRAY_BYTES:,} bytes",
            got=f"{math.prod(shape):,} bytes for shape {shape}",
            advice="Take fewer pictures, or make them smaller with --resize and --crop.",
        )
