import hashlib
from pathlib import Path

import numpy as np
import pytest

from grader import datasets, limits
from grader.datasets import Dataset, DatasetError
from grader.facts import AnyArray

IMAGES = np.arange(6 * 4 * 5 * 3, dtype=np.uint8).reshape(6, 4, 5, 3)
LABELS = np.array([0, 1, 2, 0, 1, 4])


def stored_at(path: Path, **arrays: AnyArray) -> Path:
    np.savez(path, **arrays)  # type: ignore[arg-type]  # numpy's stub takes the names for its own option
    return path


def test_a_saved_data_set_loads_again(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"

    datasets.save(datasets.create(IMAGES, LABELS), path)

    loaded = datasets.load(path)
    np.testing.assert_array_equal(loaded.images, IMAGES)
    np.testing.assert_array_equal(loaded.labels, LABELS)
    assert (loaded.images.dtype.name, loaded.labels.dtype.name) == ("uint8", "int64")
    assert [file.name for file in tmp_path.iterdir()] == ["data.npz"]


def test_equal_data_sets_are_saved_as_equal_bytes(tmp_path: Path) -> None:
    for name in ("one.npz", "two.npz"):
        datasets.save(datasets.create(IMAGES, LABELS), tmp_path / name)

    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_channels_first_and_float32_are_kept(tmp_path: Path) -> None:
    images = np.linspace(-1, 1, 6 * 3 * 4 * 5, dtype=np.float32).reshape(6, 3, 4, 5)

    loaded = datasets.load(stored_at(tmp_path / "data.npz", images=images, labels=LABELS))

    np.testing.assert_array_equal(loaded.images, images)
    assert loaded.images.dtype == np.float32


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, ">i8", np.uint64])
def test_labels_of_every_integer_type_become_int64(dtype: str) -> None:
    labels = datasets.create(IMAGES, LABELS.astype(dtype)).labels

    assert labels.dtype == np.dtype("=i8")
    np.testing.assert_array_equal(labels, LABELS)


def test_big_endian_images_become_native() -> None:
    images = IMAGES.astype(">f4")

    native = datasets.create(images, LABELS).images

    assert native.dtype.isnative
    np.testing.assert_array_equal(native, images)


def test_the_digest_is_of_the_content_as_documented() -> None:
    head = b'{"dtype": "uint8", "format": "secateur data set, 1", "shape": [6, 4, 5, 3]}\n'

    expected = hashlib.sha256(head + IMAGES.tobytes() + LABELS.astype("<i8").tobytes()).hexdigest()

    assert datasets.digest(datasets.create(IMAGES, LABELS)) == expected


def test_the_digest_does_not_depend_on_how_the_file_is_stored(tmp_path: Path) -> None:
    plain = stored_at(tmp_path / "plain.npz", images=np.asfortranarray(IMAGES), labels=LABELS.astype(">i2"))
    datasets.save(datasets.create(IMAGES, LABELS), tmp_path / "deflated.npz")

    assert datasets.digest(datasets.load(plain)) == datasets.digest(datasets.load(tmp_path / "deflated.npz"))


@pytest.mark.parametrize(
    "other",
    [
        datasets.create(IMAGES + np.uint8(1), LABELS),
        datasets.create(IMAGES, LABELS + 1),
        datasets.create(IMAGES[::-1], LABELS),
        datasets.create(IMAGES.reshape(6, 5, 4, 3), LABELS),
        datasets.create(IMAGES.astype(np.float32), LABELS),
    ],
    ids=["values", "labels", "order", "shape", "dtype"],
)
def test_the_digest_changes_with(other: Dataset) -> None:
    assert datasets.digest(other) != datasets.digest(datasets.create(IMAGES, LABELS))


