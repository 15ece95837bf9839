"""The images of a test set: read from a descriptor in batches, and scaled as the competition says."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from grader.errors import GraderFault
from grader.facts import AnyArray, FloatArray, Shape

DTYPES = ("uint8", "float32")


class Images(Protocol):
    """Where an evaluation takes its images from."""

    def __len__(self) -> int:
        """How many images there are."""

    def take(self, indices: Sequence[int] | npt.NDArray[np.int64]) -> FloatArray:
        """The images at `indices`, scaled: float32, shape (indices, *image shape)."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """How pixels become a network's input: divided, then standardised by channel where asked.

    Channels are the last axis, or with `channels_first` the first one after that of the images.
    """

    divide_by: float = 1.0
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    channels_first: bool = False


@dataclass(frozen=True, slots=True)
class StoredImages:
    """Raw images in a file: `shape` (images, ...) of `dtype` from byte `offset` on, in C order.

    They are read by position, batch by batch: a jailed process may neither open a file nor need one mapped.
    """

    file: int
    dtype: str
    shape: Shape
    offset: int
    scaling: Scaling

    def __len__(self) -> int:
        return self.shape[0]

    def take(self, indices: Sequence[int] | npt.NDArray[np.int64]) -> FloatArray:
        """The images at `indices`, scaled; a range is one read. Raises GraderFault where the file ends too early."""
        if isinstance(indices, range) and indices.step == 1:
            return normalise(self._read(indices.start, len(indices)), self.scaling)
        return normalise(np.concatenate([self._read(int(index), 1) for index in indices]), self.scaling)

    def require_whole(self) -> None:
        """Raises GraderFault where the file ends too early, for an evaluation that takes long to begin."""
        self._require(0, len(self), os.fstat(self.file).st_size - self.offset)

    def _read(self, first: int, count: int) -> AnyArray:
        if self.dtype not in DTYPES:
            raise GraderFault(f"images of type {self.dtype} cannot be evaluated")
        data = os.pread(self.file, count * self._size, self.offset + first * self._size)
        self._require(first, count, len(data))
        return np.frombuffer(data, self._kind).reshape(count, *self.shape[1:])

    def _require(self, first: int, count: int, available: int) -> None:
        if available < count * self._size:
            whole, rest = divmod(available, self._size)
            raise GraderFault(f"image {first + whole} ends after {rest} of {self._size} bytes")

    @property
    def _kind(self) -> "np.dtype[Any]":
        return np.dtype(self.dtype).newbyteorder("<")

    @property
    def _size(self) -> int:
        """Bytes of an image."""
        return self._kind.itemsize * int(np.prod(self.shape[1:]))


def images_behind(file: int, arguments: Mapping[str, Any]) -> StoredImages:
    """The images behind a descriptor, as an evaluation's arguments describe them."""
    rule = arguments["input"]
    mean, std = (None if rule.get(name) is None else tuple(rule[name]) for name in ("mean", "std"))
    scaling = Scaling(float(rule.get("divide_by", 1)), mean, std, bool(arguments.get("channels_first", False)))
    return StoredImages(file, arguments["dtype"], tuple(arguments["shape"]), int(arguments["offset"]), scaling)


def normalise(pixels: AnyArray, scaling: Scaling) -> FloatArray:
    """Pixels as a network takes them: (float32(pixels) / divide_by - mean) / std, each step in float32."""
    scaled = pixels.astype(np.float32)
    scaled /= np.float32(scaling.divide_by)
    along = (-1, *[1] * (pixels.ndim - 2)) if scaling.channels_first else (-1,)
    if scaling.mean is not None:
        scaled -= np.asarray(scaling.mean, np.float32).reshape(along)
    if scaling.std is not None:
        scaled /= np.asarray(scaling.std, np.float32).reshape(along)
    return scaled
