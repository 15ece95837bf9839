"""`secateur export`: the same network as the server makes, on one's own machine."""

import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import click
import onnx
import pytest
from click.testing import CliRunner

pytest.importorskip("torch")

from app import cli as operators
from client.cli import main
from tests.corpus.makers import code

ROOT = Path(__file__).resolve().parents[2]
COMPETITION = ROOT / "tests" / "corpus" / "competition-code.yaml"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with script, weights and the zip of both, in which the command runs."""
    monkeypatch.chdir(tmp_path)
    Path("hw13.zip").write_bytes(code.make({}, 0))
    with zipfile.ZipFile("hw13.zip") as archive:
        archive.extractall()
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["export", *arguments])
    return done.exit_code, done.output


def test_a_zip_and_its_files_give_the_same_network(folder: Path) -> None:
    assert run("hw13.zip", "--shape", "1x4x4", "-o", "zip.onnx")[0] == 0
    assert run("hw13.py", "student_best.ckpt", "--shape", "1x4x4")[0] == 0

    assert Path("zip.onnx").read_bytes() == Path("model.onnx").read_bytes()
    onnx.checker.check_model(onnx.load("model.onnx"), full_check=True)


def test_a_definition_says_whether_the_network_fits(folder: Path) -> None:
    status, output = run("hw13.zip", "--competition", str(COMPETITION))

    assert status == 0
    assert "corpus-code: checked" in output
    assert "parameters  51" in output


def test_what_is_wrong_is_told_in_the_servers_words(folder: Path) -> None:
    Path("hw13.py").write_text("def build():\n    return 1 / 0\n", encoding="utf-8")

    status, output = run("hw13.py", "student_best.ckpt", "--shape", "1x4x4")

    assert status == 1
    assert "[code-raised] hw13.py, line 2 in build: ZeroDivisionError: division by zero." in output
    assert not Path("model.onnx").exists()


def test_another_entry_may_be_named(folder: Path) -> None:
    text = Path("hw13.py").read_text(encoding="utf-8").replace("def build", "def mine")
    Path("hw13.py").write_text(text, encoding="utf-8")

    assert run("hw13.py", "student_best.ckpt", "--shape", "1x4x4")[0] == 1
    assert run("hw13.py", "student_best.ckpt", "--shape", "1x4x4", "--entry", "mine")[0] == 0


@pytest.mark.parametrize(
    "arguments", [[], ["--shape", "4x4"], ["--shape", "axbxc"], ["--shape", "1x4x4", "--competition", str(COMPETITION)]]
)
def test_the_shape_has_to_be_known(folder: Path, arguments: list[str]) -> None:
    assert run("hw13.zip", *arguments)[0] == 2


def test_a_competition_without_code_says_so(folder: Path) -> None:
    status, output = run("hw13.zip", "--competition", str(ROOT / "tests" / "corpus" / "competition-onnx.yaml"))

    assert status == 1
    assert "corpus-onnx takes no code" in output


def test_the_students_commands_run_without_the_service(folder: Path) -> None:
    checked = "import sys, client.cli; print(sorted({'app', 'sqlalchemy', 'fastapi', 'torch'} & sys.modules.keys()))"

    done = subprocess.run([sys.executable, "-c", checked], capture_output=True, text=True, check=True, cwd=ROOT)

    assert done.stdout == "[]\n"


def test_the_operators_command_line_has_the_students_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    points = [EntryPoint(name, value, operators.STUDENTS) for name, value in told[operators.STUDENTS].items()]

    def known(group: str, name: str | None = None) -> list[Any]:
        return [each for each in points if each.group == group and name in (None, each.name)]

    monkeypatch.setattr(operators, "entry_points", known)
    context = click.Context(operators.main)

    assert {"export", "run", "migrate"} <= {*operators.main.list_commands(context)}
    assert operators.main.get_command(context, "export") is main.get_command(context, "export")
    assert operators.main.get_command(context, "no-such-command") is None
