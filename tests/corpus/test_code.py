"""Every zip with code gets exactly the verdict that it must, in the code jail and through a running service, and harms nothing."""

import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("torch")

from grader.airlock.on_demand import OnDemand
from grader.airlock.runner import Airlock
from grader.running import EXPORTING_JOB
from tests.corpus.cases import Case, all_cases
from tests.corpus.conftest import Service, serving
from tests.corpus.test_corpus import check, expect, expect_from_service
from tests.databases import Backend

CASES = tuple(case for case in all_cases() if case.runs_code)
HOSTILE = ("code-processes", "code-network", "code-files", "code-limits", "code-signals", "code-faked")
SERVED = tuple(case for case in CASES if case.accepted or case.trouble in HOSTILE)
"""What is also handed in to a service: not what is only mistaken."""
PLAIN = next(case for case in CASES if case.id == "accept/code/plain")
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
PORT = 47113
"""Where hostile code tries to call home; see the class `code-network`."""
MARKER = Path("/tmp/secateur-marker")
PROCESSES = {"web": 1, "worker": 2}
ZYGOTES = (5, 6)
"""As in `test_corpus`, and a code jail for one of the workers or both: whoever took a zip with code."""
PATIENCE_SECONDS = 240
"""What is accepted is evaluated when all others are checked, and some of those use up their time."""
one_database = pytest.mark.only_on(
    "sqlite", reason="code touches no database, and each death in its jail takes seconds"
)


@pytest.fixture(scope="module")
def exporter() -> Iterator[OnDemand]:
    with OnDemand(EXPORTING_JOB) as airlock:
        yield airlock


@pytest.fixture(scope="module")
def listener() -> Iterator[socket.socket]:
    """Somebody at the port that hostile code calls."""
    with socket.create_server(("127.0.0.1", PORT)) as server:
        server.setblocking(False)
        yield server


@pytest.fixture(scope="module")
def code_service(
    backend: Backend, tmp_path_factory: pytest.TempPathFactory, listener: socket.socket
) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("code")
    with backend.empty(folder) as url:
        yield from serving(folder, url, [*SERVED, PLAIN], PATIENCE_SECONDS)


def assert_nobody_called(listener: socket.socket) -> None:
    with pytest.raises(BlockingIOError):
        listener.accept()


@every_case
def test_code_gets_its_verdict_in_the_jail(
    case: Case, jail: Airlock, exporter: OnDemand, listener: socket.socket
) -> None:
    expect(case, check(case, jail, exporter))

    assert not MARKER.exists()
    assert_nobody_called(listener)


def test_the_next_student_is_not_affected(jail: Airlock, exporter: OnDemand) -> None:
    before = check(PLAIN, jail, exporter)

    for case in [case for case in CASES if case.trouble in ("code-faked", "code-imports")][::8]:
        check(case, jail, exporter)
        assert check(PLAIN, jail, exporter).digests == before.digests


@one_database
@pytest.mark.parametrize("case", SERVED, ids=lambda case: case.id)
def test_code_gets_its_verdict_from_the_service(case: Case, code_service: Service, jail: Airlock) -> None:
    expect_from_service(case, code_service, jail)


@one_database
def test_no_code_leaves_anything_behind(code_service: Service, listener: socket.socket) -> None:
    for case in SERVED:
        code_service.verdict(case)

    kinds = Counter(line.split()[3] for line in code_service.processes().values())
    assert kinds.pop("-X") in ZYGOTES
    assert kinds == PROCESSES
    assert not MARKER.exists()
    assert_nobody_called(listener)
    log = code_service.log.read_text(encoding="utf-8")
    assert not any(event in log for event in ("child.died", "grading.fault", "worker.no_"))


def test_the_corpus_has_enough_code() -> None:
    accepted = Counter(case.accepted for case in CASES)

    assert accepted[False] >= 90
    assert len(SERVED) - accepted[True] >= 50
    assert accepted[True] >= 10
    assert len({case.trouble for case in CASES}) >= 8
