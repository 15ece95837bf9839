import gzip
import io
import struct
import tarfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from grader import dataset_recipes
from grader.dataset_errors import DatasetError
from grader.dataset_recipes import Channels, Split
from grader.facts import AnyArray

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
FASHION_MNIST = SHARED / "data" / "fashion-mnist"
CMU_SET = SHARED / "data" / "cifar10-5class-25x25.npz"


def idx_bytes(array: AnyArray) -> bytes:
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes()


def cifar_bytes(images: npt.NDArray[np.uint8], labels: list[int]) -> bytes:
    """Records as CIFAR-10's binary version has them, from images (N, 32, 32, 3)."""
    return b"".join(
        bytes([label]) + image.transpose(2, 0, 1).tobytes() for image, label in zip(images, labels, strict=True)
    )


def random_images(count: int, seed: int) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)


def tar_at(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_idx_files_become_a_data_set(tmp_path: Path, pack: type[bytes]) -> None:
    images = np.arange(3 * 4 * 5).reshape(3, 4, 5)
    (tmp_path / "images").write_bytes(pack(idx_bytes(images)))
    (tmp_path / "labels").write_bytes(pack(idx_bytes(np.array([2, 0, 1]))))

    dataset = dataset_recipes.from_idx(tmp_path / "images", tmp_path / "labels")

    np.testing.assert_array_equal(dataset.images, images[..., None])
    assert dataset.labels.tolist() == [2, 0, 1]


def test_the_channel_axis_comes_first_for_pytorch(tmp_path: Path) -> None:
    (tmp_path / "images").write_bytes(idx_bytes(np.zeros((3, 4, 5))))
    (tmp_path / "labels").write_bytes(idx_bytes(np.zeros(3)))

    dataset = dataset_recipes.from_idx(tmp_path / "images", tmp_path / "labels", Channels.FIRST)

    assert dataset.images.shape == (3, 1, 4, 5)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "got 0 bytes that begin with nothing"),
        (b"\x00\x00\x0d\x01" + bytes(8), "got 12 bytes that begin with 00 00 0d 01"),
        (b"\x00\x00\x08\x09" + bytes(40), "and 1 to 8 dimensions"),
        (idx_bytes(np.zeros(7))[:-2], r"expected 7 bytes for shape \(7,\) after a header of 8, got 5 bytes"),
        (idx_bytes(np.zeros(7)) + b"x", "got 8 bytes"),
        (idx_bytes(np.zeros((2, 3, 4)))[:9], "got 0 bytes"),
        (gzip.compress(idx_bytes(np.arange(200)))[:-9], "expected a whole gzip file"),
    ],
    ids=["empty", "floats", "dimensions", "short", "long", "header", "gzip"],
)
def test_what_is_no_idx_file_is_told_why(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "labels"
    path.write_bytes(content)

    with pytest.raises(DatasetError, match=message):
        dataset_recipes.read_idx(path)


def test_named_arrays_of_another_archive_become_a_data_set(tmp_path: Path) -> None:
    images = np.zeros((4, 2, 2, 1), np.uint8)
    np.savez(tmp_path / "all.npz", x_test=images, y_test=np.array([[3], [1], [0], [2]]), x_train=images[:1])

    dataset = dataset_recipes.from_npz(tmp_path / "all.npz", "x_test", "y_test")

    assert dataset.images.shape == (4, 2, 2, 1)
    assert dataset.labels.tolist() == [3, 1, 0, 2]


def test_the_cmu_recipe_keeps_five_classes_in_order_and_crops_the_top_left(tmp_path: Path) -> None:
    images, labels = random_images(10, seed=1), [3, 9, 2, 6, 0, 5, 4, 7, 1, 3]
    archive = tar_at(tmp_path / "cifar.tar.gz", {"readme.html": b"x", "test_batch.bin": cifar_bytes(images, labels)})

    dataset = dataset_recipes.cifar10_cmu(archive, Split.TEST)

    np.testing.assert_array_equal(dataset.images, images[[0, 2, 3, 5, 6, 9], :25, :25])
    assert dataset.labels.tolist() == [1, 0, 4, 3, 2, 1]
    assert dataset.images.dtype == np.uint8


def test_training_batches_follow_their_numbers_whatever_the_archive_order(tmp_path: Path) -> None:
    batches = {number: random_images(2, seed=number) for number in (5, 2, 1, 4, 3)}
    members = {f"data_batch_{number}.bin": cifar_bytes(images, [2, 3]) for number, images in batches.items()}

    dataset = dataset_recipes.cifar10_cmu(tar_at(tmp_path / "cifar.tar.gz", members), Split.TRAIN)

    expected = np.concatenate([batches[number] for number in (1, 2, 3, 4, 5)])[:, :25, :25]
    np.testing.assert_array_equal(dataset.images, expected)


def test_the_unpacked_folder_gives_what_the_archive_gives(tmp_path: Path) -> None:
    content = cifar_bytes(random_images(3, seed=2), [4, 5, 6])
    (tmp_path / "test_batch.bin").write_bytes(content)
    archive = tar_at(tmp_path / "cifar.tar.gz", {"test_batch.bin": content})

    from_folder = dataset_recipes.cifar10_cmu(tmp_path, Split.TEST)

    np.testing.assert_array_equal(from_folder.images, dataset_recipes.cifar10_cmu(archive, Split.TEST).images)


def test_missing_batches_are_all_named(tmp_path: Path) -> None:
    archive = tar_at(tmp_path / "cifar.tar.gz", {"data_batch_1.bin": b"", "data_batch_3.bin": b""})

    with pytest.raises(DatasetError, match=r"got none called data_batch_2\.bin, data_batch_4\.bin, data_batch_5\.bin"):
        dataset_recipes.cifar10_cmu(archive, Split.TRAIN)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (bytes(3073 * 2 - 1), "expected a multiple of 3,073 bytes .* got 6,145 bytes"),
        (b"", "got 0 bytes"),
        (bytes([10]) + bytes(3072), "expected labels from 0 to 9, got a label of 10"),
    ],
    ids=["cut", "empty", "label"],
)
def test_records_of_another_format_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "test_batch.bin").write_bytes(content)

    with pytest.raises(DatasetError, match=message):
        dataset_recipes.cifar10_cmu(tmp_path, Split.TEST)


