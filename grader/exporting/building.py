"""The networks that a student's code builds: found by the entry's name, made by a call without arguments."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from torch import nn

from grader.errors import Finding, Refusal
from grader.exporting import blame
from grader.exporting.execution import Executed
from grader.exporting.missing import Missing
from grader.exporting.script import Script

MAX_NETWORKS = 64
LISTED = 12  # names that are listed of what a script has


def networks(executed: Executed, script: Script, entries: Sequence[str]) -> tuple[str, list[Any]]:
    """The entry's name and the networks that it gives, one or several. Raises Refusal."""
    name, entry = _entry(executed, script, entries)
    _check_arguments(name, entry)
    try:
        made = entry()
    except BaseException as error:  # a student's code may raise anything
        raise Refusal(blame.finding(error, script, executed)) from None
    found = [_bare(each) for each in (made if isinstance(made, list | tuple | nn.ModuleList) else [made])]
    if not 0 < len(found) <= MAX_NETWORKS or not all(isinstance(each, nn.Module) for each in found):
        raise Refusal(Finding("code-no-network", f"{name}()", got=_kind(made)))
    return name, found


def _entry(executed: Executed, script: Script, entries: Sequence[str]) -> tuple[str, Callable[[], Any]]:
    for name in entries:
        found = executed.names.get(name)
        if callable(found) and not isinstance(found, Missing | nn.Module):
            return name, found
    for name in entries:
        if name in executed.failed:
            raise Refusal(blame.finding(executed.failed[name], script, executed))
    own = [
        name for name, each in executed.names.items() if getattr(each, "__module__", "") == executed.names["__name__"]
    ]
    got = ", ".join(own[:LISTED]) or "no class and no function"
    raise Refusal(Finding("code-no-entry", next(iter(script.lines)), _or([f"{name}" for name in entries]), got))


def _check_arguments(name: str, entry: Callable[[], Any]) -> None:
    try:
        signature = inspect.signature(entry)
    except (TypeError, ValueError):
        return
    needed = [
        each.name
        for each in signature.parameters.values()
        if each.default is each.empty
        and each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)
    ]
    if needed:
        raise Refusal(Finding("code-entry-arguments", name, got=", ".join(needed)))


def _bare(made: Any) -> Any:
    """The network inside what trains it on several devices."""
    return made.module if isinstance(made, nn.DataParallel) else made


def _kind(made: Any) -> str:
    if isinstance(made, list | tuple | nn.ModuleList):
        return (
            f"{len(made)} things, of which not all are networks"
            if len(made) <= MAX_NETWORKS
            else f"{len(made):,} things"
        )
    return f"an object of the class {type(made).__name__}" if made is not None else "None: is a return missing?"


def _or(names: Sequence[str]) -> str:
    return " or ".join(names)
