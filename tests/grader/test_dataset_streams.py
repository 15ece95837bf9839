from pathlib import Path

import numpy as np
import pytest

from grader import dataset_archives, dataset_streams, datasets, limits
from grader.dataset_errors import DatasetError
from grader.dataset_streams import Passing, Stream
from grader.errors import GraderFault
from grader.facts import AnyArray

IMAGES = np.random.default_rng(3).integers(0, 256, (7, 4, 5, 3), dtype=np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 4, 0])
IMAGE_BYTES = 4 * 5 * 3


@pytest.fixture(autouse=True)
def two_images_are_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DATASET_PART_BYTES", 2 * IMAGE_BYTES + 7)


def stored_at(path: Path, images: AnyArray = IMAGES, labels: AnyArray = LABELS) -> Path:
    np.savez_compressed(path, images=images, labels=labels)
    return path


def parts_of(stream: Stream) -> list[AnyArray]:
    return list(stream.images.parts)


def test_images_pass_by_in_parts_of_a_few(tmp_path: Path) -> None:
    parts = parts_of(dataset_streams.load(stored_at(tmp_path / "data.npz")))

    assert [len(part) for part in parts] == [2, 2, 2, 1]
    np.testing.assert_array_equal(np.concatenate(parts), IMAGES)


def test_an_image_larger_than_a_part_passes_by_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DATASET_PART_BYTES", 10)

    parts = parts_of(dataset_streams.load(stored_at(tmp_path / "data.npz")))

    assert [len(part) for part in parts] == [1] * 7


@pytest.mark.parametrize("dtype", ["uint8", "<f4", ">f4"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_stream_has_the_facts_of_the_same_data_set_in_memory(tmp_path: Path, dtype: str, order: str) -> None:
    images = np.array(IMAGES, dtype=dtype, order="F" if order == "F" else "C")
    path = stored_at(tmp_path / "data.npz", images)

    assert dataset_streams.describe(dataset_streams.load(path)) == datasets.describe(datasets.load(path))


def test_a_stream_is_saved_as_the_bytes_of_the_same_data_set_in_memory(tmp_path: Path) -> None:
    path = stored_at(tmp_path / "data.npz")
    datasets.save(datasets.load(path), tmp_path / "memory.npz")

    described = dataset_streams.save(dataset_streams.load(path), tmp_path / "stream.npz")

    assert described == datasets.describe(datasets.load(tmp_path / "stream.npz"))
    assert (tmp_path / "stream.npz").read_bytes() == (tmp_path / "memory.npz").read_bytes()


def test_numpy_reads_what_was_saved(tmp_path: Path) -> None:
    dataset_streams.save(dataset_streams.load(stored_at(tmp_path / "data.npz")), tmp_path / "out.npz")

    with np.load(tmp_path / "out.npz") as archive:
        np.testing.assert_array_equal(archive["images"], IMAGES)
        np.testing.assert_array_equal(archive["labels"], LABELS)
        assert (archive["images"].dtype.name, archive["labels"].dtype.name) == ("uint8", "uint8")


def test_there_are_no_facts_before_all_images_have_passed(tmp_path: Path) -> None:
    passing = Passing(dataset_streams.load(stored_at(tmp_path / "data.npz")))
    next(passing.images.parts)

    with pytest.raises(GraderFault, match="2 of 7 images have passed"):
        passing.description()


def test_a_value_that_is_not_finite_is_told_by_its_place_in_the_whole(tmp_path: Path) -> None:
    images = IMAGES.astype(np.float32)
    images[5, 1, 2, 0] = np.inf

    with pytest.raises(DatasetError, match=r"data.npz, array 'images': expected finite values, got inf at \(5, 1, 2"):
        dataset_streams.describe(dataset_streams.load(stored_at(tmp_path / "data.npz", images)))


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES[..., 0], LABELS, r"got shape \(7, 4, 5\)\. Gray images"),
        (IMAGES.astype(np.float64), LABELS, "expected dtype uint8 or float32, got float64"),
        (IMAGES, LABELS[:6], "expected one label for each image, got 7 images and 6 labels"),
        (IMAGES, LABELS - 1, "got labels from -1 to 3"),
    ],
)
def test_what_is_no_data_set_is_told_before_an_image_is_read(
    tmp_path: Path, images: AnyArray, labels: AnyArray, message: str
) -> None:
    with pytest.raises(DatasetError, match=message):
        dataset_streams.load(stored_at(tmp_path / "data.npz", images, labels))


def test_a_damaged_image_is_told_when_it_is_met_and_nothing_is_left(tmp_path: Path) -> None:
    path = stored_at(tmp_path / "data.npz", np.zeros((7, 4, 5, 3), np.uint8) + IMAGES)
    content = bytearray(path.read_bytes())
    content[300] ^= 0xFF
    path.write_bytes(content)

    with pytest.raises(DatasetError, match="array 'images': expected a whole array, got bytes that cannot be read"):
        dataset_streams.save(dataset_streams.load(path), tmp_path / "out.npz")

    assert list(tmp_path.iterdir()) == [path]


def test_more_values_than_the_shape_has_are_refused(tmp_path: Path) -> None:
    parts = dataset_archives.Parts((6, 4, 5, 3), IMAGES.dtype, iter((IMAGES,)))
    path = tmp_path / "data.npz"
    dataset_archives.write_arrays(path, {"images": parts, "labels": dataset_archives.in_one(LABELS[:6])})

    with pytest.raises(DatasetError, match=r"after the last value of shape \(6, 4, 5, 3\)"):
        dataset_streams.describe(dataset_streams.load(path))
