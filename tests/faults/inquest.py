"""Why a submission failed: its losses, each with what was done to the service shortly before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

BEFORE_SECONDS = 8.0
"""So long a harm may go on to be felt: a frozen worker thaws, one that was killed starts again."""

Ask = Callable[..., list[tuple[Any, ...]]]
"""What the service's database says; see `Tree.ask`."""


@dataclass(frozen=True, slots=True)
class Deed:
    """A harm that was done; times in seconds since 1970."""

    name: str
    begun: float
    ended: float

    def may_explain(self, moment: float) -> bool:
        return self.begun <= moment <= self.ended + BEFORE_SECONDS


def failures(ask: Ask, deeds: Sequence[Deed]) -> list[str]:
    """One text for each grading that failed, of several lines."""
    told = "SELECT id, submission_id, crash_causes, fault FROM gradings WHERE state = 'failed'"
    return [
        "\n".join([f"{submission}: {causes}, {fault}", *_losses(ask, grading, deeds)])
        for grading, submission, causes, fault in ask(told)
    ]


def _losses(ask: Ask, grading: int, deeds: Sequence[Deed]) -> list[str]:
    lost = ask("SELECT at, fault FROM losses WHERE grading_id = :grading ORDER BY at", grading=grading)
    return [
        f"    {datetime.fromtimestamp(at, UTC):%T.%f} {fault}, after"
        f" {', '.join(f'{deed.name} {at - deed.begun:.1f} s' for deed in deeds if deed.may_explain(at)) or 'nothing'}"
        for at, fault in lost
    ]
