"""The airlock from outside: what comes back, and how each way to end is told apart."""

import os
import signal
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from grader import limits
from grader.airlock.child import write_frame
from grader.airlock.protocol import JobLimits
from grader.airlock.runner import Airlock
from grader.errors import Cause, ChildDied, GraderFault, Refusal


def cause_of(airlock: Airlock, arguments: dict[str, object], job_limits: JobLimits) -> Cause:
    with pytest.raises(ChildDied) as caught:
        airlock.run(arguments, [], job_limits)
    return caught.value.cause


def test_head_and_arrays_come_back_as_they_were(shared_airlock: Airlock, job_limits: JobLimits) -> None:
    answer = shared_airlock.run({"do": "echo", "say": ["ä", 1, None]}, [], job_limits)
    assert answer.head == {"said": ["ä", 1, None]}
    matrix = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_array_equal(answer.arrays["matrix"], matrix)
    np.testing.assert_array_equal(answer.arrays["columns"], matrix.T)
    assert answer.arrays["matrix"].dtype == np.float32
    assert (answer.arrays["empty"].shape, answer.arrays["one"].shape) == ((0, 3), ())


def test_inputs_can_be_read_sought_and_mapped(shared_airlock: Airlock, job_limits: JobLimits) -> None:
    with tempfile.TemporaryFile() as first, tempfile.TemporaryFile() as second:
        for file, data in ((first, b"abcdefgh"), (second, b"xyz")):
            file.write(data)
            file.seek(0)
        answer = shared_airlock.run({"do": "read"}, [first.fileno(), second.fileno()], job_limits)
    assert answer.head == {"text": ["bcde", "ab", "xyz"], "size": 8, "at": 2}


def test_usage_is_told(shared_airlock: Airlock, job_limits: JobLimits) -> None:
    usage = shared_airlock.run({"do": "nothing"}, [], job_limits).usage
    assert usage.cpu_seconds > 0
    assert usage.wall_seconds > 0
    assert usage.peak_bytes > 1 << 20


def test_refusal_comes_back_with_clean_and_short_facts(shared_airlock: Airlock, job_limits: JobLimits) -> None:
    with pytest.raises(Refusal) as caught:
        shared_airlock.run({"do": "refuse"}, [], job_limits)
    first, second = caught.value.findings
    assert (first.code, first.where, first.got) == ("not-a-file", "a\ufffd[31mb\ufffd", "\ufffd")
    assert first.expected == "x" * limits.MAX_FINDING_CHARACTERS
    assert second.code == "second"


def test_endless_loop_ends_by_its_cpu_limit(shared_airlock: Airlock, job_limits: JobLimits) -> None:
    assert cause_of(shared_airlock, {"do": "spin"}, replace(job_limits, cpu_seconds=1)) is Cause.CPU


def test_endless_loop_that_ignores_the_first_signal_ends_too(shared_airlock: Airlock, job_limits: JobLimits) -> None:
    assert cause_of(shared_airlock, {"do": "spin", "stubborn": True}, replace(job_limits, cpu_seconds=1)) is Cause.CPU


@pytest.mark.parametrize("job", ["sleep", "close_and_sleep"])
def test_sleeper_ends_by_the_wall_clock(shared_airlock: Airlock, job_limits: JobLimits, job: str) -> None:
    assert cause_of(shared_airlock, {"do": job}, replace(job_limits, wall_seconds=0.3)) is Cause.WALL


@pytest.mark.parametrize("job", ["eat", "eat_in_another_language"])
def test_memory_beyond_the_budget_is_told_as_memory(shared_airlock: Airlock, job_limits: JobLimits, job: str) -> None:
    assert cause_of(shared_airlock, {"do": job}, job_limits) is Cause.MEMORY


def test_flood_is_cut_at_the_answer_limit(shared_airlock: Airlock, job_limits: JobLimits) -> None:
    assert cause_of(shared_airlock, {"do": "flood"}, job_limits) is Cause.OUTPUT


def test_answer_may_be_as_long_as_its_limit_and_no_longer(shared_airlock: Airlock, job_limits: JobLimits) -> None:
    arrays = {"long": np.zeros(100_000, np.uint8)}
    size = sum(len(part) for part in write_frame({"kind": "answer", "head": {}}, arrays))
    job = {"do": "long_answer", "bytes": 100_000}
    assert shared_airlock.run(job, [], replace(job_limits, answer_bytes=size)).arrays["long"].size == 100_000
    assert cause_of(shared_airlock, job, replace(job_limits, answer_bytes=size - 1)) is Cause.OUTPUT


def test_garbage_is_no_answer(shared_airlock: Airlock, job_limits: JobLimits) -> None:
    assert cause_of(shared_airlock, {"do": "garbage"}, job_limits) is Cause.ANSWER


def test_silence_is_no_answer(shared_airlock: Airlock, job_limits: JobLimits) -> None:
    assert cause_of(shared_airlock, {"do": "exit", "status": 0}, job_limits) is Cause.ANSWER


