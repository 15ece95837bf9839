"""The code jail, started once for all tests that need it."""

from collections.abc import Iterator

import pytest

from grader.airlock.runner import Airlock
from grader.running import EXPORTING_JOB


@pytest.fixture(scope="session")
def exporting_airlock() -> Iterator[Airlock]:
    pytest.importorskip("torch")
    with Airlock(EXPORTING_JOB) as airlock:
        yield airlock
