"""Named arrays out of an `.npz` archive and into one, without ever unpickling.

An `.npz` is a zip archive with one `NAME.npy` for each array; both formats are described in NumPy's `numpy.lib.format`.
"""

import math
import os
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
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


def array_names(path: Path) -> tuple[str, ...]:
    """The names of the arrays in the archive at `path`, in the archive's order."""
    with _opened(path) as archive:
        return _names(archive)


def read_array(path: Path, name: str) -> AnyArray:
    """The array called `name` of the archive at `path`, in native byte order; its declared size is checked first."""
    with _opened(path) as archive:
        if name not in _names(archive):
            raise DatasetError(
                str(path),
                expected=f"an array called {name!r}",
                got=f"the arrays {', '.join(map(repr, _names(archive))) or 'of an empty archive'}",
                advice=f"Store it under that name: numpy.savez_compressed(path, {name}=...), "
                "or name yours with `python -m grader dataset from-npz`.",
            )
        return _read_member(archive, path, name)


def write_arrays(path: Path, arrays: Mapping[str, AnyArray]) -> None:
    """Store the arrays compressed at `path` in one step; equal arrays give equal bytes."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.npz")
    try:
        np.savez_compressed(unfinished, allow_pickle=False, **arrays)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


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


def _read_member(archive: zipfile.ZipFile, path: Path, name: str) -> AnyArray:
    where = f"{path}, array {name!r}"
    try:
        with archive.open(name + _MEMBER_SUFFIX) as member:
            shape, dtype = _declared(member)
        _check_declared(where, shape, dtype)
        with archive.open(name + _MEMBER_SUFFIX) as member:
            array: AnyArray = npy.read_array(member, allow_pickle=False)
    except DatasetError:
        raise
    except _DAMAGE as error:
        raise DatasetError(
            where, expected="a whole array", got=f"bytes that cannot be read as one ({error})", advice=_REPAIR
        ) from error
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("="))


def _declared(member: IO[bytes]) -> tuple[Shape, np.dtype[np.generic]]:
    version = npy.read_magic(member)
    read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read_header(member)
    return shape, dtype


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