@pytest.mark.parametrize("job", ["segfault", "abort", "raise"])
def test_crash_is_told_as_crash(shared_airlock: Airlock, job_limits: JobLimits, job: str) -> None:
    assert cause_of(shared_airlock, {"do": job}, job_limits) is Cause.CRASH


@pytest.mark.parametrize("status", [1, 71, 255])
def test_exit_without_an_answer_is_a_crash(shared_airlock: Airlock, job_limits: JobLimits, status: int) -> None:
    assert cause_of(shared_airlock, {"do": "exit", "status": status}, job_limits) is Cause.CRASH


def test_crash_names_the_exception_for_staff(shared_airlock: Airlock, job_limits: JobLimits) -> None:
    with pytest.raises(ChildDied, match=r"ValueError: not\ufffd this at .*airlock_test_job.py:"):
        shared_airlock.run({"do": "raise"}, [], job_limits)


def test_crash_brings_a_new_zygote(shared_airlock: Airlock, job_limits: JobLimits) -> None:
    before = shared_airlock.process_id
    cause_of(shared_airlock, {"do": "segfault"}, job_limits)
    shared_airlock.run({"do": "nothing"}, [], job_limits)
    assert shared_airlock.process_id not in (before, None)


def test_a_zygote_that_lasts_outlives_the_death_of_its_child(jobs_folder: Path, job_limits: JobLimits) -> None:
    with Airlock("airlock_test_job", search_path=[jobs_folder], lasting=True) as airlock:
        before = airlock.process_id

        assert cause_of(airlock, {"do": "spin"}, replace(job_limits, cpu_seconds=1)) is Cause.CPU
        assert airlock.run({"do": "echo", "say": 1}, [], job_limits).head == {"said": 1}
        assert airlock.process_id == before


def test_refusal_keeps_the_zygote(shared_airlock: Airlock, job_limits: JobLimits) -> None:
    shared_airlock.run({"do": "nothing"}, [], job_limits)
    before = shared_airlock.process_id
    with pytest.raises(Refusal):
        shared_airlock.run({"do": "refuse"}, [], job_limits)
    assert shared_airlock.process_id == before


def test_zygote_is_replaced_after_its_share_of_jobs(
    jobs_folder: Path, job_limits: JobLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "JOBS_PER_ZYGOTE", 3)
    with Airlock("airlock_test_job", search_path=[jobs_folder]) as airlock:
        seen = []
        for _ in range(4):
            seen.append(airlock.process_id)
            airlock.run({"do": "nothing"}, [], job_limits)
    assert len(set(seen)) == 2


def test_next_job_finds_a_new_zygote_after_the_old_one_was_killed(jobs_folder: Path, job_limits: JobLimits) -> None:
    with Airlock("airlock_test_job", search_path=[jobs_folder]) as airlock:
        assert airlock.process_id is not None
        os.kill(airlock.process_id, signal.SIGKILL)
        os.waitid(os.P_PID, airlock.process_id, os.WEXITED | os.WNOWAIT)
        assert airlock.run({"do": "nothing"}, [], job_limits).head == {}


def test_request_that_is_too_long_is_our_fault(shared_airlock: Airlock, job_limits: JobLimits) -> None:
    with pytest.raises(GraderFault, match="a request of"):
        shared_airlock.run({"do": "echo", "say": "x" * limits.MAX_REQUEST_BYTES}, [], job_limits)


def test_job_that_does_not_load_is_named() -> None:
    with pytest.raises(GraderFault, match="ModuleNotFoundError: No module named 'no_such_job'"):
        Airlock("no_such_job").open()


def test_child_sees_its_own_descriptors_only(shared_airlock: Airlock, job_limits: JobLimits) -> None:
    with tempfile.TemporaryFile() as file:
        head = shared_airlock.run({"do": "descriptors"}, [file.fileno()], job_limits).head
    assert len(head["open"]) == 5  # three of /dev/null, the answer, one input
    assert {0, 1, 2, *head["inputs"]} < set(head["open"])


def test_a_child_collects_no_garbage(shared_airlock: Airlock, job_limits: JobLimits) -> None:
    """It lives for one job, and a collection would have it copy the zygote's memory."""
    told = shared_airlock.run({"do": "collection"}, [], job_limits).head

    assert told["enabled"] is False
    assert told["frozen"] > 0


def test_environment_of_the_owner_stays_with_the_owner(shared_airlock: Airlock, job_limits: JobLimits) -> None:
    told = shared_airlock.run({"do": "environment"}, [], job_limits).head["environment"]
    names = {entry.partition("=")[0] for entry in told if entry}
    threads = {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "ORT_DISABLE_TELEMETRY"}
    memory = {"GLIBC_TUNABLES", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TOP_PAD_"}
    assert names == {"HDF5_PLUGIN_PRELOAD", "HDF5_PLUGIN_PATH", *threads, *memory}


def test_no_module_is_taken_from_a_working_folder(shared_airlock: Airlock, job_limits: JobLimits) -> None:
    path = shared_airlock.run({"do": "environment"}, [], job_limits).head["path"]
    assert all(entry.startswith("/") for entry in path)