def test_an_archive_cut_short_is_told_so(tmp_path: Path) -> None:
    archive = tar_at(tmp_path / "cifar.tar.gz", {"test_batch.bin": cifar_bytes(random_images(3, seed=3), [4, 5, 6])})
    archive.write_bytes(archive.read_bytes()[:5000])

    with pytest.raises(DatasetError, match=r"5,000 bytes that cannot be read as a tar archive"):
        dataset_recipes.cifar10_cmu(archive, Split.TEST)


@pytest.mark.skipif(not CMU_SET.exists(), reason="the shared CMU data set is not beside this checkout")
def test_the_recipe_gives_the_courses_own_set_from_records_that_hold_it(tmp_path: Path) -> None:
    course = dataset_recipes.from_npz(CMU_SET, "x_test", "y_test")
    images = random_images(200, seed=4)
    images[::2, :25, :25] = course.images[:100]
    labels = np.full(200, 9)
    labels[::2] = course.labels[:100] + 2
    (tmp_path / "test_batch.bin").write_bytes(cifar_bytes(images, labels.tolist()))

    dataset = dataset_recipes.cifar10_cmu(tmp_path, Split.TEST)

    np.testing.assert_array_equal(dataset.images, course.images[:100])
    np.testing.assert_array_equal(dataset.labels, course.labels[:100])


@pytest.mark.skipif(not FASHION_MNIST.is_dir(), reason="the shared Fashion-MNIST files are not beside this checkout")
def test_fashion_mnist_is_read_as_published() -> None:
    dataset = dataset_recipes.from_idx(
        FASHION_MNIST / "t10k-images-idx3-ubyte.gz", FASHION_MNIST / "t10k-labels-idx1-ubyte.gz"
    )

    assert dataset.images.shape == (10_000, 28, 28, 1)
    assert np.bincount(dataset.labels).tolist() == [1000] * 10
