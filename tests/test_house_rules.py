"""The house's rules about every file: how long things are, how they are described, and what is never written down."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAX_MODULE_LINES = 250
MAX_TEST_MODULE_LINES = 350  # tables of cases take room and are read one at a time
MAX_FUNCTION_LINES = 40
DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc"}
VENDORED = ("app/static/vendor/",)
GRADER = sorted((ROOT / "grader").rglob("*.py"))
Described = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
MACHINE = re.compile(r"(?<![\w.~$}])/(?:wo[r]k|ro[o]t|ho[m]e)/\w")
REGISTRY = re.compile(
    r"\b(?:py[p]i\.org|pythonhos[t]ed\.org|registry\.npm[j]s|conda\.anaco[n]da|index-u[r]l|artifa[c]tory)",
    re.IGNORECASE,
)


def tracked() -> list[Path]:
    """Every file of the project; what git ignores is none."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("needs git and the project's repository, to know which files belong to it")
    names = [name for name in done.stdout.split("\0") if name and not name.startswith(VENDORED)]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def python_files() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".py"]


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def public(body: list[ast.stmt], owner: str) -> Iterator[tuple[str, Described]]:
    """The public functions and classes of a module, and the public methods of its public classes."""
    for node in body:
        if isinstance(node, Described) and not node.name.startswith("_"):
            yield f"{owner}.{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, f"{owner}.{node.name}")


def test_the_files_of_the_project_are_known() -> None:
    assert len(python_files()) > 150
    assert Path(__file__).resolve() in tracked()


def test_modules_are_short() -> None:
    long = []
    for path in python_files():
        name, lines = path.relative_to(ROOT).as_posix(), len(path.read_text(encoding="utf-8").splitlines())
        if lines > (MAX_TEST_MODULE_LINES if name.startswith("tests/") else MAX_MODULE_LINES):
            long.append(f"{name}: {lines} lines")

    assert long == []


def test_functions_are_short() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {function.name}"
        for path in python_files()
        for function in functions_of(path)
        if "versions" not in path.parts and (function.end_lineno or 0) - function.lineno >= MAX_FUNCTION_LINES
    ]

    assert long == []


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    assert [path for path in python_files() if DRAWERS & set(path.relative_to(ROOT).with_suffix("").parts)] == []


def test_what_the_grader_offers_is_described_and_typed() -> None:
    for path in GRADER:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), path
        for name, node in public(tree.body, path.stem):
            assert (ast.get_docstring(node) or "").partition("\n")[0].endswith("."), (path, name)
            if not isinstance(node, ast.ClassDef):
                arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                assert node.returns, (path, name)
                assert all(each.annotation for each in arguments if each.arg not in ("self", "cls")), (path, name)


def test_no_file_names_a_place_on_somebodys_machine_or_a_registry() -> None:
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # weights and images
        found += [
            f"{path.relative_to(ROOT)}: {hit.group()}" for rule in (MACHINE, REGISTRY) for hit in rule.finditer(text)
        ]

    assert found == []


def test_the_rule_about_places_finds_one() -> None:
    for place in ("wo" + "rk", "ro" + "ot", "ho" + "me"):
        assert MACHINE.search(f'open("/{place}/x")')
    assert REGISTRY.search("https://py" + "pi.org/simple")
    assert not MACHINE.search("https://example.edu/ho" + "me/page")
