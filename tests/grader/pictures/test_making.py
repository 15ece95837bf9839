import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from grader import dataset_streams, datasets, limits
from grader.dataset_errors import DatasetError
from grader.datasets import Description
from grader.pictures.decoding import prepare
from grader.pictures.making import stream
from grader.pictures.preparation import Layout, Preparation

Encode = Callable[..., bytes]
Zip = Callable[..., Path]

SMALL = Preparation(Layout.CHW, 40, 32)


@pytest.fixture
def zipped(tmp_path: Path) -> Zip:
    """Zips named contents."""

    def make(contents: dict[str, bytes], name: str = "set.zip") -> Path:
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, content in contents.items():
                archive.writestr(path, content)
        return tmp_path / name

    return make


def made(source: Path, preparation: Preparation = SMALL) -> Description:
    return dataset_streams.describe(stream(source, preparation))


def refusal(source: Path, preparation: Preparation = SMALL) -> str:
    with pytest.raises(DatasetError) as raised:
        made(source, preparation)
    return str(raised.value)


def test_a_folder_in_food_11s_naming_is_a_data_set(food: Path, tmp_path: Path) -> None:
    described = dataset_streams.save(stream(food, SMALL), tmp_path / "out.npz")

    dataset = datasets.load(tmp_path / "out.npz")
    assert described == datasets.describe(dataset)
    assert (described.shape, described.dtype, described.per_class) == ((3, 32, 32), "uint8", (4,) * 11)
    assert dataset.labels.tolist() == [number for number in range(11) for _ in range(4)]
    tenth = prepare((food / "10_9.jpg").read_bytes(), "x", SMALL)
    np.testing.assert_array_equal(dataset.images[41], tenth)


def test_a_zip_and_class_folders_give_the_same_data_set(food: Path, zipped: Zip) -> None:
    contents = {path.name: path.read_bytes() for path in sorted(food.iterdir(), reverse=True)}
    flat = zipped({f"testing/{name}": content for name, content in contents.items()} | {"__MACOSX/._0_8.jpg": b"x"})
    folders = zipped({name.replace("_", "/"): content for name, content in contents.items()}, "folders.zip")

    assert made(food) == made(flat) == made(folders)


def test_only_one_picture_at_a_time_is_taken(food: Path) -> None:
    parts = stream(food, SMALL).images.parts

    assert next(parts).shape == (1, 3, 32, 32)
    assert sum(len(part) for part in parts) == 43


def test_pictures_of_several_sizes_make_no_data_set(food: Path) -> None:
    message = refusal(food, Preparation(Layout.HWC))

    assert "0_9.jpg: expected shape (50, 80, 3), which 0_8.jpg has, got shape (50, 60, 3). Bring all to" in message


def test_a_damaged_picture_is_named(food: Path) -> None:
    path = food / "3_9.jpg"
    path.write_bytes(path.read_bytes()[:300])

    assert f"{food}, 3_9.jpg: expected a whole picture" in refusal(food)


def test_a_file_that_is_no_zip_is_told_its_size(tmp_path: Path) -> None:
    (tmp_path / "set.rar").write_bytes(b"Rar!" + bytes(100))

    assert "expected a folder or a zip archive of pictures, got a file of 104 bytes" in refusal(tmp_path / "set.rar")


def test_a_path_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        stream(tmp_path / "none.zip", SMALL)


@pytest.mark.parametrize("name", ["../0_1.jpg", "a/../../0_1.jpg", "/0_1.jpg", "a\\0_1.jpg"])
def test_an_archive_with_names_outside_itself_is_refused(zipped: Zip, encode: Encode, name: str) -> None:
    message = refusal(zipped({"0_0.jpg": encode(), name: encode()}))

    assert (
        f"expected names below the archive's own root, with / between the parts, got 1 others, the first {name!r}"
        in (message)
    )


def test_an_archive_with_a_name_twice_is_refused(tmp_path: Path, encode: Encode) -> None:
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr("0_1.jpg", encode())
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("0_1.jpg", encode(seed=1))

    assert "expected each name once, got 1 that are there more than once, the first '0_1.jpg'" in refusal(
        tmp_path / "set.zip"
    )


def test_an_encrypted_file_is_told_so(zipped: Zip, encode: Encode) -> None:
    path = zipped({"0_1.jpg": encode()})
    content = bytearray(path.read_bytes())
    content[6] |= 1  # general purpose flags of the file's header and of the directory's entry
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)

    assert f"{path}, 0_1.jpg: expected a file that is not encrypted, got an encrypted one" in refusal(path)


def test_a_damaged_archive_names_the_file_that_does_not_unpack(zipped: Zip, encode: Encode) -> None:
    path = zipped({"0_0.jpg": encode(), "0_1.jpg": encode(seed=1)})
    content = bytearray(path.read_bytes())
    second = content.index(b"0_1.jpg") + 200
    content[second] ^= 0xFF
    path.write_bytes(content)

    assert f"{path}, 0_1.jpg: expected a whole file, got bytes that do not unpack (" in refusal(path)


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_a_file_that_is_too_long_is_not_read(
    food: Path, zipped: Zip, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(limits, "MAX_PICTURE_BYTES", 1_000)
    (food / "0_8.jpg").write_bytes(bytes(1_001))
    source = food if kind == "folder" else zipped({"0_8.jpg": bytes(1_001)})

    assert "0_8.jpg: expected at most 1,000 bytes, got 1,001 bytes." in refusal(source)


def test_a_data_set_that_would_be_too_large_is_refused_at_once(food: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_DATASET_ARRAY_BYTES", 100_000)

    with pytest.raises(DatasetError, match=r"got 135,168 bytes for shape \(44, 3, 32, 32\)"):
        stream(food, SMALL)
