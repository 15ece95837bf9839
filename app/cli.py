"""`secateur`: the operator's command line."""

import os
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

import click
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app import garbage, logs
from app.engines import UnsupportedDatabase
from app.errors import AppError
from app.moving.errors import MovingError
from app.observability.traces import TracesMissing
from app.schema import BlockedMigration, OutdatedDatabase, UnknownSchema
from app.settings import Settings
from grader.dataset_errors import DatasetError
from grader.errors import DefinitionError

PRIVATE = 0o077
"""The umask: what the service writes is read by its own user alone."""
TOLD = (
    AppError,
    BlockedMigration,
    DefinitionError,
    DatasetError,
    MovingError,
    OutdatedDatabase,
    TracesMissing,
    UnknownSchema,
    UnsupportedDatabase,
    SQLAlchemyError,
    OSError,
)
"""What goes wrong in ways that a person can mend; anything else shows where it happened."""


MODULES = {
    "admin": "people",
    "backup": "moving",
    "competition": "competitions",
    "course": "courses",
    "dataset": "competitions",
    "demo": "demo",
    "gc": "housekeeping",
    "migrate": "migrating",
    "restore": "moving",
    "run": "running",
    "standings": "standings",
    "user": "people",
    "web": "serving",
    "worker": "working",
}
"""Where each command is. Only that one is loaded: a worker needs no web server, and starts in half the time."""
STUDENTS = "secateur.commands"
"""The group of entry points by which the students' commands are found: they know the grader and not the service."""


class Commands(click.Group):
    """A group whose commands say what is wrong in one line; it has those of the students, too."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return sorted({*MODULES, *(each.name for each in entry_points(group=STUDENTS))})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, None where there is none."""
        if module := MODULES.get(cmd_name):
            with garbage.without_looking():
                commands: Sequence[click.Command] = import_module(f"app.commands.{module}").COMMANDS
            return next(each for each in commands if each.name == cmd_name)
        found = next(iter(entry_points(group=STUDENTS, name=cmd_name)), None)
        return None if found is None else found.load()

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except TOLD as error:
            raise click.ClickException(_sentence(error)) from None
        except ValidationError as error:
            if error.title != Settings.__name__:
                raise
            raise click.ClickException(_settings_sentence(error)) from None


def _sentence(error: Exception) -> str:
    """The error in one line; of the database's, what it says and not the statement (Postgres quotes it further down)."""
    text = str(error.orig).strip().partition("\n")[0] if isinstance(error, DBAPIError) else str(error)
    line = " ".join(text.split())
    return f"the database says: {line}" if isinstance(error, SQLAlchemyError) else line


def _settings_sentence(error: ValidationError) -> str:
    """Each setting that will not do by its variable; its value is left out, since one of them holds a password."""
    return "; ".join(
        f"{'_'.join(['SECATEUR', *map(str, finding['loc'])]).upper()}: {finding['msg'].removeprefix('Value error, ')}"
        for finding in error.errors(include_url=False, include_input=False)
    )


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="secateur")
def main() -> None:
    """Grades pruned neural networks for courses. Settings come from the environment: SECATEUR_DATA_DIR and others."""
    os.umask(PRIVATE)
    logs.configure(os.environ.get("SECATEUR_LOG_FORMAT", "text"))


if __name__ == "__main__":
    main()
