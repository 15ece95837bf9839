import argparse
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from grader import dataset_cli, datasets
from grader.dataset_errors import DatasetError
from grader.pictures.decoding import decoder


def run_dataset(*words: str | Path) -> int:
    parser = argparse.ArgumentParser()
    dataset_cli.add_parser(parser.add_subparsers())
    options = parser.parse_args(["dataset", *map(str, words)])
    return int(options.run(options))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.npz"
    np.savez(path, x_test=np.zeros((4, 2, 3, 1), np.uint8), y_test=np.array([0, 1, 1, 2]))
    return path


def test_from_npz_writes_a_data_set_and_tells_what_it_holds(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = source.with_name("out.npz")

    assert run_dataset("from-npz", source, "--images", "x_test", "--labels", "y_test", out) == 0

    digest = datasets.digest(datasets.load(out))
    assert capsys.readouterr().out.splitlines() == [
        "examples  4",
        "images    2 x 3 x 1, uint8",
        "classes   3 (0: 1, 1: 2, 2: 1)",
        f"digest    {digest}",
    ]


def test_inspect_gives_the_facts_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dataset = datasets.create(np.zeros((2, 5, 5, 3), np.float32), np.array([1, 0]))
    datasets.save(dataset, tmp_path / "data.npz")

    assert run_dataset("inspect", tmp_path / "data.npz", "--json") == 0

    assert json.loads(capsys.readouterr().out) == {
        "digest": datasets.digest(dataset),
        "examples": 2,
        "shape": [5, 5, 3],
        "dtype": "float32",
        "classes": 2,
        "per_class": [1, 1],
    }


def test_from_idx_takes_the_place_of_the_channels(tmp_path: Path) -> None:
    (tmp_path / "images").write_bytes(bytes([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2]) + bytes(4))
    (tmp_path / "labels").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 1, 3]))
    out = tmp_path / "out.npz"

    run_dataset("from-idx", tmp_path / "images", tmp_path / "labels", out, "--channels", "first")

    assert datasets.load(out).images.shape == (1, 1, 2, 2)


def test_cifar10_cmu_takes_a_folder_and_a_split(tmp_path: Path) -> None:
    (tmp_path / "test_batch.bin").write_bytes(bytes([6]) + bytes(3072))
    out = tmp_path / "out.npz"

    run_dataset("cifar10-cmu", tmp_path, out, "--split", "test")

    assert datasets.load(out).labels.tolist() == [4]


def test_an_existing_file_is_replaced_only_on_request(source: Path) -> None:
    out = source.with_name("out.npz")
    out.write_bytes(b"precious")
    words = ("from-npz", source, "--images", "x_test", "--labels", "y_test", out)

    with pytest.raises(DatasetError, match="expected no file of that name yet"):
        run_dataset(*words)
    assert out.read_bytes() == b"precious"

    run_dataset(*words, "--force")
    assert len(datasets.load(out).labels) == 4


def test_the_file_to_write_has_to_be_called_npz(source: Path) -> None:
    with pytest.raises(DatasetError, match=r"expected a name that ends in \.npz, got \.npy"):
        run_dataset("from-npz", source, "--images", "x_test", "--labels", "y_test", source.with_name("out.npy"))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "testing"
    folder.mkdir()
    for name, size in (("0_1", (40, 30)), ("1_1", (33, 50)), ("1_2", (60, 60))):
        Image.new("RGB", size, (200, 100, 50)).save(folder / f"{name}.png")
    return folder


def test_images_prepares_pictures_and_tells_what_decoded_them(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.npz"

    assert run_dataset("images", pictures, out, "--resize", "28", "--crop", "24", "--layout", "chw") == 0

    dataset = datasets.load(out)
    assert (dataset.images.shape, dataset.labels.tolist()) == ((3, 3, 24, 24), [0, 1, 1])
    assert capsys.readouterr().out.splitlines() == [
        "examples  3",
        "images    3 x 24 x 24, uint8",
        "classes   2 (0: 1, 1: 2)",
        f"digest    {datasets.digest(dataset)}",
        f"decoder   {decoder()}",
    ]


def test_images_gives_the_facts_and_the_decoder_as_json(
    pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.npz"

    run_dataset("images", pictures, out, "--crop", "24", "--layout", "hwc", "--classes", "1,0", "--json")

    told = json.loads(capsys.readouterr().out)
    assert (told["shape"], told["per_class"], told["decoder"]) == ([24, 24, 3], [2, 1], decoder())


def test_what_cannot_be_prepared_leaves_no_file(pictures: Path, tmp_path: Path) -> None:
    (pictures / "1_2.png").write_bytes(b"no picture")

    with pytest.raises(DatasetError, match=r"1_2\.png: expected a whole picture"):
        run_dataset("images", pictures, tmp_path / "out.npz", "--crop", "24", "--layout", "chw")

    assert list(tmp_path.iterdir()) == [pictures]


@pytest.mark.parametrize("side", ["0", "-1", "8001", "224x224", "9" * 5000])
def test_a_side_is_a_number_of_pixels(pictures: Path, side: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run_dataset("images", pictures, "out.npz", "--layout", "chw", f"--crop={side}")

    assert "is no number of pixels from 1 to 8,000" in capsys.readouterr().err
