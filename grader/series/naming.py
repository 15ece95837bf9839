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

from grader.errors import Finding, Refusal
from grader.series.plan import Plan, Stage, Step, chained

BASES = ("base", "dense")
FINAL = "final"
BARE_STEP = "step"
"""The name of the only step of an archive whose files are named by their stages alone."""
_STAGED = re.compile(r"(?:(?P<step>.+?)[-_. /]+)?(?P<stage>before|pruned|retrained)", re.IGNORECASE)
_NUMBER = re.compile(r"(\d+)")


def plan_of(weights: Sequence[str], root: str) -> Plan:
    """The plan of an archive's weight files, `root` being the folder that all of them are in, or nothing.

    A single file needs no name. Raises Refusal that names every file whose place the names do not tell.
    """
    if len(weights) == 1:
        return Plan(weights[0])
    labels = {name: str(PurePosixPath(name).relative_to(root).with_suffix("")) for name in weights}
    special = {label.casefold(): name for name, label in labels.items() if label.casefold() in (*BASES, FINAL)}
    steps: dict[str, dict[Stage, str]] = {}
    unclear: list[Finding] = []
    for name in weights:
        if name in special.values():
            continue
        if not (found := _STAGED.fullmatch(labels[name])):
            unclear.append(Finding("series-unclear", name, expected=_EXAMPLES))
            continue
        stages = steps.setdefault(found["step"] or BARE_STEP, {})
        stage = Stage(found["stage"].lower())
        if stage in stages:
            unclear.append(Finding("series-twice", name, got=stages[stage]))
        stages.setdefault(stage, name)
    if unclear:
        raise Refusal(*unclear)
    return _assembled(steps, special)


_EXAMPLES = "base.pt, step-01-pruned.pt, step-01-retrained.pt or final.pt"


def _assembled(steps: Mapping[str, Mapping[Stage, str]], special: Mapping[str, str]) -> Plan:
    bases = [special[name] for name in BASES if name in special]
    if len(bases) > 1:
        raise Refusal(Finding("series-twice", bases[1], got=bases[0]))
    base = bases[0] if bases else None
    ordered = chained([Step(name, steps[name]) for name in sorted(steps, key=natural)], base)
    last = ordered[-1].last if ordered else base
    final = special.get(FINAL, last)
    assert final is not None  # noqa: S101 - there are two weight files at least, and none is unclear
    return Plan(final, ordered)


def natural(name: str) -> list[tuple[int, str]]:
    """A key that puts `step-10` after `step-9`."""
    return [(int(part), "") if part.isdecimal() else (-1, part.casefold()) for part in _NUMBER.split(name) if part]
