"""The command that prepares a database."""

from contextlib import closing

import click

from app.commands.standings import write_down
from app.records import open_database
from app.schema import migrate, pending
from app.settings import Settings


@click.command("migrate")
def bring_up_to_date() -> None:
    """Create the database, or bring it to the tables of this release."""
    settings = Settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    missing = pending(settings.database_url)
    migrate(settings.database_url)
    with closing(open_database(settings.database_url)) as database:
        write_down(database)
    click.echo("\n".join(f"migrated: {sentence}" for sentence in missing) or "the database is up to date")


COMMANDS = (bring_up_to_date,)
