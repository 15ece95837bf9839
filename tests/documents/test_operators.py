"""The commands for operators and instructors, as they stand in the documents, in an empty folder."""

import os
import re
import shlex
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from app.cli import main
from grader.cli import main as grader
from tests.documents import plan
from tests.documents.blocks import ROOT, block

CIFAR_PIXELS = 3 * 32 * 32


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A clone and a home in one, with a made-up CIFAR-10 of fifty images."""
    for name in [name for name in os.environ if name.startswith("SECATEUR_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SECATEUR_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("SECATEUR_ARGON2_MEMORY_KIB", "8192")
    monkeypatch.setenv("SECATEUR_ARGON2_PASSES", "1")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "competitions").symlink_to(ROOT / "competitions")
    with tarfile.open("cifar-10-binary.tar.gz", "w:gz") as archive:
        content = b"".join(bytes([number % 10]) + bytes(CIFAR_PIXELS) for number in range(50))
        member = tarfile.TarInfo("cifar-10-batches-bin/test_batch.bin")
        member.size = len(content)
        archive.addfile(member, BytesIO(content))
    umask = os.umask(0o022)
    yield tmp_path
    os.umask(umask)


def run(line: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What one line of a shell prints, without a process: `export`, `secateur` and `python -m grader` are known."""
    match shlex.split(os.path.expandvars(line), comments=True):
        case ["export", setting]:
            monkeypatch.setenv(*setting.split("=", 1))
            return ""
        case ["secateur", *arguments]:
            done = CliRunner().invoke(main, arguments)
            assert done.exit_code == 0, (line, done.output, done.exception)
            return str(done.output)
        case ["python", "-m", "grader", *arguments]:
            assert grader(arguments) == 0, line
            return ""
    raise AssertionError(f"only a shell knows how to do this: {line}")


def lines(name: str) -> list[str]:
    """The commands of a block."""
    return block(name).text.splitlines()


def test_a_course_is_made_backed_up_and_put_up_elsewhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = "".join(run(line, monkeypatch) for name in plan.OPERATOR for line in lines(name))

    assert len(re.findall(r"password: \S+", told)) == 3
    assert "competition cmu-10605: version 1" in told
    assert "all as they were" in told
    assert (folder / "restored" / "secateur.sqlite").is_file()


def test_an_instructor_has_the_commands_for_a_course(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("python -m grader dataset cifar10-cmu cifar-10-binary.tar.gz --split test hidden-test.npz", monkeypatch)
    run("secateur migrate", monkeypatch)

    told = "".join(run(line, monkeypatch) for line in lines(plan.INSTRUCTOR))

    assert "592,933 parameters" in told
    assert "version 1" in told


@pytest.mark.parametrize("line", lines(plan.DATA_SETS), ids=lambda line: line.split()[4])
def test_each_way_makes_a_data_set(folder: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    np.savez("mine.npz", x_test=np.zeros((2, 5, 5, 3), np.uint8), y_test=np.array([0, 1]))
    Path("t10k-images-idx3-ubyte.gz").write_bytes(bytes([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2]) + bytes(4))
    Path("t10k-labels-idx1-ubyte.gz").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 1, 0]))
    Path("testing").mkdir()
    for number in (0, 1):
        Image.new("RGB", (260, 300)).save(f"testing/{number}_1.jpg")

    run(line, monkeypatch)

    assert (folder / "hidden-test.npz").is_file()
