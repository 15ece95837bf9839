"""Whether the process lives, and whether it can do its work."""

from datetime import timedelta
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response

from app.dependencies import AppServices
from app.queue import workers
from app.services import Services
from app.storage import free_bytes
from models.workers import Worker

router = APIRouter(tags=["health"])


class HealthBody(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class ReadyBody(BaseModel):
    """Each thing that is needed, and what is wrong with it: an empty text where nothing is."""

    ready: bool
    checks: dict[str, str]
    workers: list[str]


@router.get("/healthz", operation_id="getHealth", summary="Is the process alive?")
async def health() -> HealthBody:
    """Answers as long as the process does; asks nothing of the database, and no thread, which may all be busy."""
    return HealthBody()


@router.get(
    "/readyz",
    operation_id="getReadiness",
    summary="Can it do its work?",
    response_model=ReadyBody,
    responses={503: {"model": ReadyBody, "description": "Something is missing."}},
)
def ready(services: AppServices) -> Response:
    """Database, room on the disk, and a live worker whose airlock is closed."""
    names: list[str] = []
    checks = {"database": _database(services), "disk": _disk(services), "worker": _worker(services, names)}
    body = ReadyBody(ready=not any(checks.values()), checks=checks, workers=names)
    return JSONResponse(body.model_dump(), 200 if body.ready else 503)


def _database(services: Services) -> str:
    try:
        with services.database.read() as session:
            session.execute(select(Worker.id).limit(1))  # a table: SQLite does not look at its file for less
    except SQLAlchemyError as error:
        return f"the database does not answer ({type(error).__name__})"
    return ""


def _disk(services: Services) -> str:
    free, needed = free_bytes(services.settings.data_dir), services.settings.min_free_disk_bytes
    return "" if free >= needed else f"{free:,} bytes are free, {needed:,} are needed; uploads are refused"


def _worker(services: Services, names: list[str]) -> str:
    try:
        with services.database.read() as session:
            alive = workers.alive(session, timedelta(seconds=services.settings.worker_dead_seconds))
    except SQLAlchemyError:
        return "not known without the database"
    names.extend(f"{worker.name}: level {worker.airlock_level}, {' and '.join(worker.lanes)}" for worker in alive)
    if not alive:
        return "no worker is alive; submissions wait"
    if not any("evaluate" in worker.lanes and worker.airlock_level != "C" for worker in alive):
        return "no live worker can evaluate: its sandbox is at level C, see its log"
    return ""
