"""Commands that keep the disk from filling."""

from contextlib import closing

import click

from app.housekeeping.service import tidy
from app.records import open_database
from app.rendering import file_size
from app.schema import require_current
from app.settings import Settings
from app.storage import open_store


@click.command("gc")
@click.option("--dry-run", is_flag=True, help="Only tell what would be removed.")
def collect(dry_run: bool) -> None:
    """Remove files that nobody knows, and what was left half done. Safe while the service runs."""
    settings = Settings()
    require_current(settings.database_url)
    with closing(open_database(settings.database_url)) as database:
        found = tidy(database, open_store(settings), settings.data_dir, dry_run=dry_run)
    would = "would be " if dry_run else ""
    click.echo(f"files that no submission names: {found.orphans:,} {would}removed, {file_size(found.orphan_bytes)}")
    click.echo(f"broken uploads: {found.uploads:,}, interrupted data sets: {found.datasets:,}")
    click.echo(
        f"parked readings: {found.readings:,}, expired sessions: {found.sessions:,}, old rosters: {found.rosters:,}"
    )


COMMANDS = (collect,)
