import io
from collections.abc import Callable

import h5py
import numpy as np
import pytest

from grader.errors import Finding, Refusal
from grader.reading import job

Build = Callable[[h5py.File], None]
Write = Callable[..., bytes]
Refused = Callable[..., tuple[Finding, ...]]


@pytest.fixture
def write() -> Write:
    """The bytes of an HDF5 file that a function fills."""

    def make(build: Build, **options: object) -> bytes:
        buffer = io.BytesIO()
        with h5py.File(buffer, "w", **options) as file:
            build(file)
        return buffer.getvalue()

    return make


@pytest.fixture
def dense() -> Build:
    """Fills a file with one honest dense layer in the layout of Keras 3."""

    def build(file: h5py.File) -> None:
        file["layers/dense/vars/0"] = np.arange(6, dtype=np.float32).reshape(2, 3)
        file["layers/dense/vars/1"] = np.ones(3, np.float32)

    return build


@pytest.fixture
def refused() -> Refused:
    """The findings with which bytes are refused; fails where they are read."""

    def read(data: bytes, max_bytes: int = 1 << 20, file_name: str = "weights.h5") -> tuple[Finding, ...]:
        with pytest.raises(Refusal) as caught:
            job.read(data, max_bytes, file_name)
        return tuple(caught.value.findings)

    return read
