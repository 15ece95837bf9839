"""Who may submit when: pure rules over moments and counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.competitions.definition import CourseRules, Phase


@dataclass(frozen=True, slots=True)
class Window:
    """A phase as it stands at some moment: open, still to come, or over. Moments are aware, in UTC."""

    phase: str
    opens: datetime
    closes: datetime | None
    is_open: bool
    is_over: bool


@dataclass(frozen=True, slots=True)
class Quota:
    """How many submissions an entrant has left today; `resets_at` is when the next day begins. None: no limit."""

    per_day: int | None
    used: int
    resets_at: datetime

    @property
    def left(self) -> int | None:
        """Submissions left until `resets_at`."""
        return None if self.per_day is None else max(0, self.per_day - self.used)


def window(rules: CourseRules, zone: ZoneInfo, now: datetime) -> Window:
    """The open phase, else the next one to open, else the last one, which is over."""
    spans = [Span(phase.name, *_utc(phase, zone)) for phase in rules.phases]
    current = next((span for span in spans if span.closes is None or now <= span.closes), spans[-1])
    is_over = current.closes is not None and now > current.closes
    return Window(current.phase, current.opens, current.closes, current.opens <= now and not is_over, is_over)


def day(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of today in a time zone and that of tomorrow, in UTC. A day of a clock change has 23 or 25 hours."""
    today = now.astimezone(zone).date()
    first, next_first = (
        datetime.combine(date, time(), zone).astimezone(UTC) for date in (today, today + timedelta(days=1))
    )
    return first, next_first


def quota(rules: CourseRules, zone: ZoneInfo, now: datetime, charged: Sequence[datetime]) -> Quota:
    """What is left of today's submissions. `charged` are the moments of those that count against it."""
    begins, ends = day(now, zone)
    return Quota(rules.submissions.per_day, sum(begins <= moment < ends for moment in charged), ends)


class Span(NamedTuple):
    """A phase's name, first and last moment, in UTC."""

    phase: str
    opens: datetime
    closes: datetime | None


def _utc(phase: Phase, zone: ZoneInfo) -> tuple[datetime, datetime | None]:
    opens = phase.opens.replace(tzinfo=zone).astimezone(UTC)
    if phase.closes is None:
        return opens, None
    # "23:59" means the whole of that minute, "23:59:59" the whole of that second.
    unit = timedelta(seconds=1) if phase.closes.second else timedelta(minutes=1)
    return opens, phase.closes.replace(tzinfo=zone).astimezone(UTC) + unit - timedelta(microseconds=1)
