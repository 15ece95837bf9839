"""Every test that touches a database runs on SQLite and on Postgres, unless it is marked with why one of them will do."""

import gc
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests import ahead, warm
from tests.databases import KINDS, Backend
from tests.demo_site import Site, serving
from tests.dialects import share_compiled_statements

# TensorFlow has it off on processors without AVX-512, and runs no channels-first convolution then; read once, at import.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
# Tests run beside each other: torch on every core makes its threads wait for one another, at twice the processor time.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# What is imported while tests are collected stays to the end: looking through it for garbage, again and again, takes
# a fifth of the time until the first test.
gc.disable()
share_compiled_statements()
warm.nursery = warm.Nursery() if sys.platform == "linux" else None

LONG = (
    "faults/test_campaign.py", "faults/test_kills.py", "api/", "browser/", "documents/", "corpus/", "competitions/test_ntu_hw13.py",
    "app/test_end_to_end.py", "app/test_class_day.py", "competitions/", "grader/test_keras_process.py", "faults/",
    "app/test_", "migrations/", "kits/", "app/commands/", "grader/checking/",
)  # fmt: skip
"""What takes longest, which begins first: where files are given out one by one, nobody waits for the last of these."""

TOGETHER = (
    ("tests/browser/", "tests/documents/test_students.py"),
    (
        *("tests/kits/test_methods.py", "tests/kits/test_training.py", "tests/kits/test_network.py"),
        *("tests/competitions/test_demo_files.py", "tests/grader/reading/test_keras_files.py"),
        *("tests/grader/networks/test_random_networks.py", "tests/grader/networks/test_keras_reference.py"),
        *("tests/grader/compaction/test_keras_networks.py", "tests/grader/evaluating/test_adversarial.py"),
    ),
    (
        *("tests/competitions/test_ntu_hw13.py", "tests/grader/checking/test_free_counting.py"),
        "tests/grader/networks/test_onnx_reference.py",
    ),
)
"""What shares one service with the demo, or loads TensorFlow, or torch's newer exporter: each takes seconds of every process."""


def pytest_addoption(parser: pytest.Parser) -> None:
    what = "run database tests on this one alone (may be given again); by default on each"
    parser.addoption("--screenshots", default="", help="folder for the pictures that tests of the browser take")
    parser.addoption("--database", action="append", choices=list(KINDS), help=what)


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        ahead.compile_all()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "backend" in metafunc.fixturenames:
        wanted: list[str] = metafunc.config.getoption("database") or list(KINDS)
        only = metafunc.definition.get_closest_marker("only_on")
        if only is not None:
            assert only.kwargs["reason"]
            wanted = [name for name in wanted if name in only.args]
        metafunc.parametrize("backend", wanted, indirect=True, scope="session")


@pytest.hookimpl(trylast=True)  # after tests were put together by the database that they need
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: next((at for at, part in enumerate(LONG) if f"tests/{part}" in item.nodeid), len(LONG)))


def pytest_collection_finish() -> None:
    gc.freeze()
    # As rarely as a service does (`app/garbage.py`): by Python's own measure it takes a seventh of the tests' time.
    gc.set_threshold(20_000, 50, 100)
    gc.enable()


def pytest_sessionfinish() -> None:
    if warm.nursery is not None:
        warm.nursery.close()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Files are given out one by one (`--dist loadfile`), those that share what takes long together."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    scheduler = LoadFileScheduling(config, log)
    by_file = scheduler._split_scope
    scheduler._split_scope = lambda nodeid: next(
        (group[0] for group in TOGETHER if nodeid.startswith(group)), by_file(nodeid)
    )
    return scheduler


@pytest.fixture(scope="session")
def backends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Backend]]:
    """Each kind of database; what they make once outlives the change from one to the other."""
    made = {name: kind(tmp_path_factory.mktemp(name)) for name, kind in KINDS.items()}
    yield made
    for backend in made.values():
        backend.close()


@pytest.fixture(scope="session")
def backend(request: pytest.FixtureRequest, backends: Mapping[str, Backend]) -> Backend:
    """The kind of database that a test runs on."""
    return backends[request.param]


@pytest.fixture(scope="session")
def site(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """`secateur run` with the demo course, on a free port; ended with the session."""
    folder = tmp_path_factory.mktemp("site")
    with backend.empty(folder) as url:
        yield from serving(folder, url)
