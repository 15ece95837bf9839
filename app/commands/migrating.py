"""The command that prepares a database."""

from contextlib import closing

import click

from app.commands.standings import write_down
from app.commands.starting import until_there
from app.records import open_database
from app.schema import migrate, pending
from app.settings import Settings

START_SECONDS = 15.0
"""For so long a database that does not answer may be on its way up."""


@click.command("migrate")
def bring_up_to_date() -> None:
    """Create the database, or bring it to the tables of this release."""
    settings = Settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    missing = until_there(lambda: pending(settings.database_url), "migrate", START_SECONDS)
    migrate(settings.database_url)
    with closing(open_database(settings.database_url)) as database:
        write_down(database)
    click.echo("\n".join(f"migrated: {sentence}" for sentence in missing) or "the database is up to date")


COMMANDS = (bring_up_to_date,)
