"""How data sets are made from the files in which they are published."""

import gzip
import math
import tarfile
import zlib
from enum import StrEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt

from grader import limits
from grader.dataset_archives import read_array
from grader.dataset_errors import DatasetError
from grader.datasets import Dataset, create

Bytes = npt.NDArray[np.uint8]

_GZIP_MAGIC = b"\x1f\x8b"
_IDX_UBYTE = 0x08
_IDX_MAGIC_BYTES = 4

_CIFAR_SIDE = 32
_CIFAR_CHANNELS = 3
_CIFAR_RECORD_BYTES = 1 + _CIFAR_CHANNELS * _CIFAR_SIDE * _CIFAR_SIDE
_CIFAR_CLASSES = 10
_CIFAR_MAX_MEMBER_BYTES = 64 << 20  # five times the largest file of CIFAR-10
_CMU_FIRST_LABEL = 2  # bird; then cat, deer, dog and frog, which is 6
_CMU_CLASSES = 5
_CMU_SIDE = 25


class Channels(StrEnum):
    """Where the channel axis goes that gray images get."""

    FIRST = "first"
    LAST = "last"


class Split(StrEnum):
    """The two parts in which CIFAR-10 is published."""

    TRAIN = "train"
    TEST = "test"


_CIFAR_FILES = {
    Split.TRAIN: tuple(f"data_batch_{number}.bin" for number in range(1, 6)),
    Split.TEST: ("test_batch.bin",),
}


def from_npz(path: Path, images: str, labels: str) -> Dataset:
    """The data set in two named arrays of another `.npz`; labels of shape (N, 1), as Keras loads them, become (N,)."""
    stored = read_array(path, labels)
    column = stored.ndim == 2 and stored.shape[1] == 1
    return create(read_array(path, images), stored.reshape(-1) if column else stored, str(path))


def from_idx(images: Path, labels: Path, channels: Channels = Channels.LAST) -> Dataset:
    """The data set in two idx files, gzipped or not: gray images (N, H, W) and labels (N,), as MNIST comes."""
    axis = 1 if channels is Channels.FIRST else -1
    return create(np.expand_dims(read_idx(images), axis), read_idx(labels), f"{images.name} and {labels.name}")


def read_idx(path: Path) -> Bytes:
    """The array of unsigned bytes in an idx file, gzipped or not.

    The format is Yann LeCun's (MNIST): two zero bytes, the type (0x08 for unsigned bytes), the number of dimensions,
    each dimension as a big-endian 32-bit number, then the values with the last dimension running fastest.
    """
    content = _decompressed(path)
    dimensions = content[3] if len(content) >= _IDX_MAGIC_BYTES else 0
    if content[:3] != bytes([0, 0, _IDX_UBYTE]) or not 1 <= dimensions <= limits.MAX_IDX_DIMENSIONS:
        raise DatasetError(
            str(path),
            expected=f"an idx file of unsigned bytes (00 00 08 and 1 to {limits.MAX_IDX_DIMENSIONS} dimensions)",
            got=f"{len(content):,} bytes that begin with {content[:4].hex(' ') or 'nothing'}",
            advice="Give the files as published, for example t10k-images-idx3-ubyte.gz.",
        )
    start = _IDX_MAGIC_BYTES + 4 * dimensions
    shape = tuple(
        int(size) for size in np.frombuffer(content[_IDX_MAGIC_BYTES:start].ljust(4 * dimensions, b"\0"), ">u4")
    )
    if len(content) - start != math.prod(shape):
        raise DatasetError(
            str(path),
            expected=f"{math.prod(shape):,} bytes for shape {shape} after a header of {start}",
            got=f"{max(len(content) - start, 0):,} bytes",
            advice="The file is cut short or has something added; download it again.",
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def cifar10_cmu(source: Path, split: Split) -> Dataset:
    """The five-class set of CMU 10-605 from CIFAR-10's binary version, a `.tar.gz` or the folder unpacked from it.

    Bird, cat, deer, dog and frog (CIFAR-10's 2 to 6) become classes 0 to 4; images are the top-left 25x25 pixels in
    RGB, (N, 25, 25, 3) uint8. The files follow each other by their numbers, the images keep their order.
    """
    names = _CIFAR_FILES[split]
    files = _files_of_folder(source, names) if source.is_dir() else _files_of_archive(source, names)
    records = np.concatenate([_cifar_records(files[name], f"{source}, {name}") for name in names])
    labels = records[:, 0].astype(np.int64) - _CMU_FIRST_LABEL
    wanted = (labels >= 0) & (labels < _CMU_CLASSES)
    planes = records[wanted, 1:].reshape(-1, _CIFAR_CHANNELS, _CIFAR_SIDE, _CIFAR_SIDE)
    return create(planes[:, :, :_CMU_SIDE, :_CMU_SIDE].transpose(0, 2, 3, 1), labels[wanted], str(source))


def _decompressed(path: Path) -> bytes:
    content = path.read_bytes()
    if not content.startswith(_GZIP_MAGIC):
        return content
    try:
        with gzip.open(path) as file:
            return file.read(limits.MAX_DATASET_ARRAY_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetError(
            str(path),
            expected="a whole gzip file",
            got=f"{len(content):,} bytes of which not all unpack ({error})",
            advice="Download it again.",
        ) from error


def _cifar_records(content: bytes, where: str) -> Bytes:
    """Rows of 3,073 bytes: a label, then 1,024 bytes each of red, green and blue, row by row (CIFAR-10's own page)."""
    if not content or len(content) % _CIFAR_RECORD_BYTES:
        raise DatasetError(
            where,
            expected=f"a multiple of {_CIFAR_RECORD_BYTES:,} bytes (a label and 32x32x3 values for each image)",
            got=f"{len(content):,} bytes",
            advice="Use CIFAR-10's binary version, cifar-10-binary.tar.gz; if it is cut short, download it again.",
        )
    records = np.frombuffer(content, np.uint8).reshape(-1, _CIFAR_RECORD_BYTES)
    if (highest := int(records[:, 0].max())) >= _CIFAR_CLASSES:
        raise DatasetError(
            where,
            expected=f"labels from 0 to {_CIFAR_CLASSES - 1}",
            got=f"a label of {highest}",
            advice="CIFAR-100 has two label bytes for each image and does not fit; use cifar-10-binary.tar.gz.",
        )
    return records


def _files_of_folder(folder: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    return _complete({name: (folder / name).read_bytes() for name in names if (folder / name).is_file()}, names, folder)


def _files_of_archive(path: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    """The wanted files of a tar archive, held in memory: nothing of an archive is ever unpacked to disk."""
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                name = member.name.rpartition("/")[2]
                file = archive.extractfile(member) if name in names and member.size <= _CIFAR_MAX_MEMBER_BYTES else None
                if file is not None:
                    found[name] = file.read()
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DatasetError(
            str(path),
            expected="CIFAR-10's cifar-10-binary.tar.gz, or the folder unpacked from it",
            got=f"{path.stat().st_size:,} bytes that cannot be read as a tar archive ({error})",
            advice="Download it again.",
        ) from error
    return _complete(found, names, path)


def _complete(found: dict[str, bytes], names: tuple[str, ...], source: Path) -> dict[str, bytes]:
    missing = [name for name in names if name not in found]
    if missing:
        raise DatasetError(
            str(source),
            expected=f"the files {', '.join(names)}",
            got=f"none called {', '.join(missing)}",
            advice="Give cifar-10-binary.tar.gz or the folder cifar-10-batches-bin unpacked from it.",
        )
    return found
