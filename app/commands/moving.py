"""Commands that take everything along: a backup, and putting it up again, here or elsewhere."""

from contextlib import closing
from pathlib import Path

import click

from app.commands.standings import write_down
from app.moving import restoring, taking
from app.moving.manifest import Manifest
from app.records import open_database
from app.rendering import file_size
from app.schema import require_current
from app.settings import Settings
from app.storage import open_store


@click.command("backup")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def back_up(folder: Path) -> None:
    """Write everything into FOLDER: rows of one moment, files, data sets. The service may go on working.

    FOLDER may hold earlier backups; files that they have are not copied again.
    """
    settings = Settings()
    require_current(settings.database_url)
    with closing(open_database(settings.database_url)) as database:
        taken = taking.take(database, open_store(settings), folder)
    held = taken.manifest
    click.echo(f"{taken.folder}: {sum(held.tables.values()):,} rows, {_files(held)}, {taken.copied:,} copied just now")
    for each in held.missing:
        click.echo(f"not in it: {each}", err=True)


@click.command("restore")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--check", is_flag=True, help="Only read all of it and compare the digests.")
@click.option("--skip-damaged", is_flag=True, help="Leave out files and data sets that are damaged, and say which.")
def restore(folder: Path, *, check: bool, skip_damaged: bool) -> None:
    """Put up a backup, or the newest in FOLDER, in the empty database and the data folder that the settings name.

    With another SECATEUR_DATABASE_URL than that of the backup this is the way from SQLite to Postgres, and back.
    """
    settings = Settings()
    backup = restoring.find(folder)
    left_out: list[str] = []
    if check:
        restoring.check(backup, left_out)
    else:
        restoring.restore(backup, settings.database_url, open_store(settings), left_out if skip_damaged else None)
        with closing(open_database(settings.database_url)) as database:
            write_down(database)
    for each in left_out:
        click.echo(f"left out: {each}", err=True)
    if left_out and check and not skip_damaged:
        raise click.ClickException(f"{backup.folder}: {len(left_out):,} are damaged; --skip-damaged takes the rest")
    done = "is read" if check and left_out else "is whole" if check else "is put up"
    held, how = backup.manifest, f"{len(left_out):,} left out" if left_out else "all as they were"
    click.echo(f"{backup.folder} {done}: {sum(held.tables.values()):,} rows and {_files(held)}, {how}")


def _files(held: Manifest) -> str:
    return f"{len(held.files):,} files of {file_size(sum(held.files.values()))}, {len(held.datasets):,} data sets"


COMMANDS = (back_up, restore)
