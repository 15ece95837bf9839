"""Who may import whom, read from the sources."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("app", "client", "grader", "kits", "models", "migrations", "competitions")


def modules(*packages: str) -> list[Path]:
    return sorted(path for package in packages for path in (ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    """The dotted name of a module, without `__init__`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def imports_of(path: Path) -> tuple[str, ...]:
    """The dotted names of all modules, or names in them, that a module imports anywhere in it."""
    return tuple(_imports_in(path))


def _imports_in(path: Path) -> Iterator[str]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} has a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_below(name: str, *places: str) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


def arrows(sources: list[Path], *targets: str) -> list[str]:
    """Each import of one of the targets by one of the sources, as text."""
    return [
        f"{name_of(path)} -> {name}"
        for path in sources
        for name in sorted(imports_of(path))
        if is_below(name, *targets)
    ]


def test_the_rules_find_imports_at_all() -> None:
    found = arrows(modules("grader"), "grader")

    assert "grader.checked -> grader.checking.values" in found
    assert "grader.errors -> grader.facts" not in found
    assert len(found) > 100


@pytest.mark.parametrize(
    ("package", "forbidden"),
    [
        ("app", ("client", "kits", "migrations", "tests")),
        ("client", ("app", "kits", "models", "migrations", "competitions", "tests")),
        ("grader", ("app", "client", "kits", "models", "migrations", "competitions", "tests")),
        ("kits", ("app", "client", "models", "migrations", "tests")),
        ("models", ("app", "client", "grader", "kits", "migrations", "competitions", "tests")),
        ("migrations", ("app", "client", "grader", "kits", "competitions", "tests")),
        ("competitions", PACKAGES),
    ],
)
def test_packages_import_along_the_arrows(package: str, forbidden: tuple[str, ...]) -> None:
    assert modules(package)
    assert arrows(modules(package), *(name for name in forbidden if name != package)) == []


def test_competitions_hold_data_and_no_code() -> None:
    assert [path.name for path in modules("competitions")] == ["__init__.py"]


def test_the_reference_solutions_use_no_pruning_library() -> None:
    assert arrows(modules("kits"), "tensorflow_model_optimization", "tfmot", "torch") == []


def test_the_grader_knows_neither_web_nor_database_nor_a_training_framework() -> None:
    assert arrows(modules("grader"), "fastapi", "starlette", "sqlalchemy", "jinja2", "tensorflow", "keras") == []
    by_torch = ("grader.exporting", "grader.evaluating.torch_engine", "grader.evaluating.torch_operators")
    others = [path for path in modules(*PACKAGES) if not is_below(name_of(path), *by_torch)]
    assert arrows(others, "torch") == []
    loading = ["grader.evaluating.torch_engine", "grader.evaluating.torch_operators"]
    assert {line.split(" -> ")[0] for line in arrows(modules("grader", "app"), *loading)} <= {
        "grader.evaluating.torch_job",
        *loading,
    }
    assert arrows(modules("grader/exporting"), "torch")


def test_what_runs_students_code_knows_neither_steps_nor_rules() -> None:
    allowed = (*_records(), "grader.exporting", "grader.messages.code", "grader.memory_files")

    assert [line for line in arrows(part("exporting"), "grader") if not is_below(line.split(" -> ")[1], *allowed)] == []
    wire = ["grader.exporting.wire"]
    others = [path for path in modules(*PACKAGES) if not is_below(name_of(path), "grader.exporting")]
    assert {line.split(" -> ")[1] for line in arrows(others, "grader.exporting")} == set(wire)


STEPS = ["reading", "checking", "evaluating", "networks", "counting", "compaction", "flops", "scoring", "formula"]
STEPS += ["exporting"]
CONDUCTORS = ["pipeline", "cli", "competition", "report", "summary", "testset", "dataset_cli", "own_file"]
CONDUCTORS += ["archives", "checked", "code_archives", "evaluation", "exports", "extraction", "running", "shrinking"]


def part(name: str) -> list[Path]:
    """The modules of one part of the grader, a folder or a module."""
    found = modules(f"grader/{name}") or [path for path in [ROOT / f"grader/{name}.py"] if path.is_file()]
    assert found, f"there is no grader.{name}"
    return found


@pytest.mark.parametrize("name", ["facts", "errors", "limits"])
def test_the_records_of_the_grader_rest_on_nothing(name: str) -> None:
    assert [line for line in arrows(part(name), "grader") if not is_below(line.split(" -> ")[1], *_records())] == []


def _records() -> list[str]:
    return ["grader.facts", "grader.errors", "grader.limits"]


def test_messages_know_only_what_a_finding_is() -> None:
    allowed = (*_records(), "grader.messages")

    assert [line for line in arrows(part("messages"), "grader") if not is_below(line.split(" -> ")[1], *allowed)] == []


