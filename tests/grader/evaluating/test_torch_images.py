"""Images that stay on a device: read once, and again where another file or another scaling is meant."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.errors import GraderFault
from grader.evaluating.images import Scaling, StoredImages
from grader.evaluating.torch_images import Shelf

SHAPE = (10, 2, 2, 1)
BYTES = 4 * 40
PIXELS = np.arange(40, dtype=np.uint8)


class Moves:
    """Counts what is moved."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, pixels: Any) -> Any:
        self.count += len(pixels)
        return pixels


@pytest.fixture
def moves() -> Moves:
    return Moves()


@pytest.fixture
def stored(descriptor: Callable[[bytes], int]) -> StoredImages:
    return StoredImages(descriptor(PIXELS.tobytes()), "uint8", SHAPE, 0, Scaling(10.0))


def test_images_are_moved_once_in_parts_of_a_batch(stored: StoredImages, moves: Moves) -> None:
    shelf = Shelf(BYTES)
    for _ in range(2):
        held = shelf.images(stored, 4, moves)

        assert held is not None
        assert [len(part) for part in held.parts] == [4, 4, 2]
        np.testing.assert_array_equal(np.concatenate(held.parts), stored.take(range(10)))
        np.testing.assert_array_equal(held.extreme, np.abs(stored.take(range(10))).max(axis=0, keepdims=True))
    assert moves.count == 10


def test_another_descriptor_of_the_same_file_is_the_same_data(stored: StoredImages, moves: Moves) -> None:
    shelf, again = Shelf(BYTES), os.dup(stored.file)
    for file in (stored.file, again):
        shelf.images(replace(stored, file=file), 4, moves)
    os.close(again)

    assert moves.count == 10


@pytest.mark.parametrize(
    "change", [{"scaling": Scaling(20.0)}, {"shape": (5, 4, 2, 1)}, {"shape": (9, 2, 2, 1), "offset": 4}]
)
def test_images_that_are_read_in_another_way_are_others(
    change: dict[str, Any], stored: StoredImages, moves: Moves
) -> None:
    shelf = Shelf(10 * BYTES)
    shelf.images(stored, 4, moves)
    other = replace(stored, **change)

    held = shelf.images(other, 4, moves)

    assert held is not None
    np.testing.assert_array_equal(np.concatenate(held.parts), other.take(range(len(other))))


def test_a_file_that_was_written_to_is_read_again(tmp_path: Path, moves: Moves) -> None:
    path, shelf = tmp_path / "images", Shelf(10 * BYTES)
    path.write_bytes(PIXELS.tobytes())
    with path.open("r+b", buffering=0) as file:
        images = StoredImages(file.fileno(), "uint8", SHAPE, 0, Scaling(1.0))
        shelf.images(images, 10, moves)
        file.write(b"\xff")
        os.utime(file.fileno(), ns=(1, 1))

        held = shelf.images(images, 10, moves)

    assert held is not None
    assert held.parts[0][0, 0, 0, 0] == 255


def test_the_data_set_that_was_used_least_lately_makes_room(stored: StoredImages, moves: Moves) -> None:
    shelf = Shelf(2 * BYTES)
    first, second, third = (replace(stored, scaling=Scaling(by)) for by in (1.0, 2.0, 3.0))
    for images in (first, second, first, third):
        shelf.images(images, 10, moves)
    assert moves.count == 30

    shelf.images(first, 10, moves)
    assert moves.count == 30
    shelf.images(second, 10, moves)
    assert moves.count == 40


def test_what_is_too_large_is_not_held(stored: StoredImages, moves: Moves) -> None:
    assert Shelf(BYTES - 1).images(stored, 10, moves) is None
    assert moves.count == 0


def test_a_file_that_ends_too_early_is_not_held(stored: StoredImages, moves: Moves) -> None:
    shelf = Shelf(10 * BYTES)
    for _ in range(2):
        with pytest.raises(GraderFault, match="ends after"):
            shelf.images(replace(stored, shape=(11, 2, 2, 1)), 10, moves)
