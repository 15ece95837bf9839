"""The dashboard as the API tells it."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.competitions.access import Entry
from app.dashboard.queries import Few
from app.dashboard.service import Dashboard

_EXAMPLE: dict[str, Any] = {
    "competition": "cmu-10605",
    "now": "2026-11-21T14:40:00Z",
    "failed": {"count": 1, "submissions": [42]},
    "stuck": {"count": 0, "submissions": []},
    "flagged": [7],
    "to_review": [],
    "students": 300,
    "active": 280,
    "on_board": 275,
    "full_credit": 240,
    "states": {"scored": 2900, "rejected": 99, "failed": 1},
    "days": [
        {
            "day": "2026-11-21",
            "count": 31,
            "least": 0.0,
            "quarter": 0.41,
            "median": 0.63,
            "three_quarters": 0.72,
            "most": 0.86,
        }
    ],
    "queue": {"checks": 0, "evaluations": 3, "running": 2, "oldest": "2026-11-21T14:39:41Z"},
    "workers": [
        {"name": "lab-1", "is_alive": True, "silent_seconds": 0.7, "airlock_level": "A", "lanes": ["check", "evaluate"]}
    ],
    "disk": {"free_bytes": 81604378624, "needed_bytes": 536870912, "stored_bytes": 7126352384},
}


class FewBody(BaseModel):
    """The first of some submissions, and how many there are in all."""

    count: int
    submissions: list[int]


class DayBody(BaseModel):
    """The scored submissions of a local day."""

    day: date
    count: int
    least: float
    quarter: float
    median: float
    three_quarters: float
    most: float


class QueueBody(BaseModel):
    """The queue of the whole service."""

    checks: int = Field(description="Waiting to be read and checked.")
    evaluations: int = Field(description="Waiting to be evaluated.")
    running: int
    oldest: datetime | None = Field(description="Since when the oldest of what waits has waited.")


class WorkerBody(BaseModel):
    """A worker that was heard of lately."""

    name: str
    is_alive: bool
    silent_seconds: float
    airlock_level: str
    lanes: list[str]


class DiskBody(BaseModel):
    """The disk of the service."""

    free_bytes: int
    needed_bytes: int = Field(description="With less, uploads are refused.")
    stored_bytes: int = Field(description="Files of this competition, equal ones once.")


class DashboardBody(BaseModel):
    """What needs somebody first, then how it goes."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    competition: str
    now: datetime
    failed: FewBody = Field(description="Ended by a fault of ours.")
    stuck: FewBody = Field(description="Should have ended long ago.")
    flagged: list[int] = Field(description="Entrants whose code names a forbidden module and who are not judged yet.")
    to_review: list[int] = Field(description="Other entrants with code who are not judged yet.")
    students: int
    active: int = Field(description="Students who have handed something in, alone or in a team.")
    on_board: int
    full_credit: int | None = Field(description="Of those on the board; null where there is no such condition.")
    states: dict[str, int]
    days: list[DayBody]
    queue: QueueBody
    workers: list[WorkerBody]
    disk: DiskBody


def dashboard_body(entry: Entry, found: Dashboard) -> DashboardBody:
    """The dashboard of a competition."""
    progress, machine = found.progress, found.machine
    queue = machine.queue
    return DashboardBody(
        competition=entry.competition.slug,
        now=found.now,
        failed=_few(found.failed),
        stuck=_few(found.stuck),
        flagged=[each.entrant.id for each in found.flagged],
        to_review=[each.entrant.id for each in found.to_review],
        students=progress.students,
        active=progress.active,
        on_board=progress.on_board,
        full_credit=progress.full_credit,
        states={state.value: number for state, number in progress.states.items()},
        days=[DayBody.model_validate(each, from_attributes=True) for each in progress.days],
        queue=QueueBody(checks=queue.checks, evaluations=queue.evaluations, running=queue.running, oldest=queue.oldest),
        workers=[
            WorkerBody(
                name=worker.name,
                is_alive=is_alive,
                silent_seconds=round(seconds, 1),
                airlock_level=worker.airlock_level,
                lanes=worker.lanes,
            )
            for worker, seconds, is_alive in machine.workers
        ],
        disk=DiskBody(
            free_bytes=machine.free_bytes, needed_bytes=machine.needed_bytes, stored_bytes=progress.stored_bytes
        ),
    )


def _few(found: Few) -> FewBody:
    return FewBody(count=found.count, submissions=[each.submission_id for each in found.first])
