"""When things happen in a competition: pure rules over moments. All moments are aware, in UTC."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.clock import DAY
from app.competitions.definition import CourseRules
from app.competitions.moments import first_instant, last_instant


@dataclass(frozen=True, slots=True)
class Window:
    """A phase as it stands at some moment: open, still to come, or over.

    `closes` is the last moment on time; `late_until` the last one at which late submissions are taken, None: none are.
    """

    phase: str
    opens: datetime
    closes: datetime | None
    is_open: bool
    is_over: bool
    late_until: datetime | None = None
    is_late: bool = False

    @property
    def taken_until(self) -> datetime | None:
        """The last moment at which files are taken; None: there is no end."""
        return self.late_until or self.closes


class Span(NamedTuple):
    """A phase's name, first and last moment."""

    phase: str
    opens: datetime
    closes: datetime | None


def window(rules: CourseRules, zone: ZoneInfo, now: datetime, extended: datetime | None = None) -> Window:
    """The open phase, else the next one to open, else the last one, which is over.

    `extended` is the end of the last phase for the entrant in question, where it is later than everybody's.
    """
    spans = _spans(rules, zone, extended)
    late_until = _late_until(rules, zone, spans[-1].closes)
    ends = [*(span.closes for span in spans[:-1]), late_until or spans[-1].closes]
    place = next((place for place, end in enumerate(ends) if end is None or now <= end), len(spans) - 1)
    current, end = spans[place], ends[place]
    is_over = end is not None and now > end
    is_late = current.closes is not None and now > current.closes and not is_over
    late = late_until if place == len(spans) - 1 else None
    return Window(
        current.phase, current.opens, current.closes, current.opens <= now and not is_over, is_over, late, is_late
    )


def ended(found: Window, closed_at: datetime) -> Window:
    """A phase that staff ended at a moment, whatever its own end is."""
    end = min(closed_at, found.taken_until or closed_at)
    return replace(found, closes=end, late_until=None, is_open=False, is_over=True, is_late=False)


def closing(rules: CourseRules, zone: ZoneInfo, extended: datetime | None = None) -> datetime | None:
    """The last moment at which an entrant's files are taken, late ones too; None: there is no end."""
    last = _spans(rules, zone, extended)[-1].closes
    return _late_until(rules, zone, last) or last


def private_from(rules: CourseRules, zone: ZoneInfo, extended: datetime | None = None) -> datetime | None:
    """The first moment at which an entrant may see the private board; None: it is never shown.

    Nobody sees it while files of theirs are still taken, whatever is said for everybody.
    """
    own = closing(rules, zone, extended)
    if own is None:
        return None
    after = own + timedelta(microseconds=1)
    stated = rules.board.private_from
    return after if stated is None else max(after, first_instant(stated, zone))


def on_time_until(rules: CourseRules, zone: ZoneInfo, extended: datetime | None = None) -> datetime | None:
    """The last moment at which an entrant's files are on time; None: there is no end."""
    return _spans(rules, zone, extended)[-1].closes


def teams_until(rules: CourseRules, zone: ZoneInfo) -> datetime | None:
    """The last moment at which students change teams; None: there is no end."""
    if rules.teams is not None and rules.teams.frozen is not None:
        return last_instant(rules.teams.frozen, zone)
    return closing(rules, zone)


def late_days(rules: CourseRules, zone: ZoneInfo, received_at: datetime, extended: datetime | None = None) -> int:
    """How many days of 24 hours have begun since the last phase closed; 0 on time and within the minutes of grace."""
    if rules.late is None:
        return 0
    last = _spans(rules, zone, extended)[-1].closes
    if last is None:
        return 0
    over = received_at - last
    if over <= timedelta(minutes=rules.late.grace_minutes):
        return 0
    return -(-over // DAY)


def _spans(rules: CourseRules, zone: ZoneInfo, extended: datetime | None) -> Sequence[Span]:
    spans = [
        Span(phase.name, first_instant(phase.opens, zone), phase.closes and last_instant(phase.closes, zone))
        for phase in rules.phases
    ]
    last = spans[-1]
    if extended is not None and last.closes is not None and extended > last.closes:
        spans[-1] = last._replace(closes=extended)
    return spans


def _late_until(rules: CourseRules, zone: ZoneInfo, closes: datetime | None) -> datetime | None:
    if rules.late is None or closes is None:
        return None
    until = last_instant(rules.late.until, zone)
    return until if until > closes else None
