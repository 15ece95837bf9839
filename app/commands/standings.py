"""Commands about what is written down of what counts."""

from contextlib import closing

import click

from app.database import Database
from app.leaderboard.refreshing import mark_all, refresh
from app.leaderboard.verifying import wrong
from app.records import open_database
from app.schema import require_current
from app.settings import Settings


@click.group("standings")
def standings() -> None:
    """What counts of each entrant is written down when it changes; boards read that."""


@standings.command("check")
def check() -> None:
    """Compute everything anew and compare; ends with 1 where something is otherwise. Safe while the service runs."""
    settings = Settings()
    require_current(settings.database_url)
    with closing(open_database(settings.database_url)) as database, database.read() as session:
        found = wrong(session)
    for slug, entrant_id, part in found:
        click.echo(f"{slug}: entrant {entrant_id}, {part.value} part: not what it should be", err=True)
    if found:
        raise click.ClickException(f"{len(found):,} standings are wrong; `secateur standings rebuild` mends them")
    click.echo("all standings are what the gradings come to")


@standings.command("rebuild")
def rebuild() -> None:
    """Compute and write down everything anew. Safe while the service runs: boards stay right meanwhile."""
    settings = Settings()
    require_current(settings.database_url)
    with closing(open_database(settings.database_url)) as database:
        with database.write() as session:
            mark_all(session)
        write_down(database)
    click.echo("all standings are written down anew")


def write_down(database: Database) -> None:
    """Returns when nothing is marked any more."""
    are_left = True
    while are_left:
        with database.write() as session:
            are_left = refresh(session)


COMMANDS = (standings,)
