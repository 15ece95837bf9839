"""What became of a storm, in figures: from what the students saw and what the database holds."""

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from benchmarks.storm.plan import Handed, Kind

STANDS_SECONDS = 5.0
"""After its answer a file certainly waits for its evaluation, if it has not begun: checks go ahead of those."""
ENDS = {Kind.GOOD: "scored", Kind.WRONG_NETWORK: "rejected", Kind.NO_WEIGHTS: "rejected"}
GRADINGS = "SELECT submission_id, state, claimed_at, finished_at, phase_times LIKE '%evaluating%' FROM gradings"


@dataclass(frozen=True, slots=True)
class Graded:
    """A grading as the database has it: moments in seconds, as `time.time()` tells them."""

    state: str
    claimed: float | None
    finished: float | None
    evaluated: bool

    @classmethod
    def of(cls, row: Sequence[Any]) -> Self:
        """From the columns of `GRADINGS` but the first."""
        return cls(row[0], _seconds(row[1]), _seconds(row[2]), bool(row[3]))


def _seconds(moment: str | None) -> float | None:
    return None if moment is None else datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()


def unanswered(files: Sequence[Handed]) -> list[Handed]:
    """The files whose student was told neither that it was taken nor what is wrong with it; 429 first is allowed."""
    right = {Kind.GOOD: ["202"], Kind.WRONG_NETWORK: ["202"], Kind.NO_WEIGHTS: ["422"]}
    return [each for each in files if [status for status in each.statuses if status != "429"] != right[each.kind]]


def lost(files: Sequence[Handed], graded: Mapping[int, Graded]) -> list[Handed]:
    """The files that were taken, and ended otherwise than they must, or not at all."""
    return [
        each for each in files if each.submission is not None and not _ended_well(each, graded.get(each.submission))
    ]


def _ended_well(file: Handed, found: Graded | None) -> bool:
    return found is not None and found.state == ENDS[file.kind]


def seconds_to_tell(files: Sequence[Handed], graded: Mapping[int, Graded]) -> list[float]:
    """From the end of a wrong file's request to when its student was told, or could have been: it looked elsewhere."""
    told = []
    for each in files:
        if each.kind is Kind.GOOD or each.sent is None:
            continue
        end = each.told
        if each.interrupted and each.submission is not None:
            end = graded[each.submission].finished
        if end is not None:
            told.append(max(0.0, end - each.sent))
    return told


def unfair(files: Sequence[Handed], graded: Mapping[int, Graded]) -> list[tuple[Handed, Handed]]:
    """Files that were evaluated before another one that stood in the line, though its student's turn was longer ago.

    Never to have had one is longest ago: so nobody's second file goes before another's first. A refusal is no turn.
    """
    turns: dict[int, list[float]] = {}
    waited: list[tuple[float, float, Handed]] = []
    for each in files:
        found = graded.get(each.submission or 0)
        if found is not None and found.evaluated and found.claimed is not None and each.answered is not None:
            turns.setdefault(each.student, []).append(found.claimed)
            waited.append((found.claimed, each.answered + STANDS_SECONDS, each))
    overtaken = []
    for claimed, _, each in waited:
        mine = _last(turns[each.student], claimed)
        for later, stood, other in waited:
            if (
                other.student != each.student
                and stood < claimed < later
                and _last(turns[other.student], claimed) < mine
            ):
                overtaken.append((each, other))
                break
    return overtaken


def _last(moments: Sequence[float], before: float) -> float:
    return max((each for each in moments if each < before), default=0.0)


def answer_seconds(files: Sequence[Handed]) -> list[float]:
    """From the beginning of an upload to its answer, whatever was said before it."""
    return [each.answered - each.begun for each in files if each.answered is not None and each.begun is not None]


def score_seconds(files: Sequence[Handed], graded: Mapping[int, Graded]) -> list[float]:
    """From the end of a good file's request to its score."""
    good = [each for each in files if each.kind is Kind.GOOD and each.submission in graded]
    ends = [(graded[each.submission].finished, each.sent) for each in good if each.submission is not None]
    return [end - sent for end, sent in ends if end is not None and sent is not None]


def first_score_seconds(files: Sequence[Handed], graded: Mapping[int, Graded]) -> list[float]:
    """Of each student, from the end of its first good file's request to its first score."""
    firsts = []
    for student in {each.student for each in files}:
        own = [each for each in files if each.student == student and each.kind is Kind.GOOD]
        sent = [each.sent for each in own if each.sent is not None]
        found = [graded.get(each.submission or 0) for each in own]
        known = [each.finished for each in found if each is not None and each.finished is not None]
        if sent and known:
            firsts.append(min(known) - min(sent))
    return firsts


def shares(spent: Mapping[str, float]) -> tuple[float, float]:
    """CPU seconds of the service, and the share of them outside the children that evaluate and what forks them."""
    everything = sum(spent.values())
    return everything, 1 - spent.get("evaluating jail", 0.0) / everything


def counted(values: Sequence[str]) -> str:
    """Each value and how often it occurs."""
    return ", ".join(f"{number} x {value}" for value, number in sorted(Counter(values).items()))


def middle(values: Sequence[float]) -> float:
    """The median; 0 of nothing."""
    return statistics.median(values) if values else 0.0
