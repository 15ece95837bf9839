"""A series told from the names of its files.

    base.pt                                      what the first step starts from
    step-01-pruned.pt, step-01-retrained.pt      a step's name, then its stage: before, pruned or retrained
    step-02/pruned.pt                            a folder may stand in the name's place
    final.pt                                     what is scored; without it the last file of the last step

Steps go in the order of their names, numbers in them by value. A step's `before` is the last file of the step ahead.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import TypeAlias

from grader.errors import Finding, Refusal
from grader.series.plan import Plan, Stage, Step, chained

Place: TypeAlias = tuple[str, str]
"""The name of a step and a stage, or nothing and one of the names that stand alone."""

ALONE = {"base": "base", "dense": "base", "final": "final"}
BARE_STEP = "step"
"""The name of the only step of an archive whose files are named by their stages alone."""
EXAMPLES = "base.pt, step-01-pruned.pt, step-01-retrained.pt or final.pt"
_STAGED = re.compile(r"(?:(?P<step>.+?)[-_. /]+)?(?P<stage>before|pruned|retrained)", re.IGNORECASE)
_NUMBER = re.compile(r"(\d+)")


def plan_of(weights: Sequence[str], root: str) -> Plan:
    """The plan of an archive's weight files, `root` being the folder that all of them are in, or nothing.

    A single file needs no name. Raises Refusal that names every file whose place the names do not tell.
    """
    if len(weights) == 1:
        return Plan(weights[0])
    found: dict[Place, str] = {}
    wrong: list[Finding] = []
    for name in weights:
        place = _place(str(PurePosixPath(name).relative_to(root).with_suffix("")))
        if place is None:
            wrong.append(Finding("series-unclear", name, expected=EXAMPLES))
        elif place in found:
            wrong.append(Finding("series-twice", name, got=found[place]))
        else:
            found[place] = name
    if wrong:
        raise Refusal(*wrong)
    return _assembled(found)


def _place(label: str) -> Place | None:
    if alone := ALONE.get(label.casefold()):
        return "", alone
    staged = _STAGED.fullmatch(label)
    return (staged["step"] or BARE_STEP, staged["stage"].lower()) if staged else None


def _assembled(found: Mapping[Place, str]) -> Plan:
    base = found.get(("", ALONE["base"]))
    names = sorted({step for step, _ in found if step}, key=_natural)
    steps = chained([Step(name, _stages(name, found)) for name in names], base)
    final = found.get(("", ALONE["final"])) or (steps[-1].last if steps else None)
    assert final is not None  # noqa: S101 - two files at least, in places of their own: one is a step's, or the final one
    return Plan(final, steps)


def _stages(step: str, found: Mapping[Place, str]) -> dict[Stage, str]:
    return {stage: found[step, stage.value] for stage in Stage if (step, stage.value) in found}


def _natural(name: str) -> list[tuple[int, str]]:
    """A key that puts `step-10` after `step-9`."""
    return [(int(part), "") if part.isdecimal() else (-1, part.casefold()) for part in _NUMBER.split(name) if part]
