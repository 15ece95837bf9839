"""Moments in a definition: local time, the last one of a span inclusive."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, ValidationInfo


def first_instant(moment: datetime, zone: ZoneInfo) -> datetime:
    """A local moment in UTC."""
    return moment.replace(tzinfo=zone).astimezone(UTC)


def last_instant(moment: datetime, zone: ZoneInfo) -> datetime:
    """The last instant of a local moment in UTC: "23:59" means the whole of that minute, "23:59:59" of that second."""
    unit = timedelta(seconds=1) if moment.second else timedelta(minutes=1)
    return first_instant(moment, zone) + unit - timedelta(microseconds=1)


def _has_a_time(moment: object, info: ValidationInfo) -> object:
    try:
        day = date.fromisoformat(str(moment).strip())
    except ValueError:
        return moment
    # A date alone would be its first minute, and a deadline so written nearly a day early.
    raise ValueError(f"give the time too: {day} {'00:00' if info.field_name == 'opens' else '23:59'}")


def _has_no_zone(moment: datetime) -> datetime:
    if moment.tzinfo is not None:
        raise ValueError("give the local time without a zone; `time_zone` says which one it is in")
    return moment


Moment = Annotated[datetime, BeforeValidator(_has_a_time), AfterValidator(_has_no_zone)]
