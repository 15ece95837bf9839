"""A data set as a folder of plain files, from which a child maps the images through a descriptor and sees no label."""

import json
import math
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from grader import dataset_streams
from grader.dataset_archives import Parts, in_one, write_array
from grader.dataset_errors import DatasetError
from grader.dataset_streams import Passing, Stream
from grader.datasets import Dataset, Description, Labels, as_json, begin_digest
from grader.facts import Shape

_IMAGES = "images.npy"
_LABELS = "labels.npy"
_FACTS = "dataset.json"
_PART_BYTES = 1 << 20
_AGAIN = "Delete the folder and make it again from the data set's .npz."


@dataclass(frozen=True, slots=True)
class OpenImages:
    """Images behind the descriptor `file`: values of `dtype` and `shape` (N, ...) in C order from byte `offset` on."""

    file: int
    dtype: str
    shape: Shape
    offset: int


class Unplaced:
    """A whole data set on disk that has no place yet, and what there is to say of it."""

    def __init__(self, folder: Path, description: Description) -> None:
        self._folder = folder
        self.description = description

    def put_at(self, folder: Path) -> None:
        """Let it take the place of what stood at `folder`: nobody finds half of it, and who has the old one open keeps it."""
        put_in_place(self._folder, folder)


@contextmanager
def written(stream: Stream, beside: Path) -> Iterator[Unplaced]:
    """The data set as `images.npy`, `labels.npy` and `dataset.json` in a folder within `beside`.

    The folder is gone at the end unless it was put at a place on the same disk.
    """
    beside.mkdir(parents=True, exist_ok=True)
    unfinished = beside / f".{secrets.token_hex(8)}"
    unfinished.mkdir()
    try:
        passing = Passing(stream)
        _write_array(unfinished / _IMAGES, passing.images)
        _write_array(unfinished / _LABELS, in_one(stream.labels))
        description = passing.description()
        _write_text(unfinished / _FACTS, json.dumps(as_json(description), indent=2) + "\n")
        _sync_folder(unfinished)
        yield Unplaced(unfinished, description)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def save_raw(dataset: Dataset, folder: Path) -> Description:
    """Write the data set at `folder`, where it takes the place of what stood there; what there is to say of it."""
    with written(dataset_streams.of(dataset), folder.parent) as unplaced:
        unplaced.put_at(folder)
    return unplaced.description


def is_intact(folder: Path, described: Description) -> bool:
    """True where the folder holds the data set of that description: its facts, and files as long as they have to be."""
    try:
        with open_images(folder):
            return facts(folder) == described and len(labels(folder)) == described.examples
    except (DatasetError, OSError):
        return False


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


def digest(folder: Path) -> str:
    """The digest of the data set as it lies there, for which every image is read."""
    with open_images(folder) as images:
        content = begin_digest(images.shape, np.dtype(images.dtype))
        with os.fdopen(os.dup(images.file), "rb") as file:
            file.seek(images.offset)
            while part := file.read(_PART_BYTES):
                content.update(part)
    content.update(labels(folder).astype("<i8").data)
    return content.hexdigest()


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


def _write_array(path: Path, array: Parts) -> None:
    with path.open("wb") as file:
        write_array(file, array)
        file.flush()
        os.fsync(file.fileno())


def _write_text(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def put_in_place(unfinished: Path, folder: Path) -> None:
    """Rename a complete folder to its place; a damaged one that stands there goes aside first, and away after."""
    aside = unfinished.with_name(f"{unfinished.name}.old")
    if folder.exists():
        folder.rename(aside)
    unfinished.rename(folder)
    _sync_folder(folder.parent)
    shutil.rmtree(aside, ignore_errors=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
