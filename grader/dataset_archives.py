"""Named arrays out of an `.npz` archive and into one, without ever unpickling.

An `.npz` is a zip archive with one `NAME.npy` for each array; both formats are described in NumPy's `numpy.lib.format`.
"""

import math
import os
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from grader import limits
from grader.dataset_errors import DatasetError
from grader.facts import AnyArray, Shape

_MEMBER_SUFFIX = ".npy"
_NO_ARCHIVE = (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error)
_DAMAGE = (*_NO_ARCHIVE, zlib.error, EOFError, OSError, SyntaxError, tokenize.TokenError, RuntimeError)
_REPAIR = "Write it again with numpy.savez_compressed(path, images=..., labels=...), or copy it again."


@dataclass(frozen=True, slots=True)
class Parts:
    """An array that passes by: the `shape` and the native `dtype` of all of it, and `parts` of it in order, taken once.

    Each part is in C order and holds some of the places of the first axis.
    """

    shape: Shape
    dtype: np.dtype[np.generic]
    parts: Iterator[AnyArray]


def in_one(array: AnyArray) -> Parts:
    """An array that is in memory already, as its own only part."""
    return Parts(array.shape, array.dtype, iter((array,)))


def array_names(path: Path) -> tuple[str, ...]:
    """The names of the arrays in the archive at `path`, in the archive's order."""
    with _opened(path) as archive:
        return _names(archive)


def read_array(path: Path, name: str) -> AnyArray:
    """The array called `name` of the archive at `path`, in native byte order; its declared size is checked first."""
    with _opened(path) as archive, _told(path, name):
        _header(archive, path, name)
        with archive.open(name + _MEMBER_SUFFIX) as member:
            array: AnyArray = npy.read_array(member, allow_pickle=False)
        return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))


def read_parts(path: Path, name: str) -> Parts:
    """The array called `name` of the archive at `path`, read as its parts are taken; its size is checked at once."""
    with _opened(path) as archive, _told(path, name):
        shape, fortran_order, dtype = _header(archive, path, name)
    if fortran_order or not shape:
        return in_one(read_array(path, name))  # its first axis runs fastest: no image is in one piece
    return Parts(shape, dtype.newbyteorder("="), _rows(path, name, shape, dtype))


def write_arrays(path: Path, arrays: Mapping[str, Parts]) -> None:
    """Store the arrays compressed at `path` in one step, part by part; equal arrays give equal bytes."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.npz")
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, array in arrays.items():
                with archive.open(name + _MEMBER_SUFFIX, "w", force_zip64=True) as member:
                    write_array(member, array)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def write_array(file: IO[bytes], array: Parts) -> None:
    """Write an array as an `.npy` file of format 1.0 in C order, part by part."""
    descr = npy.dtype_to_descr(array.dtype)
    npy.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": array.shape})
    for part in array.parts:
        file.write(np.ascontiguousarray(part).data)


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except _NO_ARCHIVE as error:
        with path.open("rb") as file:
            start = file.read(6)
        size = path.stat().st_size
        raise DatasetError(
            str(path),
            expected="an .npz archive (a zip file that begins with b'PK' and has its directory at the end)",
            got=f"{size:,} bytes that begin with {start!r}: {error}",
            advice=_REPAIR,
        ) from error


def _names(archive: zipfile.ZipFile) -> tuple[str, ...]:
    return tuple(name.removesuffix(_MEMBER_SUFFIX) for name in archive.namelist() if name.endswith(_MEMBER_SUFFIX))


def _rows(path: Path, name: str, shape: Shape, dtype: np.dtype[np.generic]) -> Iterator[AnyArray]:
    row = dtype.itemsize * math.prod(shape[1:])
    step = max(1, limits.DATASET_PART_BYTES // max(row, 1))
    with _told(path, name), _opened(path) as archive, archive.open(name + _MEMBER_SUFFIX) as member:
        _declared(member)
        for first in range(0, shape[0], step):
            count = min(step, shape[0] - first)
            part = np.frombuffer(member.read(count * row), dtype).reshape(count, *shape[1:])
            yield part.astype(dtype.newbyteorder("="), copy=False)
        if rest := member.read(1):  # reads on to the end, where the archive's checksum is compared
            raise ValueError(f"{len(rest)} byte and more after the last value of shape {shape}")


@contextmanager
def _told(path: Path, name: str) -> Iterator[None]:
    """Tells of an array that cannot be read as DatasetError."""
    try:
        yield
    except DatasetError:
        raise
    except _DAMAGE as error:
        raise DatasetError(
            f"{path}, array {name!r}",
            expected="a whole array",
            got=f"bytes that cannot be read as one ({error})",
            advice=_REPAIR,
        ) from error


def _header(archive: zipfile.ZipFile, path: Path, name: str) -> tuple[Shape, bool, np.dtype[np.generic]]:
    """Shape, Fortran order and dtype of an array that is there and not too large."""
    if name not in _names(archive):
        raise DatasetError(
            str(path),
            expected=f"an array called {name!r}",
            got=f"the arrays {', '.join(map(repr, _names(archive))) or 'of an empty archive'}",
            advice=f"Store it under that name: numpy.savez_compressed(path, {name}=...), "
            "or name yours with `python -m grader dataset from-npz`.",
        )
    with archive.open(name + _MEMBER_SUFFIX) as member:
        shape, fortran_order, dtype = _declared(member)
    _check_declared(f"{path}, array {name!r}", shape, dtype)
    return shape, fortran_order, dtype


def _declared(member: IO[bytes]) -> tuple[Shape, bool, np.dtype[np.generic]]:
    version = npy.read_magic(member)
    read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran_order, dtype = read_header(member)
    return shape, fortran_order, dtype


def _check_declared(where: str, shape: Shape, dtype: np.dtype[np.generic]) -> None:
    if dtype.hasobject:
        raise DatasetError(
            where,
            expected="plain numbers",
            got=f"dtype {dtype}, pickled Python objects, which are never loaded",
            advice="Make it one array of numbers first: numpy.stack(list(array)).",
        )
    size = math.prod(shape) * dtype.itemsize
    if size > limits.MAX_DATASET_ARRAY_BYTES:
        raise DatasetError(
            where,
            expected=f"at most {limits.MAX_DATASET_ARRAY_BYTES:,} bytes",
            got=f"{size:,} bytes for shape {shape} and dtype {dtype}",
            advice="Keep fewer or smaller images, or store them as uint8.",
        )
