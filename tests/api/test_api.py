"""The short form of `make api`: the API keeps what its description promises, to a student and to an instructor."""

from collections.abc import Iterator

import pytest

from tests.api.campaign import PEOPLE, QUICK, ask, serving
from tests.app.world import World


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, World]]:
    with serving() as served:
        yield served


@pytest.mark.parametrize("name", PEOPLE)
def test_the_api_keeps_what_its_description_promises(served: tuple[str, World], name: str) -> None:
    url, world = served

    done = ask(url, world.people[name].token, examples=2, seed=1, phases=QUICK)

    assert done.returncode == 0, done.stdout + done.stderr
