"""How often an entrant may submit: pure rules over moments and counts. All moments are aware, in UTC."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from app.clock import day
from app.competitions.course_rules import SubmissionRule


@dataclass(frozen=True, slots=True)
class Tries:
    """What an entrant has handed in: the moments of submissions that are charged, and of files that were refused.

    `extra` are tries that staff gave beyond those of a day and in all.
    """

    charged: Sequence[datetime] = ()
    refused: Sequence[datetime] = ()
    extra: int = 0


@dataclass(frozen=True, slots=True)
class Quota:
    """What an entrant has left. None is no limit; `resets_at` is when the next day begins."""

    per_day: int | None
    used: int
    """Charged submissions of today."""
    resets_at: datetime
    total: int | None = None
    used_in_all: int = 0
    refused_per_day: int | None = None
    refused: int = 0
    """Refused files of today."""
    extra: int = 0
    """Extra tries that are still there."""
    closes: datetime | None = None
    """The last moment at which files are taken."""

    @property
    def left(self) -> int | None:
        """Submissions left until `resets_at`."""
        today = None if self.per_day is None else max(0, self.per_day - self.used) + self.extra
        known = [each for each in (today, self.left_in_all) if each is not None]
        return min(known) if known else None

    @property
    def left_in_all(self) -> int | None:
        """Submissions left for as long as the competition runs."""
        return None if self.total is None else max(0, self.total - self.used_in_all)

    @property
    def refused_left(self) -> int | None:
        """Files that may still be refused today."""
        return None if self.refused_per_day is None else max(0, self.refused_per_day - self.refused)

    @property
    def may_try(self) -> bool:
        """Whether a file may be handed in now, as far as the number of tries goes."""
        return self.left != 0 and self.refused_left != 0

    @property
    def next_at(self) -> datetime | None:
        """When the next file may be handed in; None where that is now, or never again."""
        if self.may_try or self.left_in_all == 0 or (self.closes is not None and self.resets_at > self.closes):
            return None
        return self.resets_at


def quota(rule: SubmissionRule, zone: ZoneInfo, now: datetime, tries: Tries, closes: datetime | None = None) -> Quota:
    """What is left at a moment. Extra tries are used up by whatever goes beyond a day's own, on any day."""
    begins, ends = day(now, zone)
    beyond = _beyond(tries.charged, zone, rule.per_day)
    return Quota(
        per_day=rule.per_day,
        used=_within(tries.charged, begins, ends),
        resets_at=ends,
        total=None if rule.total is None else rule.total + tries.extra,
        used_in_all=len(tries.charged),
        refused_per_day=rule.refused_per_day,
        refused=_within(tries.refused, begins, ends),
        extra=max(0, tries.extra - beyond),
        closes=closes,
    )


def _within(moments: Iterable[datetime], begins: datetime, ends: datetime) -> int:
    return sum(begins <= moment < ends for moment in moments)


def _beyond(moments: Iterable[datetime], zone: ZoneInfo, per_day: int | None) -> int:
    """How many submissions went beyond those of their day."""
    if per_day is None:
        return 0
    of_days = Counter(moment.astimezone(zone).date() for moment in moments)
    return sum(max(0, number - per_day) for number in of_days.values())
