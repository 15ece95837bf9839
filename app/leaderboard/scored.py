"""A scored submission with all that boards, plots and grades speak of, out of its grading's report."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.leaderboard.ranking import Candidate
from grader.splits import Part

_WHOLE = ("full_credit", "sparsity", "zeros", "parameters", "macs", "file_bytes", "splits", "scores")
_PARTLY = {"compacted": ("parameters",), "series": ("declared",)}


@dataclass(frozen=True, slots=True)
class Scored:
    """A scored submission; of its report at least what is `kept`."""

    candidate: Candidate
    alias: str
    report: Mapping[str, Any]
    version_id: int
    part: Part = Part.PUBLIC
    """The part of the test set that the candidate's score is of."""

    @property
    def split(self) -> Mapping[str, Any]:
        """Correct images and accuracy on that part; on the whole test set where it has no parts."""
        splits = self.report["splits"]
        found: Mapping[str, Any] = splits[self.part] if self.part in splits else next(iter(splits.values()))
        return found

    @property
    def full_credit(self) -> bool | None:
        """Whether the condition for full credit holds on that part."""
        outcomes = self.report.get("scores") or {}
        found: bool | None = outcomes.get(self.part, self.report).get("full_credit")
        return found


@dataclass(frozen=True, slots=True)
class Counted:
    """What counts of an entrant, and what else its row says."""

    scored: Scored
    entries: int
    """How many scored submissions it has."""
    reason: str | None = None
    """Why it has no rank, in numbers."""
    newest_at: datetime | None = None
    """When the newest of its scored submissions came in."""
    then_before: datetime | None = None
    then: Candidate | None = None
    """What counted of the submissions that came in before that moment."""


def kept(report: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a report that columns, rows of boards and grades are read from."""
    found = {key: report[key] for key in _WHOLE if key in report}
    for key, names in _PARTLY.items():
        if report.get(key):
            found[key] = {name: report[key][name] for name in names if name in report[key]}
    return found
