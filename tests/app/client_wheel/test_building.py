"""The students' package: what is in it, what it needs, and that it works without the service."""

import ast
import base64
import hashlib
import io
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.client_wheel import building, sources
from tests.corpus.cases import COMPETITIONS, all_cases

MODULES = {"yaml": "pyyaml", "google": "onnx", "pydantic_core": "pydantic"}
"""What is imported under another name than it is installed by."""
OF_UNIX = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}


@pytest.fixture(scope="module")
def archive() -> Iterator[zipfile.ZipFile]:
    with zipfile.ZipFile(io.BytesIO(building.wheel())) as archive:
        yield archive


def test_everything_stands_below_one_name(archive: zipfile.ZipFile) -> None:
    assert {name.split("/")[0] for name in archive.namelist()} == {"secateur", building.name()[:21] + ".dist-info"}
    assert {"secateur/cli.py", "secateur/grader/reading/hdf5.py"} < set(archive.namelist())


def test_the_record_names_every_file_with_its_digest(archive: zipfile.ZipFile) -> None:
    record = next(name for name in archive.namelist() if name.endswith("RECORD"))
    lines = dict(line.split(",", 1) for line in archive.read(record).decode().splitlines())

    assert set(lines) == set(archive.namelist())
    for name in set(lines) - {record}:
        content = archive.read(name)
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        assert lines[name] == f"sha256={digest},{len(content)}"


def test_what_is_imported_is_asked_for_and_nothing_else() -> None:
    names = {
        name.split(".")[0]
        for module, path in sources.modules().items()
        if not module.startswith("grader.exporting")
        for name in sources.imports(path)
    }
    others = names - set(sys.stdlib_module_names) - {"client", "grader"}

    assert {MODULES.get(name, name) for name in others} <= set(building.NEEDED)
    assert len(list(building.requirements())) == len(building.NEEDED)
    assert not {"torch", "tensorflow", "onnxruntime", "sqlalchemy", "fastapi"} & others


def test_what_only_unix_has_is_imported_there_alone() -> None:
    found = [
        f"{module}: {ast.unparse(node)}"
        for module, path in sources.modules().items()
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Import) and {each.name for each in node.names} & OF_UNIX
    ]

    assert found == []


def test_it_checks_a_file_without_the_service_and_its_packages(tmp_path: Path) -> None:
    (tmp_path / building.name()).write_bytes(building.wheel())
    case = next(case for case in all_cases() if case.competition == "corpus" and not case.accepted)
    (tmp_path / "my_model_weights.h5").write_bytes(case.content)
    asked = f"""
import sys
sys.path.insert(0, {building.name()!r})
import secateur
from secateur.cli import main
card = secateur.check("my_model_weights.h5", {str(COMPETITIONS["corpus"])!r})
print(sorted({{"app", "client", "grader", "models", "torch", "onnxruntime", "sqlalchemy", "fastapi"}} & sys.modules.keys()))
print(card.problems[0]["message"])
"""

    done = subprocess.run([sys.executable, "-c", asked], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == ["[]", case.problems[0][1]]


@pytest.mark.only_on("sqlite", reason="no database is asked")
def test_the_service_offers_it_under_its_own_name(browser: Callable[[str | None], TestClient]) -> None:
    answer = browser(None).get(f"/client/{building.name()}")

    assert answer.content == building.wheel()
    assert browser(None).get("/client/secateur_client-0.0.9-py3-none-any.whl").status_code == 404
