"""The command that forgets a person."""

from contextlib import closing

import click

from app.commands.named import user_named
from app.housekeeping import blobs
from app.privacy import erasing
from app.schema import require_current
from app.services import open_services
from app.settings import Settings


@click.command("erase")
@click.argument("email")
@click.option("--confirm", metavar="EMAIL", help="The address once more; asked for where it is left out.")
def erase_user(email: str, confirm: str | None) -> None:
    """Forget a person: name, address, files and what was written about them. Results stay; there is no way back."""
    typed = confirm or click.prompt(f"Type {email} to have this person erased")
    if typed.strip().casefold() != email.strip().casefold():
        raise click.ClickException(f"{typed!r} is not {email!r}; nothing was done")
    settings = Settings()
    require_current(settings.database_url)
    services = open_services(settings)
    with closing(services.database):
        with services.database.write() as session:
            erased = erasing.erase(session, user_named(session, email).id, None)
        removed = blobs.give_up(services.database, services.store, erased.digests)
    click.echo(
        f"{email} is erased: {erased.submissions:,} submissions keep their results, {len(removed):,} files are gone"
    )
