"""The command that runs all of a service."""

import fcntl
import socket
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

import click

from app import supervisor
from app.commands.starting import read_settings, until_there
from app.schema import require_current
from app.settings import Settings
from app.supervisor import Child


@click.command("run")
@click.option("--web/--no-web", default=True, help="Without: only workers, on a machine that helps another one.")
@click.option("--name", default=socket.gethostname, help="What its workers are called after; default: the host.")
def run(*, web: bool, name: str) -> None:
    """Run the web server and its workers, one for each core and one for checks."""
    settings = read_settings()
    until_there(lambda: require_current(settings.database_url), "run")
    if web:
        _check_free(settings)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    lock = _lock(settings.data_dir, name)
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


def _lock(data_dir: Path, name: str) -> TextIO:
    """The lock of a name, held while the file is open: two services under one would take each other's workers.

    Machines may share the folder, by a file system that takes locks to all of them.
    """
    file = (data_dir / f"run-{quote(name, safe='')}.lock").open("w", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise click.ClickException(
            f"another `secateur run` is at work on {data_dir} under the name {name}; give this one another --name"
        ) from None
    return file


def _check_free(settings: Settings) -> None:
    """Says at once that the port is taken, before any process is started."""
    try:
        socket.create_server((settings.host, settings.port), family=_family(settings.host)).close()
    except OSError as error:
        raise click.ClickException(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}") from None


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


COMMANDS = (run,)
