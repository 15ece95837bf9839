"""What a change of a definition is about, and what can become of earlier submissions then: pure rules."""

from difflib import unified_diff
from enum import StrEnum

from app.competitions.definition import CompetitionDefinition

FORMULA_KEYS = frozenset({"score", "full_credit", "rank_if", "lower_is_better", "split", "splits"})
"""Keys of `grading` after whose change a kept result can be scored anew without an evaluation."""


class Change(StrEnum):
    """How deep a change goes."""

    NONE = "none"
    COURSE = "course"
    FORMULA = "formula"
    GRADING = "grading"


class Way(StrEnum):
    """What becomes of the submissions that are there."""

    KEEP = "keep"
    RESCORE = "rescore"
    REJUDGE = "rejudge"


WAYS = {
    Change.NONE: (Way.KEEP,),
    Change.COURSE: (Way.KEEP,),
    Change.FORMULA: (Way.KEEP, Way.RESCORE, Way.REJUDGE),
    Change.GRADING: (Way.KEEP, Way.REJUDGE),
}


def change(old: CompetitionDefinition, new: CompetitionDefinition, *, same_dataset: bool) -> Change:
    """How deep the change from one definition to another goes."""
    before, after = (each.grading.grading.model_dump(mode="json") for each in (old, new))
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    if not same_dataset or changed - FORMULA_KEYS:
        return Change.GRADING
    if changed:
        return Change.FORMULA
    return Change.NONE if old.as_json() == new.as_json() else Change.COURSE


def difference(old: str, new: str, old_name: str, new_name: str) -> list[str]:
    """The lines in which two texts differ, as `diff -u` tells them; none where they are equal."""
    return list(unified_diff(old.splitlines(), new.splitlines(), old_name, new_name, lineterm=""))
