"""What the students' package is made of: the sources of `client` and all of ours that they import."""

import ast
import re
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

OURS = ("client", "grader")
"""Packages that go in; others of ours are not for students."""
ROOTS = ("grader.reading.job", "grader.exporting.job")
"""What is imported by its name alone."""
_IMPORT = re.compile(r"^(\s*)(from|import) (client|grader)\b", re.MULTILINE)
_NAMED = re.compile(r"\"grader\.(?=[a-z_.]+\")")


def modules() -> Mapping[str, Path]:
    """Every module that the students' commands reach, by its name here, in the order of names."""
    found: dict[str, Path] = {}
    waiting = [*ROOTS, *_all_of("client")]
    while waiting:
        name = waiting.pop()
        path = _path_of(name)
        if name in found or path is None:
            continue
        found[name] = path
        waiting += [name.rpartition(".")[0], *_imported(path)]
    return dict(sorted(found.items()))


def imports(path: Path) -> Iterator[str]:
    """The dotted names of all modules, or of names in them, that a module imports anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def placed(name: str, path: Path) -> tuple[str, str]:
    """Where a module stands in the package, and its text there: all below one name, so that nobody's `client` is in the way."""
    parts = name.split(".")[1:] if name.split(".")[0] == "client" else name.split(".")
    tail = ["__init__.py"] if path.name == "__init__.py" else [path.name]
    inside = "/".join(["secateur", *(parts if path.name == "__init__.py" else parts[:-1]), *tail])
    text = _IMPORT.sub(lambda found: f"{found[1]}{found[2]} {_below(found[3])}", path.read_text(encoding="utf-8"))
    return inside, _NAMED.sub('"secateur.grader.', text)


def _below(package: str) -> str:
    return "secateur" if package == "client" else f"secateur.{package}"


def _imported(path: Path) -> Iterator[str]:
    for name in imports(path):
        if name.split(".")[0] in OURS:
            yield name if _path_of(name) else name.rpartition(".")[0]


def _all_of(package: str) -> list[str]:
    folder = _folder_of(package)
    paths = (path.relative_to(folder.parent).with_suffix("") for path in sorted(folder.rglob("*.py")))
    return [".".join(path.parts[:-1] if path.name == "__init__" else path.parts) for path in paths]


def _path_of(name: str) -> Path | None:
    """The file of a module; None where the name is none of ours."""
    package, *rest = name.split(".")
    if package not in OURS:
        return None
    place = _folder_of(package).joinpath(*rest)
    candidates = (place / "__init__.py", place.with_suffix(".py"))
    return next((path for path in candidates if path.is_file()), None)


def _folder_of(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"the package {package} is not installed")
    return Path(spec.submodule_search_locations[0])
