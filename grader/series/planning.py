"""The plan of an archive: which of its files are weights, which are kept for the staff, and what each one is for."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from grader.errors import Finding, Refusal
from grader.series import manifest, naming
from grader.series.plan import Plan

WEIGHTS = (".pt", ".pth", ".ckpt", ".safetensors")
"""Endings of weight files in an archive, in any case."""
ATTACHMENTS = (".ipynb", ".pdf", ".py", ".md", ".txt", ".csv", ".png")
"""Endings of what is kept for the staff beside the weights. Other files are passed over."""


def plan_of(members: Sequence[str], manifest_text: str | None, max_files: int | None) -> Plan:
    """The plan of an archive with these members; `max_files` is None where the competition takes no archives.

    Raises Refusal with everything that is unclear.
    """
    if max_files is None:
        raise Refusal(Finding("series-not-taken", got=f"{len(members):,}"))
    weights = [name for name in members if ends(name, WEIGHTS)]
    if not weights:
        raise Refusal(Finding("series-no-weights", expected=", ".join(WEIGHTS), got=f"{len(members):,}"))
    if len(weights) > max_files:
        raise Refusal(Finding("series-too-many", expected=f"{max_files:,}", got=f"{len(weights):,}"))
    root = _root(members)
    if manifest_text is None:
        plan = naming.plan_of(weights, root)
    else:
        plan = manifest.plan_of(manifest_text, weights, root)
    return Plan(plan.final, plan.steps, plan.declared, tuple(name for name in members if ends(name, ATTACHMENTS)))


def ends(name: str, endings: tuple[str, ...]) -> bool:
    """Whether a file's name has one of these endings, in any case."""
    return PurePosixPath(name).suffix.casefold() in endings


def _root(members: Sequence[str]) -> str:
    """The one folder at the top of an archive that holds all of its members, or nothing."""
    tops = {PurePosixPath(name).parts[0] for name in members}
    return tops.pop() if len(tops) == 1 and all("/" in name for name in members) else ""
