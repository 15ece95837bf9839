"""The short form of `make storm`, and what it would notice. Speed is told there, and not asserted here."""

from dataclasses import replace
from pathlib import Path
from random import Random

from benchmarks.storm import figures, plan
from benchmarks.storm.__main__ import parsed, storm, tell, wrong
from benchmarks.storm.figures import Graded
from benchmarks.storm.plan import Handed, Kind

SHORT = "--students 10 --submissions 20 --seconds 4 --examples 100 --wrong-every 5 --poll-seconds 2 --limit 250"


def handed(number: int, student: int, sent: float, kind: Kind = Kind.GOOD) -> Handed:
    return Handed(number, student, sent, kind, sent, sent, sent, ["202"], number, sent + 1, figures.ENDS[kind])


def graded(claimed: float) -> Graded:
    return Graded("scored", claimed, claimed + 1, evaluated=True)


def test_every_upload_of_a_small_storm_is_answered_and_ends_as_it_must(tmp_path: Path) -> None:
    outcome = storm(parsed(SHORT.split()), tmp_path)

    tell(outcome)
    assert wrong(outcome) == []
    assert len(outcome.plan.files) == 20
    assert outcome.evaluated == 16
    assert outcome.plan.counts["stream 200"] >= 10
    assert outcome.plan.counts["board 200"] >= 10


def test_the_second_file_of_a_student_before_the_first_of_another_is_noticed() -> None:
    files = [handed(1, 1, 0.0), handed(2, 1, 1.0), handed(3, 2, 2.0)]

    assert figures.unfair(files, {1: graded(1.0), 3: graded(20.0), 2: graded(30.0)}) == []
    assert figures.unfair(files, {1: graded(1.0), 2: graded(20.0), 3: graded(30.0)}) == [(files[1], files[2])]
    assert figures.unfair(files, {1: graded(1.0), 2: graded(6.0), 3: graded(30.0)}) == []  # it hardly stood in the line


def test_an_upload_without_an_answer_and_a_file_without_its_end_are_noticed() -> None:
    good, again, refused = handed(1, 1, 0.0), handed(2, 1, 0.0), handed(3, 2, 0.0, Kind.NO_WEIGHTS)
    again.statuses, refused.statuses = ["429", "202"], ["422"]
    broken = replace(good, statuses=["429", "503"])

    assert figures.unanswered([good, again, refused, broken]) == [broken]
    assert figures.lost([good, again], {1: graded(1.0)}) == [again]
    assert figures.lost([good], {1: replace(graded(1.0), state="failed")}) == [good]


def test_a_wrong_file_is_told_when_its_page_tells_it_or_when_it_could_have() -> None:
    looked, elsewhere = handed(1, 1, 10.0, Kind.WRONG_NETWORK), handed(2, 1, 10.0, Kind.WRONG_NETWORK)
    elsewhere.told, elsewhere.interrupted = 50.0, True
    ends = dict.fromkeys((1, 2), Graded("rejected", 10.2, 10.5, evaluated=False))

    assert figures.seconds_to_tell([looked, elsewhere, handed(3, 2, 10.0)], ends) == [1.0, 0.5]


def test_students_hand_in_as_many_files_each_and_some_of_them_are_wrong() -> None:
    files = plan.files(30, 90, 60.0, 10, Random(1))

    assert [sum(each.student == student for each in files) for student in range(30)] == [3] * 30
    assert [each.at for each in files] == sorted(each.at for each in files)
    assert [sum(each.kind is kind for each in files) for kind in Kind] == [81, 4, 5]
