"""The reading job from a descriptor, and the real files of students."""

import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import h5py
import pytest

from grader.errors import Finding, Refusal
from grader.reading import job

Build = Callable[[h5py.File], None]
Write = Callable[..., bytes]
Refused = Callable[..., tuple[Finding, ...]]


def run_on(path: Path, **arguments: object) -> list[object]:
    file = os.open(path, os.O_RDONLY)
    try:
        os.lseek(file, 5, os.SEEK_SET)
        head, arrays = job.run({"format": "keras-h5", **arguments}, [file])
    finally:
        os.close(file)
    return [head, {key: array.tolist() for key, array in arrays.items()}]


def test_a_descriptor_is_read_from_its_beginning(write: Write, dense: Build, tmp_path: Path) -> None:
    path = tmp_path / "w.h5"
    path.write_bytes(write(dense))

    assert run_on(path) == [
        {
            "layout": "keras-vars",
            "ordered": False,
            "layers": [{"name": "dense", "arrays": ["0", "1"]}],
            "notes": [],
        },
        {"0/0": [[0, 1, 2], [3, 4, 5]], "0/1": [1, 1, 1]},
    ]


def test_more_bytes_than_allowed_are_refused(write: Write, dense: Build, tmp_path: Path) -> None:
    path = tmp_path / "w.h5"
    path.write_bytes(write(dense))
    size = path.stat().st_size

    run_on(path, max_bytes=size)
    with pytest.raises(Refusal) as caught:
        run_on(path, max_bytes=size - 1)

    assert [finding.code for finding in caught.value.findings] == ["too-large"]


def test_a_mixed_up_upload_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", "{}")

    with pytest.raises(Refusal) as caught:
        run_on(path)

    assert caught.value.findings == (Finding("keras-archive"),)


def test_the_file_name_helps_to_recognise_it(refused: Refused) -> None:
    assert refused(b"\x00" * 9, file_name="cp.index")[0].code == "tensorflow-checkpoint"


def test_warming_reads_a_sample_of_each_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    answer = job.answer

    def watch(data: bytes, max_bytes: int, arguments: Mapping[str, object]) -> object:
        try:
            given = answer(data, max_bytes, arguments)
        except Refusal as refusal:
            seen.extend(finding.code for finding in refusal.findings)
            raise
        seen.append("read")
        return given

    monkeypatch.setattr(job, "answer", watch)
    job.warm()

    assert seen == [
        *("read", "h5-damaged", "zip-archive", "text-file"),
        *("read", "zip-no-end", "read", "legacy-truncated", "read", "safetensors-truncated"),
        *("read", "onnx-damaged", "onnx-opset"),
        *("read", "read", "read"),
    ]
