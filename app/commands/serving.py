"""The command that runs the web server."""

import resource

import click
import uvicorn

from app import garbage, huge_pages, supervisor
from app.commands.starting import read_settings, until_there
from app.main import create_app

CONNECTIONS = 1_600
"""Open connections of one web process; the next is told 503 at once. 300 students with a stream, a page and an upload each fit, twice."""
IDLE_SECONDS = 20
"""How long a connection is kept for the next request: longer than an open page waits between two looks."""
FILES_OF_EACH = 2
FILES_BESIDE = 200
"""Of the database, the log and the libraries."""
GRACE_SECONDS = 5
"""How long open requests may take at the end of the web process."""


@click.command("web")
@click.option("--parent", type=int, hidden=True, help="End when this process does.")
def web(parent: int | None) -> None:
    """Run the web server alone."""
    supervisor.end_with_parent(parent)
    settings = read_settings(parent)
    app = until_there(lambda: create_app(settings), "web")
    garbage.keep_what_is_loaded()
    huge_pages.use_them()
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        server_header=False,
        proxy_headers=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=GRACE_SECONDS,
        limit_concurrency=_connections(),
        timeout_keep_alive=IDLE_SECONDS,
    )


def _connections() -> int:
    """How many connections there may be: each needs files, and this process asks for as many as it may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_OF_EACH * CONNECTIONS + FILES_BESIDE
    files = wanted if resource.RLIM_INFINITY in (soft, hard) else max(soft, min(wanted, hard))
    if resource.RLIM_INFINITY != soft < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return min(CONNECTIONS, (files - FILES_BESIDE) // FILES_OF_EACH)


COMMANDS = (web,)
