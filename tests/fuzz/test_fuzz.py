"""A short run of the fuzzer, and the parts that it rests on."""

import os
import signal
from pathlib import Path

import h5py
import pytest

from grader.airlock.protocol import Answer, JobLimits
from grader.airlock.runner import Airlock
from grader.errors import Cause, ChildDied
from grader.running import READING_JOB
from tests.corpus.makers import checkpoint, hdf5
from tests.fuzz import mutations
from tests.fuzz.checksums import repaired
from tests.fuzz.fuzz import MIN_ARRAYS, MIN_KNOWN, fuzz, main
from tests.fuzz.inputs import KINDS, Kind, examine
from tests.fuzz.pickle_mutations import steps_of
from tests.fuzz.structures import pieces

RUNS = 1_500


every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)


@every_kind
def test_damaged_files_are_refused_and_nothing_else_happens(kind: Kind) -> None:
    tally = fuzz(kind, RUNS, seed=7)

    assert tally.faults == []
    assert tally.runs == RUNS
    assert tally.known >= MIN_KNOWN * RUNS
    assert tally.arrays >= MIN_ARRAYS * RUNS
    assert len(tally.outcomes) >= 20


def test_the_command_feeds_every_kind_where_none_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--runs", "2"])

    told = capsys.readouterr().out
    assert all(f"{name}:\n2 inputs" in told for name in KINDS)


@every_kind
def test_an_input_is_known_by_its_number(kind: Kind) -> None:
    assert [kind.make(3, number) for number in range(5)] == [kind.make(3, number) for number in range(5)]


def test_inputs_begin_with_honest_files() -> None:
    assert {examine(seed.data, KINDS["h5"]).name for seed in mutations.seeds()[0]} == {"accepted"}


def test_a_pickle_is_the_sum_of_its_steps() -> None:
    pickle = checkpoint.make({"form": "pickle"}, 1)

    assert b"".join(steps_of(pickle)) == pickle
    assert len(steps_of(pickle)) > 200


@pytest.mark.parametrize("base", mutations.BASES)
def test_the_checksums_of_an_honest_file_are_right_already(base: str) -> None:
    data = hdf5.make({"base": base, "options": {"libver": "latest"}}, 1)

    assert repaired(data) == data


@pytest.mark.parametrize("version", ["earliest", "latest"])
def test_the_structures_of_a_file_are_found(version: str) -> None:
    data = hdf5.make({"options": {"libver": version}}, 1)

    kinds = {piece.kind for piece in pieces(data)}

    assert kinds >= {"superblock", "header", "message", "dataspace", "datatype", "layout"}
    assert h5py.version.hdf5_version_tuple < (2, 0, 0) or ("TREE" in kinds) == (version == "earliest")


def test_a_damaged_heap_on_which_the_library_spins_costs_no_more_than_its_limit(tmp_path: Path) -> None:
    honest = hdf5.make({"base": "keras-legacy"}, 1)
    first_object = honest.index(b"GCOL") + 16
    # An object of length 0 in the heap of names: libhdf5 looks for the next one in the same place, for ever.
    spinning = honest[:first_object] + bytes(16) + honest[first_object + 16 :]

    assert death_by(spinning, honest, tmp_path).cause is Cause.CPU


def test_an_array_by_whose_rank_the_library_divides_kills_no_more_than_the_child(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "growing.h5", "w", libver="latest") as file:
        file.create_dataset("layers/dense/vars/0", (3,), "f4", chunks=(2,), maxshape=(None,))
    growing = bytearray((tmp_path / "growing.h5").read_bytes())
    (layout,) = (piece for piece in pieces(bytes(growing)) if piece.kind == "layout")
    rank = growing.index(bytes([4, 2]), layout.start) + 3  # version 4, in chunks; then flags, then the chunks' rank
    # libhdf5 1.14 divides by what it works out from that.
    growing[rank] = 0

    death = death_by(repaired(bytes(growing)), hdf5.make({"base": "keras-legacy"}, 1), tmp_path)

    assert death.cause is Cause.CRASH
    assert f"signal {signal.SIGFPE.value}" in str(death)


def death_by(damaged: bytes, honest: bytes, folder: Path) -> ChildDied:
    """How the jailed child that reads a damaged file dies. The airlock reads an honest one after it."""
    (folder / "damaged.h5").write_bytes(damaged)
    (folder / "honest.h5").write_bytes(honest)
    job_limits = JobLimits(cpu_seconds=1, wall_seconds=60, memory_bytes=1 << 30, answer_bytes=1 << 20)

    with Airlock(READING_JOB) as jail:
        with pytest.raises(ChildDied) as caught:
            read(jail, folder / "damaged.h5", job_limits)
        answer = read(jail, folder / "honest.h5", job_limits)

    assert len(answer.arrays) == 4
    return caught.value


def read(jail: Airlock, path: Path, job_limits: JobLimits) -> Answer:
    file = os.open(path, os.O_RDONLY)
    try:
        return jail.run({}, [file], job_limits)
    finally:
        os.close(file)
