"""The command that runs a worker. It loads nothing of the web server."""

import importlib.metadata
import os
import socket

import click

from app import supervisor
from app.commands.starting import read_settings, until_there
from app.queue import worker
from app.queue.own_store import OtherStore
from app.queue.worker import Role
from app.schema import require_current
from grader.errors import GraderFault
from grader.exports import has_torch
from models.gradings import Lane

_LANES = {"check": (Lane.CHECK,), "evaluate": (Lane.EVALUATE,), "both": (Lane.CHECK, Lane.EVALUATE)}


class Unfit(click.ClickException):
    """What a person has to put right on this machine, while the service goes on."""

    exit_code = supervisor.UNFIT


@click.command("worker")
@click.option(
    "--name", default=lambda: f"{socket.gethostname()}-{os.getpid()}", help="Lasting name; default: host and process."
)
@click.option("--lane", type=click.Choice(list(_LANES)), default="both", show_default=True, help="What it works on.")
@click.option(
    "--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True, help="What it evaluates on."
)
@click.option("--competitions", default="", help="Slugs, comma-separated, of those that it grades; default: all.")
@click.option("--parent", type=int, hidden=True, help="End when this process does.")
def work(name: str, lane: str, device: str, competitions: str, parent: int | None) -> None:
    """Run one worker. It grades one file at a time; start as many as there are cores.

    On another machine it needs the same database and the same object store, and a name that no other worker has.
    """
    supervisor.end_with_parent(parent)
    settings = read_settings(parent)
    until_there(lambda: require_current(settings.database_url), "worker")
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
    except OtherStore as other:
        raise Unfit(str(other)) from None
    raise SystemExit(status)


COMMANDS = (work,)
