"""What is compiled ahead is what would be compiled later."""

from importlib.util import cache_from_source
from pathlib import Path

from tests import ahead


def test_tests_are_compiled_as_pytest_does_and_all_else_as_python_does(tmp_path: Path) -> None:
    for name in ("test_it.py", "conftest.py", "other.py"):
        (tmp_path / name).write_text("def test() -> None:\n    assert test\n", encoding="utf-8")

    ahead.compile_files([*tmp_path.iterdir()])

    kept = {path.name: path.read_bytes() for path in (tmp_path / "__pycache__").iterdir()}
    rewritten = {name.partition(".")[0] for name, code in kept.items() if "-pytest-" in name and b"@pytest_ar" in code}
    assert rewritten == {"test_it", "conftest"}
    assert kept.keys() - {Path(cache_from_source("other.py")).name} == {name for name in kept if "-pytest-" in name}


def test_a_file_that_cannot_be_compiled_is_left_out(tmp_path: Path) -> None:
    for name in ("test_it.py", "it.py"):
        (tmp_path / name).write_text("def", encoding="utf-8")

    ahead.compile_files([*tmp_path.iterdir()])

    assert list((tmp_path / "__pycache__").glob("*.pyc")) == []


def test_every_module_is_among_the_files() -> None:
    found = set(ahead.files())

    assert {Path(__file__), ahead.ROOT / "app" / "main.py", ahead.ROOT / "tests" / "conftest.py"} <= found
