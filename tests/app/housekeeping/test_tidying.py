"""`secateur gc` and the service's own rounds: what goes, and what never does."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from app.cli import main
from app.clock import db_now
from app.database import Database
from app.housekeeping import blobs
from app.housekeeping.service import BROKEN_SECONDS, tidy
from app.storage import Store, Stored
from models.accounts import AuthSession
from models.rosters import RosterImport
from tests.app.world import DAY, World, hand_in, settle, store_bytes

Open = Callable[[str | None], TestClient]
OLD = time.time() - 2 * BROKEN_SECONDS


@pytest.fixture
def store(world: World) -> Store:
    return Store(world.folder)


def aged(store: Store, content: bytes) -> Stored:
    """A file that was put into the store long ago."""
    stored = store_bytes(store, content)
    os.utime(store.path(stored.sha256), (OLD, OLD))
    return stored


def left(path: Path) -> Path:
    """Something that was left half done long ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    os.utime(path, (OLD, OLD))
    return path


def test_a_file_that_no_row_names_goes_and_one_that_a_row_names_stays(
    records: Database, world: World, store: Store
) -> None:
    kept, orphan = aged(store, b"weights"), aged(store, b"nobody's")
    hand_in(records, world, "ada", sha256_hex=kept.sha256)

    dry = tidy(records, Store(world.folder), world.folder, dry_run=True)
    assert store.path(orphan.sha256).exists()
    done = tidy(records, Store(world.folder), world.folder)

    assert (dry.orphans, dry.orphan_bytes) == (done.orphans, done.orphan_bytes) == (1, 8)
    assert store.path(kept.sha256).exists()
    assert not store.path(orphan.sha256).exists()


def test_a_file_that_has_just_come_in_has_no_row_yet_and_stays(records: Database, world: World, store: Store) -> None:
    young = store_bytes(store, b"young")

    assert tidy(records, Store(world.folder), world.folder).orphans == 0
    assert store.path(young.sha256).exists()


def test_bytes_that_come_in_again_while_they_are_taken_away_stay(records: Database, world: World, store: Store) -> None:
    orphan = aged(store, b"again")
    [found] = blobs.orphans(records, store, time.time())

    # Between the look and the removal: the same bytes, by an upload whose row is written only later.
    store_bytes(store, b"again")
    gone = list(blobs.remove(records, store, [found], time.time()))

    assert gone == []
    assert store.path(orphan.sha256).read_bytes() == b"again"


def test_bytes_whose_row_is_written_while_they_are_taken_away_stay(
    records: Database, world: World, store: Store
) -> None:
    orphan = aged(store, b"late row")
    [found] = blobs.orphans(records, store, time.time())

    hand_in(records, world, "ada", sha256_hex=orphan.sha256)

    assert list(blobs.remove(records, store, [found], time.time())) == []
    assert store.path(orphan.sha256).exists()


def test_what_was_set_aside_by_a_process_that_died_is_put_back(world: World, store: Store) -> None:
    stored = aged(store, b"set aside")
    assert store.set_aside(stored.sha256)

    assert store.put_back_left(older_than=time.time() - 60) == 0
    assert store.put_back_left(older_than=time.time() + 60) == 1
    assert store.path(stored.sha256).read_bytes() == b"set aside"


def test_what_was_left_half_done_goes(records: Database, world: World, store: Store) -> None:
    number = hand_in(records, world, "ada")
    waiting = left(world.folder / "parked" / str(number))
    gone = [
        left(world.folder / "incoming" / "abc"),
        left(world.folder / "parked" / "99"),
        left(world.folder / "parked" / f"{number}.77"),
        left(world.folder / "datasets" / ".0f0f" / "images.npy").parent,
    ]
    os.utime(gone[-1], (OLD, OLD))
    young = world.folder / "datasets" / ".1111"
    young.mkdir()

    done = tidy(records, Store(world.folder), world.folder)

    assert (done.uploads, done.readings, done.datasets) == (1, 2, 1)
    assert not any(path.exists() for path in gone)
    assert waiting.exists()
    assert young.exists()


def test_expired_sessions_go(records: Database, world: World, browser: Open) -> None:
    ada = world.people["ada"].id
    with records.write() as session:
        session.execute(update(AuthSession).where(AuthSession.user_id == ada).values(expires_at=db_now(-DAY)))

    assert tidy(records, Store(world.folder), world.folder, dry_run=True).sessions == 1
    assert tidy(records, Store(world.folder), world.folder).sessions == 1
    assert tidy(records, Store(world.folder), world.folder).sessions == 0
    assert browser("grace").get("/submissions").status_code == 200


def test_rosters_that_nobody_applied_go_after_a_day(records: Database, world: World, program: Open) -> None:
    staff, rosters = program("instructor"), "/courses/ml/rosters"
    numbers = [
        staff.post(rosters, files={"file": (f"{name}.csv", b"Name,Email\nNew,new@example.org\n", "text/csv")}).json()
        for name in ("applied", "old", "young")
    ]
    applied, old, young = (each["id"] for each in numbers)
    staff.post(f"{rosters}/{applied}/confirmation", data={"digest": numbers[0]["digest"]})
    with records.write() as session:
        session.execute(update(RosterImport).where(RosterImport.id != young).values(created_at=db_now(-DAY)))

    asked = [staff.get(f"{rosters}/{number}").status_code for number in (applied, old, young)]
    counts = [tidy(records, Store(world.folder), world.folder, dry_run=dry).rosters for dry in (True, False, False)]

    assert asked == [200, 404, 200]
    assert counts == [1, 1, 0]
    with records.read() as session:
        assert session.scalars(select(RosterImport.id).order_by(RosterImport.id)).all() == [applied, young]


def test_the_command_tells_what_it_would_do(world: World, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    aged(store, b"nobody's")
    monkeypatch.setenv("SECATEUR_DATA_DIR", str(world.folder))
    monkeypatch.setenv("SECATEUR_DATABASE_URL", world.database_url)

    dry, done = (CliRunner().invoke(main, ["gc", *arguments]) for arguments in (["--dry-run"], []))

    assert "1 would be removed, 8 bytes" in dry.output
    assert "1 removed, 8 bytes" in done.output


def test_a_scored_submission_keeps_its_file_through_a_round(records: Database, world: World, store: Store) -> None:
    kept = aged(store, b"scored")
    settle(records, hand_in(records, world, "ada", sha256_hex=kept.sha256))

    tidy(records, Store(world.folder), world.folder)

    assert store.path(kept.sha256).exists()
