"""The sets of a run, and the images as training sees them."""

from pathlib import Path

import numpy as np
import pytest

from kits.reference import data
from kits.reference.data import Images


def write(path: Path, examples: int) -> Path:
    """Images that can be told from one another by their first value."""
    numbers = np.arange(examples, dtype=np.uint8)
    pixels = np.zeros((examples, 25, 25, 3), np.uint8) + numbers[:, None, None, None]
    np.savez(path, x_train=pixels, y_train=numbers % 5, x_test=pixels[:9], y_test=numbers[:9] % 5)
    return path


def numbers(images: Images) -> set[int]:
    return set(images.pixels[:, 0, 0, 0].tolist())


def test_every_training_image_is_in_one_of_two_sets(tmp_path: Path) -> None:
    sets = data.load(write(tmp_path / "data.npz", 200), seed=1)

    assert [len(images.labels) for images in (sets.train, sets.validation, sets.test)] == [180, 20, 9]
    assert numbers(sets.train) | numbers(sets.validation) == set(range(200))
    np.testing.assert_array_equal(sets.validation.pixels[:, 0, 0, 0] % 5, sets.validation.labels)


def test_the_seed_draws_the_validation_images(tmp_path: Path) -> None:
    path = write(tmp_path / "data.npz", 200)
    first, again, other = (numbers(data.load(path, seed).validation) for seed in (1, 1, 2))

    assert first == again != other


def test_the_share_is_the_courses() -> None:
    assert round(25_000 * data.SHARE) == 2_525


def test_the_network_reads_values_by_255() -> None:
    pixels = np.array([[[[0, 51, 255]]]], np.uint8)

    np.testing.assert_array_equal(
        Images(pixels, np.zeros(1, np.int64)).scaled(), np.array([[[[0, 0.2, 1]]]], np.float32)
    )


def gradient() -> Images:
    """Ten images whose values rise from left to right and from top to bottom."""
    rows, columns = np.mgrid[:25, :25]
    one = np.stack([rows * 4, columns * 4, rows + columns], axis=-1).astype(np.uint8)
    return Images(np.repeat(one[None], 10, axis=0), np.zeros(10, np.int64))


def test_without_a_shift_an_image_is_mirrored_or_as_it_was() -> None:
    images = gradient()
    one = images.pixels[0]

    found = data.varied(images, np.random.default_rng(0), 0)

    kinds = {(each == one).all() for each in found}
    assert kinds == {True, False}
    assert all((each == one).all() or (each == one[:, ::-1]).all() for each in found)


@pytest.mark.parametrize("shift", [1, 2])
def test_an_image_moves_by_the_shift_at_most(shift: int) -> None:
    images = gradient()

    found = data.varied(images, np.random.default_rng(0), shift).astype(int)

    middle = found[:, 12, 12, 0] - 4 * 12
    assert set((middle // 4).tolist()) <= set(range(-shift, shift + 1))
    assert (middle != 0).any()


def test_the_images_themselves_stay_as_they_are() -> None:
    images = gradient()
    before = images.pixels.copy()

    data.varied(images, np.random.default_rng(0), 2)

    np.testing.assert_array_equal(images.pixels, before)


def write_cifar(folder: Path) -> Path:
    """CIFAR-10's binary version with one image of each class in each file, whose values are 10 x its class."""
    records = b"".join(bytes([label, *[10 * label] * 3072]) for label in range(10))
    for name in (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"):
        (folder / f"{name}.bin").write_bytes(records)
    return folder


@pytest.mark.parametrize("only_training", [False, True])
def test_the_assignments_images_are_cut_out_of_cifar_10(tmp_path: Path, only_training: bool) -> None:
    data.build(write_cifar(tmp_path), tmp_path / "built.npz", only_training=only_training)

    with np.load(tmp_path / "built.npz") as found:
        assert found["x_train"].shape == (25, 25, 25, 3)
        np.testing.assert_array_equal(found["x_train"][:, 0, 0, 0], 10 * (found["y_train"] + 2))
        assert set(found["y_train"].tolist()) == set(range(5))
        assert ("x_test" in found) is not only_training
