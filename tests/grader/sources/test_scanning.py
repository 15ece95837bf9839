"""Uploads of code: scripts, notebooks and archives, read in parts of a size that is known."""

import io
import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader import limits
from grader.airlock.protocol import JobLimits
from grader.airlock.runner import Airlock
from grader.errors import Refusal
from grader.sources.mentions import Kind
from grader.sources.scanning import Scan, scan

BAD = "from tensorflow_model_optimization.sparsity import keras as k\n"


def notebook(*cells: str, **more: object) -> bytes:
    found = [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]
    return json.dumps({"cells": found, "nbformat": 4, **more}).encode()


def packed(**files: str | bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return sink.getvalue()


def told(found: Scan, name: str) -> list[tuple[str, int, int]]:
    return [(each.file, each.cell, each.mention.line) for each in found.places if each.mention.name.startswith(name)]


def test_a_script_is_told_by_its_lines() -> None:
    assert told(scan(f"\n{BAD}".encode(), "train.py"), "tensorflow_model_optimization") == [("train.py", 0, 2)]


def test_a_notebook_is_told_by_cells_and_their_lines() -> None:
    content = notebook("x = 1", f"%%time\n!ls\n{BAD}")

    assert told(scan(content, "train.ipynb"), "tensorflow_model_optimization") == [("train.ipynb", 2, 3)]


def test_text_of_a_notebook_is_no_code() -> None:
    content = json.dumps({"cells": [{"cell_type": "markdown", "source": [BAD]}]}).encode()

    assert scan(content, "a.ipynb").places == []


@pytest.mark.parametrize(
    "cell",
    [
        "!pip install -q tensorflow-model-optimization==0.8.0",
        "%pip install numpy 'tensorflow-model-optimization>=0.7'",
        "%%bash\nset -e\npip3 install tensorflow-model-optimization",
    ],
)
def test_what_a_notebook_installs_is_told(cell: str) -> None:
    found = scan(notebook(cell), "a.ipynb")

    [place] = [each for each in found.places if each.mention.name == "tensorflow_model_optimization"]
    assert (place.mention.kind, place.cell) == (Kind.INSTALL, 1)


def test_lines_for_the_notebook_do_not_hide_the_python_beside_them() -> None:
    cell = "for i in range(2):\n    !echo {i}\n    x = !ls\nplt.plot?\nimport hidden\n"

    found = scan(notebook(cell), "a.ipynb")

    assert (told(found, "hidden"), found.files[0].note) == ([("a.ipynb", 1, 5)], "")


def test_an_archive_is_read_file_by_file() -> None:
    content = packed(
        train__py=BAD, lab__ipynb=notebook(BAD), requirements__txt="tensorflow-model-optimization\n", data__csv=BAD
    )

    found = scan(content, "code.zip")

    assert told(found, "tensorflow_model_optimization") == [
        ("train.py", 0, 1),
        ("lab.ipynb", 1, 1),
        ("requirements.txt", 0, 1),
    ]


def test_what_is_not_read_is_told() -> None:
    content = packed(
        inner__zip=packed(a__py=BAD), a__pyc="x", broken__ipynb="{", big__py="#" * (limits.SOURCE_MAX_FILE_BYTES + 1)
    )

    found = scan(content, "code.zip")

    assert {each.file: bool(each.note) for each in found.files} == dict.fromkeys(
        ("inner.zip", "a.pyc", "broken.ipynb", "big.py"), True
    )
    assert found.places == []


def test_an_archive_that_contradicts_itself_is_refused() -> None:
    content = packed(a__py=BAD, b__py=BAD).replace(b"b.py", b"a.py")

    with pytest.raises(Refusal):
        scan(content, "code.zip")


def test_three_places_of_a_name_are_told() -> None:
    assert len(told(scan(b"import a\n" * 50, "a.py"), "a")) == limits.SOURCE_PLACES_OF_A_NAME


@pytest.fixture(scope="module")
def jail() -> Iterator[Airlock]:
    with Airlock("grader.sources.job") as airlock:
        yield airlock


LIMITS = JobLimits(limits.SCAN_CPU_SECONDS, limits.SCAN_WALL_SECONDS, limits.READ_MEMORY_BYTES, limits.MAX_HEAD_BYTES)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.py", BAD.encode()),
        ("a.py", b"\xff\xfe# -*- coding: cp1252 -*-\n" + BAD.encode()),
        ("a.py", b"print 1\n" + BAD.encode()),
        ("a.ipynb", notebook(BAD)),
        ("code.zip", packed(a__py=BAD)),
    ],
)
def test_the_jail_can_do_all_of_it(jail: Airlock, tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        head = jail.run({"file_name": name}, [descriptor], LIMITS).head
    finally:
        os.close(descriptor)

    assert any(place[4].startswith("tensorflow_model_optimization") for place in head["places"])
