"""What has to hold before a competition opens: pure rules over its definition and what staff have tried."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from app.competitions import calendar, examples
from app.competitions.definition import CompetitionDefinition
from grader import messages
from grader.checking import counterexample
from grader.competition import Definition
from grader.errors import Finding
from models.datasets import Dataset
from models.gradings import Grading, State

LAYOUTS = {"keras-h5": "keras-legacy", "pytorch": "torch-state-dict"}
"""The layout of the file that is made up, by the format that the definition asks for."""


@dataclass(frozen=True, slots=True)
class Check:
    """One point of the list. `told` says what holds, or what to do."""

    name: str
    title: str
    is_green: bool
    told: str
    submission_id: int | None = None
    """The staff's test that shows it, where one does."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the checks look at. `tests` are the staff's own submissions under the rules that hold, the newest first."""

    definition: CompetitionDefinition
    dataset: Dataset | None
    tests: Sequence[Grading]
    zone: ZoneInfo
    now: datetime


def checks(facts: Facts) -> list[Check]:
    """Every point of the list, in the order in which they are done."""
    return [_dataset(facts), _reference(facts), _wrong_architecture(facts), _examples(facts), _phases(facts)]


def red(found: Sequence[Check]) -> list[Check]:
    """The points that keep a competition from opening."""
    return [check for check in found if not check.is_green]


def _dataset(facts: Facts) -> Check:
    title, dataset = "The hidden test set is pinned", facts.dataset
    if dataset is None:
        return Check("dataset", title, False, "Upload the test set, and choose it under “Edit”.")
    shape = " x ".join(map(str, dataset.sample_shape))
    told = f"{dataset.name}: {dataset.examples:,} images of {shape}, SHA-256 {dataset.digest[:12]}…"
    return Check("dataset", title, True, told)


def _reference(facts: Facts) -> Check:
    title = "The reference solution grades"
    scored = _first(facts, State.SCORED)
    if scored is not None:
        told = f"Submission {scored.submission_id} came to {_score(scored)} under these rules."
        return Check("reference", title, True, told, scored.submission_id)
    waiting = _first(facts, State.QUEUED) or _first(facts, State.RUNNING)
    if waiting is not None:
        return Check("reference", title, False, "It is being graded; look again in a moment.", waiting.submission_id)
    failed = _first(facts, State.REJECTED) or _first(facts, State.FAILED)
    if failed is not None:
        told = f"Submission {failed.submission_id} was {failed.state.value}. Look at why, and upload another file."
        return Check("reference", title, False, told, failed.submission_id)
    return Check("reference", title, False, "Upload a weight file that you know the score of; a worker grades it.")


def _wrong_architecture(facts: Facts) -> Check:
    title, definition = "A wrong architecture is refused", facts.definition.grading
    refused = _first(facts, State.REJECTED)
    if refused is not None:
        told = f"Submission {refused.submission_id} was refused."
        return Check("architecture", title, True, told, refused.submission_id)
    if definition.exact is None:
        told = "Upload a file that these rules must not take, such as one that is too large; it has to be refused."
        return Check("architecture", title, False, told)
    found = [messages.problem(each).message for each in _made_up(definition)]
    told = f"A made-up file is told: {found[0]}" if found else "A made-up file of another shape was not refused."
    return Check("architecture", title, bool(found), told)


def _made_up(definition: Definition) -> Sequence[Finding]:
    layout = LAYOUTS.get(definition.grading.file.format)
    return () if layout is None else counterexample.refusal(definition.network, layout)


def _examples(facts: Facts) -> Check:
    title = "The formula gives the stated example"
    found = [examples.compare(each, facts.definition.grading) for each in facts.definition.course.examples]
    wrong = [f"{each.given}: {each.problem}" for each in found if each.problem]
    if not found:
        told = "State one under course.examples: {given: {accuracy: 0.65, sparsity: 0.5}, score: 0.575}"
        return Check("examples", title, False, told)
    if wrong:
        return Check("examples", title, False, "; ".join(wrong))
    told = "; ".join(f"{each.given} gives {each.example.score}" for each in found)
    return Check("examples", title, True, told)


def _phases(facts: Facts) -> Check:
    title = "The phases are in order, and the last one is to come or under way"
    found = calendar.window(facts.definition.course, facts.zone, facts.now)
    if found.is_over:
        return Check("phases", title, False, f"The phase {found.phase!r} is over; give it a later end under “Edit”.")
    return Check("phases", title, True, "; ".join(_spans(facts)))


def _spans(facts: Facts) -> Iterator[str]:
    for phase in facts.definition.course.phases:
        end = f"until {phase.closes:%d %b %Y, %H:%M}" if phase.closes else "without an end"
        yield f"{phase.name}: {phase.opens:%d %b %Y, %H:%M} {end} ({facts.zone.key})"


def _first(facts: Facts, state: State) -> Grading | None:
    return next((each for each in facts.tests if each.state is state), None)


def _score(grading: Grading) -> str:
    return f"{grading.score:.4f}" if grading.score is not None else "no score"