@pytest.mark.parametrize("name", STEPS)
def test_a_step_of_grading_does_not_know_who_calls_it(name: str) -> None:
    assert arrows(part(name), *(f"grader.{conductor}" for conductor in CONDUCTORS)) == []


@pytest.mark.parametrize("name", ["reading", "checking", "networks", "counting", "compaction", "flops", "formula"])
def test_only_the_pipeline_and_its_callers_know_the_airlock(name: str) -> None:
    assert arrows(part(name), "grader.airlock") == []


def test_the_airlock_knows_no_job() -> None:
    known = [f"grader.{name}" for name in (*STEPS, *CONDUCTORS, "messages", "datasets")]

    assert arrows(part("airlock"), *known) == []


def test_reading_knows_neither_networks_nor_rules() -> None:
    assert arrows(part("reading"), "grader.networks", "grader.checking", "grader.evaluating", "grader.compaction") == []


def test_writing_a_file_needs_nothing_but_the_records() -> None:
    allowed = ("grader.facts", "grader.writing")

    assert [line for line in arrows(part("writing"), "grader") if not is_below(line.split(" -> ")[1], *allowed)] == []
    assert arrows(part("writing"), "pickle", "onnx", "onnxruntime", "h5py") == []


def test_compaction_runs_no_engine_and_no_step_before_it_knows_it() -> None:
    assert arrows(part("compaction"), "onnxruntime", "grader.reading", "grader.checking", "grader.flops") == []
    for name in ("networks", "checking", "evaluating", "counting"):
        assert arrows(part(name), "grader.compaction") == []


@pytest.mark.parametrize("name", ["grader/reading", "grader/checking", "grader/airlock", "app", "models"])
def test_an_engine_is_loaded_only_where_networks_are_built_or_run(name: str) -> None:
    assert arrows(modules(name), "onnx", "onnxruntime") == []


@pytest.mark.parametrize(
    "name", ["grader/evaluating", "grader/networks", "grader/checking", "grader/compaction", "app", "models"]
)
def test_hdf5_is_opened_only_where_files_are_read(name: str) -> None:
    assert arrows(modules(name), "h5py") == []


def test_pillow_is_loaded_only_where_pictures_are_decoded() -> None:
    others = [path for path in modules(*PACKAGES) if name_of(path) != "grader.pictures.decoding"]

    assert arrows(others, "PIL") == []
    assert arrows(modules("app"), "grader.pictures") == []


PURE = [
    "app/leaderboard/ranking.py",
    "app/submissions/quota.py",
    "app/competitions/calendar.py",
    "app/competitions/course_rules.py",
    "app/competitions/definition.py",
    "app/competitions/exact.py",
    "app/grades/points.py",
    "app/courses/aliases.py",
    "app/teams/names.py",
    "app/teams/planning.py",
    "app/teams/reading.py",
    "app/accounts/tokens.py",
    "app/authorisation/rules.py",
    "app/authorisation/table.py",
    "app/authorisation/deciding.py",
    "app/people/tables.py",
    "app/people/columns.py",
    "app/people/roster.py",
    "app/people/matching.py",
]


@pytest.mark.parametrize("name", PURE)
def test_a_pure_module_of_the_service_knows_neither_database_nor_web(name: str) -> None:
    assert (ROOT / name).is_file()
    assert (
        arrows([ROOT / name], "sqlalchemy", "fastapi", "starlette", "jinja2", "app.database", "app.dependencies") == []
    )


def layer(name: str) -> list[Path]:
    found = sorted((ROOT / "app").rglob(f"{name}.py"))
    assert found
    return found


def domains() -> list[str]:
    return sorted({name_of(path.parent) for path in (ROOT / "app").rglob("*.py") if path.parent != ROOT / "app"})


def test_queries_know_neither_services_nor_routes() -> None:
    above = [f"{domain}.{name}" for domain in domains() for name in ("service", "routes", "schemas")]

    assert arrows(layer("queries"), *above, "fastapi") == []


def test_services_do_not_know_routes() -> None:
    assert arrows(layer("service"), *(f"{domain}.routes" for domain in domains()), "fastapi") == []


def test_records_are_written_by_services_and_not_by_routes() -> None:
    writing = {"add", "add_all", "delete", "merge", "flush"}
    found = [
        f"{name_of(path)}: {ast.unparse(node)}"
        for path in layer("routes")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in writing
        and ast.unparse(node.func.value).endswith("session")
    ]

    assert found == []


def test_the_queue_knows_no_page() -> None:
    routes = [f"{domain}.routes" for domain in domains()]

    assert arrows(modules("app/queue"), *routes, "fastapi", "starlette", "app.rendering") == []
