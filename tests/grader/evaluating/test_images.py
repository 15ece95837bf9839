from collections.abc import Callable

import numpy as np
import pytest

from grader.errors import GraderFault
from grader.evaluating.images import Scaling, StoredImages, normalise

Hold = Callable[[bytes], int]

PIXELS = np.arange(4 * 2 * 2 * 3).reshape(4, 2, 2, 3)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_images_are_read_by_index_from_an_offset(dtype: str, descriptor: Hold) -> None:
    file = descriptor(b"header" + PIXELS.astype(dtype).tobytes())
    images = StoredImages(file, dtype, PIXELS.shape, 6, Scaling())

    taken = images.take([3, 1])

    assert taken.dtype == np.float32
    np.testing.assert_array_equal(taken, PIXELS[[3, 1]])


def test_each_step_of_scaling_is_taken_in_float32() -> None:
    pixels = np.array([[[[7, 100, 255]]]], np.uint8)

    scaled = normalise(pixels, Scaling(255.0, (0.5, 0.25, 0.125), (0.2, 0.3, 0.4)))

    third = (np.float32(255) / np.float32(255) - np.float32(0.125)) / np.float32(0.4)
    first = (np.float32(7) / np.float32(255) - np.float32(0.5)) / np.float32(0.2)
    assert scaled.dtype == np.float32
    assert (scaled[0, 0, 0, 0], scaled[0, 0, 0, 2]) == (first, third)


def test_channels_that_come_first_are_scaled_each_by_its_own_number() -> None:
    first = np.arange(12, dtype=np.float32).reshape(1, 3, 2, 2)
    numbers = ((1.0, 2.0, 3.0), (2.0, 4.0, 8.0))

    scaled = normalise(first, Scaling(1.0, *numbers, channels_first=True))

    last = normalise(first.transpose(0, 2, 3, 1), Scaling(1.0, *numbers))
    assert scaled.tolist() == last.transpose(0, 3, 1, 2).tolist()


def test_a_file_that_is_too_short_is_our_own_fault(descriptor: Hold) -> None:
    images = StoredImages(descriptor(bytes(20)), "uint8", (2, 2, 2, 3), 0, Scaling())

    for read in (lambda: images.take([0, 1]), images.require_whole):
        with pytest.raises(GraderFault, match="image 1 ends after 8 of 12 bytes"):
            read()


def test_another_type_of_pixel_is_our_own_fault(descriptor: Hold) -> None:
    images = StoredImages(descriptor(bytes(48)), "int32", (1, 2, 2, 3), 0, Scaling())

    with pytest.raises(GraderFault, match="images of type int32"):
        images.take([0])
