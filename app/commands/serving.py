"""The command that runs the web server."""

import logging
import time

import click
import uvicorn
from fastapi import FastAPI

from app import supervisor
from app.engines import AWAY
from app.main import create_app
from app.settings import Settings

log = logging.getLogger(__name__)

TROUBLE_SECONDS = 1.0
"""Wait before the database is asked again."""
CONNECTIONS = 500
"""Open connections of one web process; the next is told 503 at once. Each may need two of the 1,024 files that it may open."""
GRACE_SECONDS = 5
"""How long open requests may take at the end of the web process."""


@click.command("web")
@click.option("--parent", type=int, hidden=True, help="End when this process does.")
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


def _create_app(settings: Settings) -> FastAPI:
    """The application, as soon as the database answers: one that is away for a minute does not end the service."""
    while True:
        try:
            return create_app(settings)
        except AWAY as error:
            log.warning("web.database_away: %s", error)
            time.sleep(TROUBLE_SECONDS)


COMMANDS = (web,)
