"""What several commands ask for, and how they tell what they found."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from client.account import Account
from client.connection import Connection
from client.rules import chosen
from client.tables import Format, Row, told

Command = TypeVar("Command", bound=Callable[..., Any])

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def competition_option(what: str) -> Callable[[Command], Command]:
    """The option that names a competition; by default the one of `secateur use`, or the only one."""
    return click.option("-c", "--competition", default="", metavar="SLUG", help=what)


def format_option(command: Command) -> Command:
    """The option that says how a command tells what it found."""
    kind = click.Choice([each.value for each in Format])
    return click.option("--format", "form", type=kind, default=Format.TABLE.value, show_default=True)(command)


def show(rows: Sequence[Row], form: str, whole: Any, empty: str = "nothing yet") -> None:
    """Prints rows, or `whole` as JSON."""
    click.echo(told(rows, Format(form), whole, empty))


def meant(connection: Connection, known: Account, given: str) -> str:
    """The slug of the competition that is meant. Raises Trouble."""
    return chosen(connection, given or known.competition)
