import json
import mmap
import os
from pathlib import Path

import numpy as np
import pytest

from grader import dataset_folders, datasets
from grader.datasets import Dataset, DatasetError


def small_dataset() -> Dataset:
    images = np.random.default_rng(7).integers(0, 256, (5, 3, 4, 1), dtype=np.uint8)
    return datasets.create(images, np.array([0, 1, 2, 1, 0]))


def test_images_are_mapped_through_the_descriptor(tmp_path: Path) -> None:
    dataset = small_dataset()
    dataset_folders.save_raw(dataset, tmp_path / "raw")

    with (
        dataset_folders.open_images(tmp_path / "raw") as images,
        mmap.mmap(images.file, 0, access=mmap.ACCESS_READ) as mapped,
    ):
        content = mapped[images.offset :]

    values = np.frombuffer(content, images.dtype).reshape(images.shape)
    np.testing.assert_array_equal(values, dataset.images)


def test_float_images_keep_their_type(tmp_path: Path) -> None:
    dataset = datasets.create(np.ones((2, 1, 3, 3), np.float32), np.array([0, 1]))
    dataset_folders.save_raw(dataset, tmp_path)

    with dataset_folders.open_images(tmp_path) as images:
        assert (images.dtype, images.shape) == ("float32", (2, 1, 3, 3))


def test_the_descriptor_is_closed_at_the_end(tmp_path: Path) -> None:
    dataset_folders.save_raw(small_dataset(), tmp_path)

    with dataset_folders.open_images(tmp_path) as images:
        pass

    with pytest.raises(OSError, match="Bad file descriptor"):
        mmap.mmap(images.file, 0, access=mmap.ACCESS_READ)


def test_labels_are_in_a_file_of_their_own(tmp_path: Path) -> None:
    dataset = small_dataset()

    dataset_folders.save_raw(dataset, tmp_path)

    np.testing.assert_array_equal(dataset_folders.labels(tmp_path), dataset.labels)
    assert dataset.labels.tobytes() not in (tmp_path / "images.npy").read_bytes()


def test_the_facts_are_those_of_the_data_set(tmp_path: Path) -> None:
    written = dataset_folders.save_raw(small_dataset(), tmp_path)

    assert dataset_folders.facts(tmp_path) == written == datasets.describe(small_dataset())
    assert json.loads((tmp_path / "dataset.json").read_text())["digest"] == written.digest


def test_an_unfinished_folder_is_refused(tmp_path: Path) -> None:
    dataset_folders.save_raw(small_dataset(), tmp_path)
    (tmp_path / "dataset.json").unlink()

    with pytest.raises(DatasetError, match="expected the facts that end a data set's folder, got FileNotFoundError"):
        dataset_folders.labels(tmp_path)


def test_a_data_set_takes_the_place_of_a_damaged_one_and_leaves_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "raw"
    written = dataset_folders.save_raw(small_dataset(), folder)
    (folder / "images.npy").write_bytes(b"")

    dataset_folders.save_raw(small_dataset(), folder)

    assert dataset_folders.is_intact(folder, written)
    assert list(tmp_path.iterdir()) == [folder]


def test_whoever_has_a_data_set_open_keeps_it_while_another_takes_its_place(tmp_path: Path) -> None:
    dataset_folders.save_raw(small_dataset(), tmp_path / "raw")
    other = datasets.create(np.zeros((2, 1, 3, 3), np.uint8), np.array([0, 1]))

    with dataset_folders.open_images(tmp_path / "raw") as images:
        dataset_folders.save_raw(other, tmp_path / "raw")
        content = os.pread(images.file, 1000, images.offset)

    assert content == small_dataset().images.tobytes()


def test_what_fails_half_way_leaves_the_data_set_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = dataset_folders.save_raw(small_dataset(), tmp_path / "raw")

    def fail(_descriptor: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        dataset_folders.save_raw(small_dataset(), tmp_path / "raw")

    assert dataset_folders.is_intact(tmp_path / "raw", written)
    assert list(tmp_path.iterdir()) == [tmp_path / "raw"]


@pytest.mark.parametrize("name", ["images.npy", "labels.npy", "dataset.json"])
def test_a_folder_with_a_file_cut_or_missing_is_not_intact(tmp_path: Path, name: str) -> None:
    written = dataset_folders.save_raw(small_dataset(), tmp_path / "raw")
    assert dataset_folders.is_intact(tmp_path / "raw", written)

    path = tmp_path / "raw" / name
    path.write_bytes(path.read_bytes()[:-5])
    assert not dataset_folders.is_intact(tmp_path / "raw", written)
    path.unlink()
    assert not dataset_folders.is_intact(tmp_path / "raw", written)


def test_images_shorter_than_their_shape_are_refused_before_they_are_mapped(tmp_path: Path) -> None:
    dataset_folders.save_raw(small_dataset(), tmp_path)
    path = tmp_path / "images.npy"
    path.write_bytes(path.read_bytes()[:-1])

    with (
        pytest.raises(DatasetError, match=r"expected uint8 values of shape \(5, 3, 4, 1\), got 59 bytes"),
        dataset_folders.open_images(tmp_path),
    ):
        pass


def test_labels_of_another_data_set_are_refused(tmp_path: Path) -> None:
    dataset_folders.save_raw(small_dataset(), tmp_path)
    np.save(tmp_path / "labels.npy", np.zeros(4, np.int64))

    with pytest.raises(DatasetError, match=r"expected 5 labels of int64, got 32 bytes of int64 for shape \(4,\)"):
        dataset_folders.labels(tmp_path)


def test_a_file_that_is_no_npy_is_refused(tmp_path: Path) -> None:
    dataset_folders.save_raw(small_dataset(), tmp_path)
    (tmp_path / "labels.npy").write_bytes(b"0 1 2 1 0")

    with pytest.raises(DatasetError, match=r"expected an \.npy file of format 1\.0"):
        dataset_folders.labels(tmp_path)
