"""How deep a change of a definition goes, what can become of earlier submissions then, and the lines that differ."""

from difflib import unified_diff
from enum import StrEnum


class Change(StrEnum):
    """How deep a change goes: not at all, to the course's half alone, to formulas, or to what a result is."""

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


def difference(old: str, new: str, old_name: str, new_name: str) -> list[str]:
    """The lines in which two texts differ, as `diff -u` tells them; none where they are equal."""
    return list(unified_diff(old.splitlines(), new.splitlines(), old_name, new_name, lineterm=""))