def test_a_description_counts_each_class() -> None:
    description = datasets.describe(datasets.create(IMAGES, LABELS))

    assert (description.examples, description.shape, description.dtype) == (6, (4, 5, 3), "uint8")
    assert (description.classes, description.per_class) == (5, (2, 2, 1, 0, 1))


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES.astype(np.float64), LABELS, "x, array 'images': expected dtype uint8 or float32, got float64. Convert"),
        (IMAGES[..., 0], LABELS, "each at least 1, got shape (6, 4, 5). Gray images need a channel axis as well"),
        (IMAGES[:0], LABELS[:0], "each at least 1, got shape (0, 4, 5, 3)."),
        (IMAGES, LABELS[:5], "x: expected one label for each image, got 6 images and 5 labels."),
        (
            IMAGES,
            LABELS.astype(np.float32),
            "x, array 'labels': expected whole numbers (an integer dtype), got float32.",
        ),
        (IMAGES, LABELS > 0, "expected whole numbers (an integer dtype), got bool."),
        (IMAGES, np.eye(6, dtype=np.int64), "expected shape (N,), N at least 1, got shape (6, 6). Use"),
        (IMAGES, LABELS - 1, "expected classes from 0 to at most 9,999, got labels from -1 to 3. Number"),
        (IMAGES, LABELS * 10**12, "got labels from 0 to 4,000,000,000,000."),
        (IMAGES, np.full(6, 2**64 - 1, np.uint64), "got labels from 18,446,744,073,709,551,615 to"),
    ],
)
def test_arrays_that_are_no_data_set_are_told_why(images: AnyArray, labels: AnyArray, message: str) -> None:
    with pytest.raises(DatasetError) as raised:
        datasets.create(images, labels, "x")

    assert message in str(raised.value)


def test_the_first_non_finite_value_is_named() -> None:
    images = IMAGES.astype(np.float32)
    images[2, 1, 3, 0] = np.nan
    images[5, 0, 0, 0] = np.inf

    with pytest.raises(DatasetError, match=r"got nan at \(2, 1, 3, 0\), the first of those that are not"):
        datasets.create(images, LABELS)


def test_a_missing_array_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    path = stored_at(tmp_path / "data.npz", x_test=IMAGES, y_test=LABELS)

    with pytest.raises(DatasetError, match="expected an array called 'images', got the arrays 'x_test', 'y_test'"):
        datasets.load(path)


def test_pickled_objects_are_never_loaded(tmp_path: Path) -> None:
    path = stored_at(tmp_path / "data.npz", images=np.array([IMAGES, None], dtype=object), labels=LABELS)

    with pytest.raises(DatasetError, match="got dtype object, pickled Python objects, which are never loaded"):
        datasets.load(path)


def test_a_truncated_file_is_told_so_wherever_it_ends(tmp_path: Path) -> None:
    whole = stored_at(tmp_path / "whole.npz", images=IMAGES, labels=LABELS).read_bytes()
    path = tmp_path / "cut.npz"

    for length in range(0, len(whole), 41):
        path.write_bytes(whole[:length])
        with pytest.raises(DatasetError, match=f"got {length:,} bytes that begin with"):
            datasets.load(path)


def test_no_flipped_byte_leads_to_anything_but_a_dataset_error(tmp_path: Path) -> None:
    datasets.save(datasets.create(IMAGES, LABELS), tmp_path / "whole.npz")
    whole = (tmp_path / "whole.npz").read_bytes()
    path = tmp_path / "damaged.npz"
    refused = 0

    for position in range(0, len(whole), 3):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
        try:
            datasets.load(path)
        except DatasetError:
            refused += 1

    assert refused > len(whole) // 3 // 2


def test_an_array_that_declares_too_much_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = stored_at(tmp_path / "data.npz", images=IMAGES, labels=LABELS)
    monkeypatch.setattr(limits, "MAX_DATASET_ARRAY_BYTES", 300)

    with pytest.raises(DatasetError, match=r"expected at most 300 bytes, got 360 bytes for shape \(6, 4, 5, 3\)"):
        datasets.load(path)


def test_a_bare_npy_file_is_not_taken_for_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "images.npy"
    np.save(path, IMAGES)

    with pytest.raises(DatasetError, match=r"expected an \.npz archive .* bytes that begin with b'.x93NUMPY'"):
        datasets.load(path)
