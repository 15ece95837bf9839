"""A student's path: the starter notebook's own cells make a file that the service scores."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader import file_names
from grader.report import Status
from kits.reference import data, judging
from tests.kits.cells import cells, notebook, program

ZEROS = 296_466  # half of 592,933, less the one weight at the threshold
SETTINGS = ("KERAS", "DATA", "EPOCHS", "SEED", "SPARSITY", "FILE", "URL", "COMPETITION")


def run(folder: Path, slice_: Path, keras: str) -> str:
    """What the cells print, in a process of their own without a token and without the students' commands."""
    source = program({"KERAS": keras, "DATA": str(slice_), "EPOCHS": 1})
    (folder / "notebook.py").write_text(source, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SECATEUR")}
    done = subprocess.run(
        [sys.executable, "notebook.py"],
        cwd=folder,
        env=environment | {"PATH": "", "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.keras
@pytest.mark.parametrize("keras", ["keras", "tf_keras"])
def test_the_notebooks_cells_make_a_file_that_is_scored(small_slice: Path, tmp_path: Path, keras: str) -> None:
    pytest.importorskip(keras, reason=f"{keras} is not installed")

    told = run(tmp_path, small_slice, keras)

    definition, file = judging.assignment(), tmp_path / "my_model_weights.h5"
    with judging.hidden(data.load(small_slice, seed=1).test) as test_set:
        report = judging.grade(file, definition, test_set)
    assert (report.status, report.problems) == (Status.SCORED, ())
    assert report.counts is not None
    assert report.counts.zeros == ZEROS
    assert report.full_credit
    assert file_names.misnamed(file.name, definition.grading.file.names) is None
    assert f"{ZEROS:,} zeros" in told
    assert "no token" in told


def test_the_notebook_is_handed_out_without_results() -> None:
    assert (notebook()["nbformat"], notebook()["nbformat_minor"]) == (4, 5)
    for cell in notebook()["cells"]:
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)


def test_the_notebook_uses_no_pruning_library_and_holds_no_token() -> None:
    text = "\n".join(cell.source for cell in cells())

    assert "tensorflow_model_optimization" not in text
    assert "sec_" not in text


def test_every_setting_stands_in_one_cell() -> None:
    [settings] = [cell for cell in cells() if cell.is_parameters]

    names: dict[str, object] = {}
    exec(settings.source, names)
    assert tuple(name for name in names if name.isupper()) == SETTINGS
