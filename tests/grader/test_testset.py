import os
from pathlib import Path

import numpy as np
import pytest

from grader import dataset_folders, datasets
from grader.competition import Definition
from grader.dataset_errors import DatasetError
from grader.facts import AnyArray
from grader.testset import TestSet, check_fit, open_test_folder, open_test_set


def write_set(path: Path, images: AnyArray, labels: list[int]) -> Path:
    np.savez(path, images=images, labels=np.array(labels, np.uint8))
    return path


def test_an_archive_and_a_folder_give_the_same_test_set(tiny: Path, tmp_path: Path) -> None:
    dataset_folders.save_raw(datasets.load(tiny / "tiny.npz"), tmp_path / "raw")

    with open_test_set(tiny / "tiny.npz") as archive, open_test_folder(tmp_path / "raw") as folder:
        assert archive.digest == folder.digest
        assert archive.labels.tolist() == folder.labels.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 0]
        assert archive.examples == folder.examples == 10
        contents = [os.pread(part.images.file, 40, part.images.offset) for part in (archive, folder)]
    assert contents[0] == contents[1]
    assert contents[0][:4] == b"\xff\0\0\0"


def test_what_the_evaluation_is_handed_holds_the_images_and_no_label(tiny_test_set: TestSet) -> None:
    assert os.fstat(tiny_test_set.images.file).st_size == 10 * 2 * 2 * 1


def test_the_images_are_closed_at_the_end(tiny: Path) -> None:
    with open_test_set(tiny / "tiny.npz") as test_set:
        file = test_set.images.file

    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(file)


def test_a_set_that_fits_is_taken(tiny_test_set: TestSet, tiny_definition: Definition) -> None:
    check_fit(tiny_test_set, tiny_definition.network, "tiny.npz")


@pytest.mark.parametrize("shape", [(3, 25, 25, 3), (3, 1, 2, 2), (3, 2, 2, 3)])
def test_images_of_another_shape_are_told_with_both_shapes(
    tmp_path: Path, tiny_definition: Definition, shape: tuple[int, ...]
) -> None:
    path = write_set(tmp_path / "x.npz", np.zeros(shape, np.uint8), [0, 1, 2])

    with open_test_set(path) as test_set, pytest.raises(DatasetError) as caught:
        check_fit(test_set, tiny_definition.network, "x.npz")

    assert str(caught.value).startswith("x.npz: expected images of shape (2, 2, 1)")
    assert f"got shape {shape[1:]}" in str(caught.value)


def test_a_label_beyond_the_networks_classes_is_told(tmp_path: Path, tiny_definition: Definition) -> None:
    path = write_set(tmp_path / "x.npz", np.zeros((2, 2, 2, 1), np.uint8), [0, 3])

    with open_test_set(path) as test_set, pytest.raises(DatasetError, match=r"labels from 0 to 2.*got labels up to 3"):
        check_fit(test_set, tiny_definition.network, "x.npz")
