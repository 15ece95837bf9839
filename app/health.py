"""Whether the process lives, and whether it can do its work."""

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response

from app.dependencies import AppServices
from app.openapi import problems
from app.queue import workers
from app.schema import head
from app.services import Services
from app.storage import StoreAway, free_bytes
from models.workers import Worker

router = APIRouter(tags=["health"])


class HealthBody(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class ReadyBody(BaseModel):
    """Each thing that is needed, and what is wrong with it: an empty text where nothing is."""

    ready: bool
    """Whether this server can take requests and uploads."""
    grading: bool
    """Whether a live worker can grade them; without one they wait, and nothing is lost."""
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
    responses={503: {"model": ReadyBody, "description": "Something is missing."}, **problems(422)},
)
def ready(
    services: AppServices,
    worker: Annotated[bool, Query(description="Answer 503 where no live worker can grade, too.")] = False,
) -> Response:
    """Database, its tables, file store, room on the disk; and, told apart, a live worker whose airlock is closed."""
    checks, names = checks_of(services)
    able = not any(told for name, told in checks.items() if name != "worker")
    body = ReadyBody(ready=able, grading=not checks["worker"], checks=checks, workers=names)
    return JSONResponse(body.model_dump(), 200 if able and (body.grading or not worker) else 503)


def checks_of(services: Services) -> tuple[dict[str, str], list[str]]:
    """What is wrong with each part, an empty text where nothing is, and the workers that live."""
    names: list[str] = []
    checks = {
        "database": _database(services),
        "migrations": _migrations(services),
        "store": _store(services),
        "disk": _disk(services),
        "worker": _worker(services, names),
    }
    return checks, names


def _database(services: Services) -> str:
    try:
        with services.database.read() as session:
            session.execute(select(Worker.id).limit(1))  # a table: SQLite does not look at its file for less
    except SQLAlchemyError as error:
        return f"the database does not answer ({type(error).__name__})"
    return ""


def _migrations(services: Services) -> str:
    try:
        with services.database.read() as session:
            found = session.scalar(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError:
        return "not known without the database"
    return "" if found == head() else f"the tables are at {found}, this release needs {head()}; run `secateur migrate`"


def _store(services: Services) -> str:
    try:
        services.store.check()
    except (OSError, StoreAway) as error:
        return f"the file store does not answer ({type(error).__name__}); uploads are refused, gradings wait"
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
    names.extend(map(_described, alive))
    if not alive:
        return "no worker is alive; submissions wait"
    if not any("evaluate" in worker.lanes and worker.airlock_level != "C" for worker in alive):
        return "no live worker can evaluate: its sandbox is at level C, see its log"
    return ""


def _described(worker: Worker) -> str:
    """A worker in words."""
    told = f"{worker.name}: level {worker.airlock_level}, {' and '.join(worker.lanes)}"
    if worker.device != "cpu":
        told += f", on {worker.device}"
    return told + (f", only {worker.competitions}" if worker.competitions else "")
