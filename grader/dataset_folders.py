"""A data set as a folder of plain files, from which a child maps the images through a descriptor and sees no label."""

import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from grader.dataset_errors import DatasetError
from grader.datasets import Dataset, Description, Labels, as_json, describe
from grader.facts import AnyArray, Shape

_IMAGES = "images.npy"
_LABELS = "labels.npy"
_FACTS = "dataset.json"
_AGAIN = "Delete the folder and make it again from the data set's .npz."


@dataclass(frozen=True, slots=True)
class OpenImages:
    """Images behind the descriptor `file`: values of `dtype` and `shape` (N, ...) in C order from byte `offset` on."""

    file: int
    dtype: str
    shape: Shape
    offset: int


def save_raw(dataset: Dataset, folder: Path) -> Description:
    """Write the data set as `images.npy`, `labels.npy` and, last, `dataset.json`; what the last one says of it.

    A folder without `dataset.json` is unfinished, and every function here refuses it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _FACTS).unlink(missing_ok=True)
    _write_array(folder / _IMAGES, dataset.images)
    _write_array(folder / _LABELS, dataset.labels)
    description = describe(dataset)
    unfinished = folder / f".{_FACTS}.{os.getpid()}"
    unfinished.write_text(json.dumps(as_json(description), indent=2) + "\n", encoding="utf-8")
    unfinished.replace(folder / _FACTS)
    return description


def facts(folder: Path) -> Description:
    """What was written about the data set when the folder was made; reads neither images nor labels."""
    path = folder / _FACTS
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        stored["shape"], stored["per_class"] = tuple(stored["shape"]), tuple(stored["per_class"])
        return Description(**stored)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DatasetError(
            str(path),
            expected="the facts that end a data set's folder",
            got=f"{type(error).__name__}: {error}",
            advice=_AGAIN,
        ) from error


@contextmanager
def open_images(folder: Path) -> Iterator[OpenImages]:
    """The folder's images behind a read-only descriptor, closed at the end; the file is as long as it has to be."""
    described = facts(folder)
    path = folder / _IMAGES
    with path.open("rb", buffering=0) as file:
        shape, dtype = _read_header(path, file)
        offset, size = file.tell(), os.fstat(file.fileno()).st_size
        expected = (described.examples, *described.shape)
        if (shape, dtype.name) != (expected, described.dtype) or size != offset + math.prod(shape) * dtype.itemsize:
            raise DatasetError(
                str(path),
                expected=f"{described.dtype} values of shape {expected}",
                got=f"{size - offset:,} bytes of {dtype.name} for shape {shape}",
                advice=_AGAIN,
            )
        yield OpenImages(file.fileno(), dtype.name, shape, offset)


def labels(folder: Path) -> Labels:
    """The labels of the data set in a folder, shape (N,)."""
    expected = facts(folder).examples
    path = folder / _LABELS
    with path.open("rb") as file:
        shape, dtype = _read_header(path, file)
        values = np.frombuffer(file.read(), np.uint8)
    if shape != (expected,) or dtype != np.int64 or values.nbytes != expected * dtype.itemsize:
        raise DatasetError(
            str(path),
            expected=f"{expected:,} labels of int64",
            got=f"{values.nbytes:,} bytes of {dtype} for shape {shape}",
            advice=_AGAIN,
        )
    return values.view(np.int64)


def _write_array(path: Path, array: AnyArray) -> None:
    with path.open("wb") as file:
        npy.write_array(file, array, version=(1, 0), allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())


def _read_header(path: Path, file: IO[bytes]) -> tuple[Shape, np.dtype[np.generic]]:
    """Shape and dtype of an `.npy` file as `save_raw` writes it; the file stands at its first value afterwards."""
    try:
        version = npy.read_magic(file)
        shape, fortran_order, dtype = npy.read_array_header_1_0(file)
    except ValueError as error:
        raise DatasetError(str(path), expected="an .npy file of format 1.0", got=str(error), advice=_AGAIN) from error
    if version != (1, 0) or fortran_order:
        raise DatasetError(
            str(path), expected="format 1.0 in C order", got=f"{version}, Fortran: {fortran_order}", advice=_AGAIN
        )
    return shape, dtype
