"""Why a command ends, as an exit status and a sentence."""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any

import click


class Exit(IntEnum):
    """Exit statuses of all commands; `secateur --help` and the help page tell them."""

    OK = 0
    REJECTED = 1
    """The file: it was refused, or rejected by the grader."""
    USAGE = 2
    """The command line, or something that there is not."""
    NOT_ALLOWED = 3
    """No token, an unknown one, or one that may not do this."""
    NO_TRY = 4
    """No try is left, or files are not taken at this time."""
    FAILED = 5
    """The server or the way to it; or it took longer than one wanted to wait."""


class Trouble(click.ClickException):
    """What keeps a command from its end. `problems` are those of the file, as the server tells them."""

    def __init__(self, status: Exit, message: str, problems: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(message)
        self.exit_code = int(status)  # type: ignore[misc]  # click reads it from the instance
        self.problems = problems


def from_answer(status: int, problem: Mapping[str, Any]) -> Trouble:
    """The trouble that the server's problem details tell."""
    detail = str(problem.get("detail") or problem.get("title") or f"the server answered with status {status}")
    found = problem.get("errors") or []
    if problem.get("quota_charged") is False:
        return Trouble(Exit.REJECTED, detail, found)
    told = [str(each["message"]) for each in found if isinstance(each, Mapping) and each.get("message")]
    return Trouble(
        _exit(status, str(problem.get("code"))), " ".join([detail, *(each for each in told if each != detail)])
    )


def _exit(status: int, code: str) -> Exit:
    if status in (401, 403):
        return Exit.NOT_ALLOWED
    if status == 429 or code in ("closed", "not-open-yet"):
        return Exit.NO_TRY
    return Exit.FAILED if status >= 500 or status == 408 else Exit.USAGE
