"""Pictures of every kind, made by Pillow, and folders of them in the naming of food-11."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

Encode = Callable[..., bytes]


@pytest.fixture(scope="session")
def encode() -> Encode:
    """Encodes a picture of random pixels, or `pixels`, as bytes of a format."""

    def make(
        kind: str = "JPEG", size: tuple[int, int] = (40, 30), mode: str = "RGB", seed: int = 0, **options: Any
    ) -> bytes:
        noise = np.random.default_rng(seed).integers(0, 256, (size[1] // 4 + 1, size[0] // 4 + 1, 3), dtype=np.uint8)
        image = Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC).convert(mode)
        stream = io.BytesIO()
        image.save(stream, kind, **options)
        return stream.getvalue()

    return make


@pytest.fixture
def food(tmp_path: Path, encode: Encode) -> Path:
    """A folder of pictures of several sizes in food-11's naming: classes 0 to 10, numbers 8 to 11."""
    folder = tmp_path / "testing"
    folder.mkdir()
    for number in range(11):
        for picture in range(8, 12):
            size = (60 + 10 * (picture % 3), 50 + number)
            (folder / f"{number}_{picture}.jpg").write_bytes(encode(size=size, seed=100 * number + picture))
    return folder
