"""Commands that run the service."""

import fcntl
import importlib.metadata
import logging
import os
import socket
import time
from pathlib import Path
from typing import TextIO

import click
import uvicorn
from fastapi import FastAPI

from app import supervisor
from app.engines import AWAY
from app.main import create_app
from app.queue import worker
from app.queue.worker import Role
from app.schema import migrate, pending, require_current
from app.settings import Settings
from app.supervisor import Child
from grader.errors import GraderFault
from grader.exports import has_torch
from models.gradings import Lane

log = logging.getLogger(__name__)

TROUBLE_SECONDS = 1.0
"""Wait before the database is asked again."""
CONNECTIONS = 500
"""Open connections of one web process; the next is told 503 at once. Each may need two of the 1,024 files that it may open."""
GRACE_SECONDS = 5
"""How long open requests may take at the end of the web process."""
_LANES = {"check": (Lane.CHECK,), "evaluate": (Lane.EVALUATE,), "both": (Lane.CHECK, Lane.EVALUATE)}
_parent = click.option("--parent", type=int, hidden=True, help="End when this process does.")


@click.command("run")
@click.option("--web/--no-web", default=True, help="Without: only workers, on a machine that helps another one.")
@click.option("--name", default=socket.gethostname, help="What its workers are called after; default: the host.")
def run(*, web: bool, name: str) -> None:
    """Run the web server and its workers, one for each core and one for checks."""
    settings = Settings()
    require_current(settings.database_url)
    if web:
        _check_free(settings)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    lock = _lock(settings.data_dir)
    children = [Child("web", ["web"])] if web else []
    if settings.worker_processes:
        children.append(Child("checker", ["worker", "--name", f"{name}-checker", "--lane", "check"]))
    for number in range(1, settings.worker_processes + 1):
        children.append(Child(f"worker {number}", ["worker", "--name", f"{name}-{number}"]))
    where = f"at {settings.public_url}" if web else f"works for others as {name}"
    click.echo(f"Secateur {where} - end it with Ctrl-C")
    if web and not settings.cookie_secure:
        click.echo("Plain http: passwords travel unencrypted. Fine on this machine or a trusted network; else use TLS.")
    with lock:
        raise SystemExit(supervisor.supervise(children))


@click.command("web")
@_parent
def web(parent: int | None) -> None:
    """Run the web server alone."""
    supervisor.end_with_parent(parent)
    settings = Settings()
    uvicorn.run(
        _create_app(settings),
        host=settings.host,
        port=settings.port,
        server_header=False,
        proxy_headers=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=GRACE_SECONDS,
        limit_concurrency=CONNECTIONS,
    )


def _wait_until_current(settings: Settings) -> None:
    """Returns when the database answers and has this release's tables. Raises OutdatedDatabase, UnknownSchema."""
    while True:
        try:
            return require_current(settings.database_url)
        except AWAY as error:
            log.warning("worker.database_away: %s", error)
            time.sleep(TROUBLE_SECONDS)


def _create_app(settings: Settings) -> FastAPI:
    """The application, as soon as the database answers: one that is away for a minute does not end the service."""
    while True:
        try:
            return create_app(settings)
        except AWAY as error:
            log.warning("web.database_away: %s", error)
            time.sleep(TROUBLE_SECONDS)


@click.command("worker")
@click.option(
    "--name", default=lambda: f"{socket.gethostname()}-{os.getpid()}", help="Lasting name; default: host and process."
)
@click.option("--lane", type=click.Choice(list(_LANES)), default="both", show_default=True, help="What it works on.")
@click.option(
    "--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True, help="What it evaluates on."
)
@click.option("--competitions", default="", help="Slugs, comma-separated, of those that it grades; default: all.")
@_parent
def work(name: str, lane: str, device: str, competitions: str, parent: int | None) -> None:
    """Run one worker. It grades one file at a time; start as many as there are cores.

    On another machine it needs the same database and the same object store, and a name that no other worker has.
    """
    supervisor.end_with_parent(parent)
    settings = Settings()
    _wait_until_current(settings)
    slugs = tuple(sorted({slug.strip() for slug in competitions.split(",") if slug.strip()}))
    packages: tuple[str, ...] = ("secateur", "onnxruntime", "onnx", "h5py", "numpy")
    if has_torch():
        packages += ("torch",)
    versions = {package: importlib.metadata.version(package) for package in packages}
    if device != "cpu" and not has_torch():
        raise click.ClickException(f"--device {device} needs torch: pip install 'secateur[torch]'")
    try:
        status = worker.run(settings, Role(name, _LANES[lane], versions, slugs, device))
    except GraderFault as fault:
        raise click.ClickException(str(fault)) from None
    raise SystemExit(status)


@click.command("migrate")
def bring_up_to_date() -> None:
    """Create the database, or bring it to the tables of this release."""
    settings = Settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    missing = pending(settings.database_url)
    migrate(settings.database_url)
    click.echo("\n".join(f"migrated: {sentence}" for sentence in missing) or "the database is up to date")


def _lock(data_dir: Path) -> TextIO:
    """The lock of a data folder, held while the file is open: two services on one would take each other's workers."""
    file = (data_dir / "run.lock").open("w", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise click.ClickException(f"another `secateur run` is at work on {data_dir}") from None
    return file


def _check_free(settings: Settings) -> None:
    """Says at once that the port is taken, before any process is started."""
    try:
        socket.create_server((settings.host, settings.port), family=_family(settings.host)).close()
    except OSError as error:
        raise click.ClickException(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}") from None


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


COMMANDS = (run, web, work, bring_up_to_date)
