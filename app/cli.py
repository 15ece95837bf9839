"""`secateur`: the operator's command line."""

from collections.abc import Sequence
from typing import Any

import click

from app import logs
from app.commands import competitions, demo, people, serving
from app.errors import AppError
from app.main import OutdatedDatabase
from app.schema import UnknownSchema
from grader.dataset_errors import DatasetError
from grader.errors import DefinitionError

TOLD = (AppError, DefinitionError, DatasetError, OutdatedDatabase, UnknownSchema, OSError)
"""What goes wrong in ways that a person can mend; anything else shows where it happened."""


class Commands(click.Group):
    """A group whose commands say what is wrong in one line."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except TOLD as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="secateur")
def main() -> None:
    """Grades pruned neural networks for courses. Settings come from the environment: SECATEUR_DATA_DIR and others."""
    logs.configure()


def _add(commands: Sequence[click.Command]) -> None:
    for command in commands:
        main.add_command(command)


_add(serving.COMMANDS)
_add(people.COMMANDS)
_add(competitions.COMMANDS)
_add(demo.COMMANDS)

if __name__ == "__main__":
    main()
