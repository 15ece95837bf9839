"""What a mixed-up upload is, told from its first bytes and its name."""

import gzip
import io
import json
import pickle
import tarfile
import zipfile

import numpy as np
import pytest

from grader.errors import Finding
from grader.reading.signatures import HEAD_BYTES, is_archive, recognise


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, b"content")
    return buffer.getvalue()


def tarred() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("weights.h5"))
    return buffer.getvalue()


def numpy_bytes() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.ones(3))
    return buffer.getvalue()


TORCH_LEGACY = b"\x80\x02" + bytes.fromhex("8a0a6cfc9c46f9206aa85019") + b".\x80\x02M\xe9\x03."

CASES = [
    (b"", "w.h5", "empty-file", ""),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", "w.h5", "git-lfs-pointer", ""),
    (b"\n<!DOCTYPE html><html>", "w.h5", "html-page", ""),
    (b"<HTML><head>", "w.h5", "html-page", ""),
    (gzip.compress(b"x", mtime=0), "w.h5.gz", "compressed-file", "a gzip file"),
    (tarred(), "w.tar", "compressed-file", "a tar archive"),
    (zipped("metadata.json", "config.json", "model.weights.h5"), "w.h5", "keras-archive", ""),
    (zipped("anything"), "model.KERAS", "keras-archive", ""),
    (zipped("archive/data.pkl"), "w.h5", "pytorch-checkpoint", ""),
    (zipped("student_best/data.pkl"), "w.ckpt", "pytorch-checkpoint", ""),
    (TORCH_LEGACY, "w.h5", "pytorch-checkpoint", ""),
    (zipped("my_model_weights.h5"), "w.zip", "zip-archive", "my_model_weights.h5"),
    (b"PK\x03\x04", "w.zip", "zip-archive", "a nameless entry"),
    (zipped("arr_0.npy"), "w.npz", "numpy-file", "a .npz file"),
    (numpy_bytes(), "w.h5", "numpy-file", "a .npy file"),
    (pickle.dumps([1.0, 2.0]), "w.h5", "python-pickle", ""),
    (b"\x00" * 40, "my_weights.index", "tensorflow-checkpoint", "one of its parts, my_weights.index"),
    (b"\x01" * 40, "w.data-00000-of-00001", "tensorflow-checkpoint", "one of its parts, w.data-00000-of-00001"),
    (b'model_checkpoint_path: "w"\n', "w.h5", "tensorflow-checkpoint", "its file `checkpoint`"),
    (b"\x08\x01\x12\xc4\x02", "saved_model.h5", "saved-model", ""),
    (b"\x0a\x01", "saved_model.pb", "saved-model", ""),
    (b"\x08\x07\x12\x07pytorch", "m.onnx", "other-model", "an ONNX model"),
    (b"\x1c\x00\x00\x00TFL3", "m.h5", "other-model", "a TensorFlow Lite model"),
    (b'\x40\x00\x00\x00\x00\x00\x00\x00{"w":{}}', "m.h5", "other-model", "a safetensors file"),
    (json.dumps({"class_name": "Sequential"}).encode(), "m.h5", "text-file", "JSON"),
    (("a" + "é" * 600).encode(), "m.h5", "text-file", "plain text"),
    (b"import keras\n", "train.py", "text-file", "plain text"),
    (bytes(range(0xF0, 0xFF)), "w.h5", "not-hdf5", ""),
]


@pytest.mark.parametrize(("content", "name", "code", "got"), CASES)
def test_a_mixed_up_upload_is_named(content: bytes, name: str, code: str, got: str) -> None:
    assert recognise(content[:HEAD_BYTES], name) == Finding(code, got=got)


@pytest.mark.parametrize("name", ["w.h5", "checkpoint", "model.keras"])
def test_hdf5_is_known_by_content_whatever_its_name(name: str) -> None:
    assert recognise(b"\x89HDF\r\n\x1a\n" + bytes(100), name) is None


def test_an_older_name_with_folders_is_understood() -> None:
    assert recognise(b"\x00\x01", "runs/7/checkpoint") == Finding("tensorflow-checkpoint", got="its file `checkpoint`")


@pytest.mark.parametrize("block", [bytes(512), b"a readme".ljust(1024), b"PK\x03\x04".ljust(2048, b"\0")])
def test_hdf5_behind_a_user_block_is_told_whatever_the_block_looks_like(block: bytes) -> None:
    assert recognise(block + b"\x89HDF\r\n\x1a\n" + bytes(100), "w.h5") == Finding("h5-user-block")


FOR_PYTORCH = [
    (b"", "w.pt", "empty-file", ""),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", "w.pt", "git-lfs-pointer", ""),
    (b"\n<!DOCTYPE html><html>", "w.pt", "html-page", ""),
    (b"\x89HDF\r\n\x1a\n" + bytes(600), "w.pt", "keras-weights", ""),
    (gzip.compress(b"x", mtime=0), "w.pt.gz", "pytorch-not-compressed", "a gzip file"),
    (tarred(), "w.tar", "pytorch-not-compressed", "a tar archive"),
    (tarred().replace(b"weights.h5", b"sys_info\0\0"), "w.pt", "pytorch-tar", ""),
    (zipped("anything"), "model.KERAS", "pytorch-not-keras", ""),
    (numpy_bytes(), "w.pt", "pytorch-not-numpy", "a .npy file"),
    (pickle.dumps([1.0, 2.0]), "w.pt", "pytorch-not-pickle", ""),
    (b"\x00" * 40, "w.ckpt.index", "pytorch-not-tensorflow", "one of its parts, w.ckpt.index"),
    (
        b"\x01" * 40,
        "w.ckpt.data-00000-of-00001",
        "pytorch-not-tensorflow",
        "one of its parts, w.ckpt.data-00000-of-00001",
    ),
    (b'model_checkpoint_path: "w"\n', "w.ckpt", "pytorch-not-tensorflow", "its file `checkpoint`"),
    (b"\x08\x01\x12\xc4\x02", "saved_model.pt", "pytorch-not-saved-model", ""),
    (b"\x08\x07\x12\x07pytorch", "m.onnx", "pytorch-not-other-model", "an ONNX model"),
    (b"import torch\n", "train.py", "pytorch-not-text", "plain text"),
    (bytes(range(0xF0, 0xFF)), "w.pt", "not-pytorch", ""),
]


@pytest.mark.parametrize(("content", "name", "code", "got"), FOR_PYTORCH)
def test_what_takes_the_place_of_a_pytorch_file_is_named(content: bytes, name: str, code: str, got: str) -> None:
    assert recognise(content, name, "pytorch") == Finding(code, got=got)


@pytest.mark.parametrize(
    "content",
    [
        zipped("model/data.pkl"),
        zipped("report.pdf", "a.pt"),
        TORCH_LEGACY,
        b'\x40\x00\x00\x00\x00\x00\x00\x00{"w":{}}',
    ],
)
def test_what_may_be_a_pytorch_file_is_for_the_jail_to_see(content: bytes) -> None:
    assert recognise(content, "w.h5", "pytorch") is None


def test_an_archive_is_no_checkpoint() -> None:
    assert is_archive(zipped("metadata.json"))
    assert not is_archive(zipped("model/data.pkl"))
    assert not is_archive(TORCH_LEGACY)
