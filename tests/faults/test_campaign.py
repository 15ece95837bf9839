"""The short form of `make faults`: some of what can go wrong, while students hand in. It must show in no result."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from tests.databases import KINDS, SQLITE, Backend, Postgres
from tests.faults import harms
from tests.faults.campaign import Outcome, disturbed, print_tally, small_disk, undisturbed
from tests.faults.handing_in import Upload, make_uploads

SUBMISSIONS = 15  # the last of them is wrong
SEED = 7
AWAY_SECONDS = 2.0
TIMES = 1
SOME = (
    harms.kill_worker,
    harms.freeze_worker,
    harms.kill_web,
    harms.kill_zygote,
    harms.kill_child,
    harms.starve_child,
    harms.starve_worker,
    harms.lock_database,
    harms.stop_database,
    harms.fill_disk,
)


@pytest.fixture(scope="session")
def uploads(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Upload]:
    return make_uploads(tmp_path_factory.mktemp("uploads"), SUBMISSIONS)


@pytest.fixture(scope="session")
def calm(uploads: Sequence[Upload], tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What becomes of the uploads where nothing goes wrong; the same on any database."""
    folder = tmp_path_factory.mktemp("calm")
    with closing(KINDS[SQLITE](folder / "database")) as backend:
        return undisturbed(backend, uploads, folder / "data", TIMES)


@pytest.fixture
def own_backend(backend: Backend, tmp_path: Path) -> Iterator[Backend]:
    """A server of its own, which is stopped and started under nobody else."""
    with closing(type(backend)(tmp_path / "backend")) as own:
        yield own


@pytest.mark.timeout(900)
def test_what_goes_wrong_meanwhile_changes_no_result(
    own_backend: Backend, uploads: Sequence[Upload], calm: Outcome, tmp_path: Path
) -> None:
    with small_disk(tmp_path, SUBMISSIONS) as (disk, mounted):
        left_out = set() if mounted else {harms.fill_disk}
        left_out |= set() if isinstance(own_backend, Postgres) else {harms.stop_database}
        plan = [harm for harm in SOME if harm not in left_out]
        Random(SEED).shuffle(plan)
        place, away = disk / "data", AWAY_SECONDS
        tally = disturbed(own_backend, uploads, place, plan, calm, seed=SEED, away_seconds=away, times=TIMES)

    print_tally(own_backend.name, SEED, tally)
    assert tally.wrong() == {}
    assert (tally.scored, tally.rejected) == (SUBMISSIONS - 1, 1)
    assert sum(tally.harms.values()) == len(plan)
