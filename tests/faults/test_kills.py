"""Processes killed while they work: nothing is lost, and each result is written once.

Two kills run with the other tests; `make faults` does twenty of each and prints what became of every submission.
"""

import os
import signal
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from tests.faults.tree import MOMENT_SECONDS, Tree, distinct_file, is_alive, wait_for

KILLS = [pytest.param(2, id="2 kills"), pytest.param(20, id="20 kills", marks=pytest.mark.slow)]


def tell(tree: Tree, what: str, submissions: Sequence[int], started: float) -> None:
    print(
        f"\n{what}: {len(submissions)} kills, {len(submissions)} submissions, "
        f"states {dict(Counter(tree.states(submissions)))}, "
        f"results written per submission {dict(Counter(tree.ends(submissions)))}, "
        f"losses per submission {dict(Counter(tree.losses(submissions)))}, {time.monotonic() - started:.0f} s"
    )


def submit_and_catch(tree: Tree, folder: Path, number: int) -> tuple[int, int]:
    """A new submission, and the worker that is evaluating it."""
    submission = tree.submit(distinct_file(folder, number))
    return submission, wait_for("its evaluation", partial(tree.evaluator_of, submission), every=MOMENT_SECONDS)


def killed_three_times(tree: Tree, folder: Path, number: int) -> int | None:
    """A new submission whose worker was killed in each of three evaluations; None where one was over before."""
    submission = tree.submit(distinct_file(folder, number))
    for losses in range(3):
        look = partial(evaluator_or_end, tree, submission, losses)
        worker = wait_for("its evaluation or its end", look, every=MOMENT_SECONDS)
        os.kill(worker, signal.SIGSTOP)  # from here on it can no longer come to an end
        if tree.states([submission]) != ["running"]:
            os.kill(worker, signal.SIGCONT)
            return None
        os.kill(worker, signal.SIGKILL)
    wait_for("the third loss", lambda: tree.losses([submission]) == [3])
    return submission


def evaluator_or_end(tree: Tree, submission: int, losses: int) -> int | None:
    """The worker that evaluates it after so many losses; any worker where it has ended."""
    if tree.states([submission]) == ["scored"]:
        return tree.child("worker")
    return tree.evaluator_of(submission) if tree.losses([submission]) == [losses] else None


def find_another(tree: Tree, killed: int) -> int | None:
    found = tree.child("web")
    return found if found != killed else None


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kills", KILLS)
def test_a_worker_killed_in_mid_evaluation_costs_no_submission(tree: Tree, tmp_path: Path, kills: int) -> None:
    started, submissions = time.monotonic(), []
    for number in range(kills):
        submission, worker = submit_and_catch(tree, tmp_path, number)
        os.kill(worker, signal.SIGKILL)
        assert tree.states([submission]) == ["running"]
        submissions.append(submission)
        wait_for("it to end all the same", tree.all_ended)

    tell(tree, "worker killed in mid-evaluation", submissions, started)
    assert tree.states(submissions) == ["scored"] * kills
    assert tree.ends(submissions) == [1] * kills
    assert tree.losses(submissions) == [1] * kills


def test_an_innocent_whose_worker_is_killed_three_times_ends_scored(tree: Tree, tmp_path: Path) -> None:
    tries = (killed_three_times(tree, tmp_path, number) for number in range(300, 310))
    submission = next(each for each in tries if each is not None)
    wait_for("it to end all the same", tree.all_ended)

    assert tree.states([submission]) == ["scored"]
    assert tree.ends([submission]) == [1]
    assert tree.losses([submission]) == [3]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kills", KILLS)
def test_a_web_process_killed_after_its_answer_loses_no_submission(tree: Tree, tmp_path: Path, kills: int) -> None:
    started, submissions = time.monotonic(), []
    for number in range(kills):
        web = wait_for("the web process", partial(tree.child, "web"))
        file = distinct_file(tmp_path, 100 + number)
        submissions.append(tree.submit(file))
        os.kill(web, signal.SIGKILL)
        wait_for("the web process to be started again", partial(find_another, tree, web))
        tree.wait_until_ready()
    wait_for("everything to end", tree.all_ended)

    tell(tree, "web process killed right after its 202", submissions, started)
    assert len(set(submissions)) == kills
    assert tree.states(submissions) == ["scored"] * kills
    assert tree.ends(submissions) == [1] * kills


def test_a_worker_that_was_taken_for_dead_writes_nothing_when_it_thaws(tree: Tree, tmp_path: Path) -> None:
    submission, frozen = submit_and_catch(tree, tmp_path, 200)
    fenced = tree.log.count("grading.fenced")
    os.kill(frozen, signal.SIGSTOP)
    try:
        wait_for("another worker to finish it", tree.all_ended)
    finally:
        os.kill(frozen, signal.SIGCONT)

    wait_for("the frozen one to find its ticket gone", lambda: tree.log.count("grading.fenced") > fenced)
    assert tree.states([submission]) == ["scored"]
    assert tree.ends([submission]) == [1]
    assert tree.losses([submission]) == [1]


def test_nothing_outlives_a_supervisor_that_was_killed(own_tree: Tree, tmp_path: Path) -> None:
    submit_and_catch(own_tree, tmp_path, 1)
    family = {process.pid for process in own_tree.below()}
    assert len(family) >= 7  # web, two workers, two jails each

    own_tree.supervisor.kill()
    own_tree.supervisor.wait()

    wait_for("all of them to end", lambda: not any(is_alive(pid) for pid in family), 30)


def test_asked_to_end_it_finishes_what_it_is_doing(tree: Tree, tmp_path: Path) -> None:
    # The last of those that share a service: it ends it.
    submission, _ = submit_and_catch(tree, tmp_path, 400)
    family = {process.pid for process in tree.below()}
    told = len(tree.log)

    tree.supervisor.terminate()

    assert tree.supervisor.wait(40) == 0
    assert tree.states([submission]) == ["scored"]
    assert tree.losses([submission]) == [0]
    assert not any(is_alive(pid) for pid in family)
    assert "Traceback" not in tree.log[told:]


@pytest.mark.slow
def test_what_was_in_work_when_all_was_killed_is_done_after_the_next_start(own_tree: Tree, tmp_path: Path) -> None:
    submission, _ = submit_and_catch(own_tree, tmp_path, 1)
    for pid in [own_tree.supervisor.pid, *(process.pid for process in own_tree.below())]:
        os.kill(pid, signal.SIGKILL)
    own_tree.supervisor.wait()
    assert own_tree.states([submission]) == ["running"]

    again = Tree(own_tree.world, workers=1)
    try:
        wait_for("everything to end", again.all_ended)
    finally:
        again.close()
    assert again.states([submission]) == ["scored"]
    assert again.ends([submission]) == [1]
