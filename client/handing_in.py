"""`secateur check` and `submit`: a file of one's own, and what becomes of it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from client import account, checking, following, rules
from client.card import ENDS
from client.connection import connect
from client.options import FILE, competition_option, format_option, meant, show
from client.tables import Format
from client.trouble import Exit
from grader.summary import summarise

WAIT_SECONDS = 600.0


@click.command()
@click.argument("file", type=FILE)
@competition_option("By whose rules: a slug, or a definition file (.yaml).")
@click.option("--name", default="", help="The name that the file will be handed in under; default: its own.")
@click.option("--offline", is_flag=True, help="Ask no server; take the rules as they were kept.")
@format_option
def check(file: Path, competition: str, name: str, offline: bool, form: str) -> None:
    """Tell what the server will say of FILE, by the server's own code. Nothing is handed in.

    Code in a zip is run here as it is on the server, except that nothing contains it. Ends with 1 where it is rejected.
    """
    definition = rules.find(competition, offline=offline)
    report = checking.check(file, definition, name)
    whole = report.as_json()
    if form == Format.TABLE:
        click.echo(summarise(report, definition))
    else:
        show(whole["problems"], form, whole)
    raise SystemExit(int(Exit.OK if checking.accepts(report) else Exit.REJECTED))


@click.command()
@click.argument("file", type=FILE)
@competition_option("What it is for.")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Stay until it is graded.")
@click.option("--timeout", type=click.FloatRange(0), default=WAIT_SECONDS, show_default=True, help="Seconds to wait.")
@click.option("--name", default="", help="The name that it is handed in under; default: its own.")
@click.option("--key", default="", help="Idempotency key: the same key and file never make a second submission.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@format_option
def submit(
    file: Path, competition: str, wait: bool, timeout: float, name: str, key: str, quiet: bool, form: str
) -> None:
    """Hand in FILE and wait for its score and rank."""
    with connect(known := account.load()) as connection:
        slug = meant(connection, known, competition)
        with _progress(quiet) as progress:
            card = following.submit(connection, file, slug, progress, name, key)
            if wait and card.state not in ENDS:
                card = following.follow(connection, int(card.body["id"]), progress, timeout)
    if form == Format.JSON:
        click.echo(json.dumps(card.body, indent=2, ensure_ascii=False))
    elif form == Format.CSV:
        show([{"submission": card.body.get("id"), "state": card.state, **dict(card.facts())}], form, card.body)
    else:
        click.echo(str(card))
    raise SystemExit(int(card.exit))


@contextmanager
def _progress(quiet: bool) -> Iterator[following.Progress]:
    """Shows how far it is until the block ends."""
    if quiet:
        yield following.silent
        return
    bar = following.Bar()
    try:
        yield bar
    finally:
        bar.close()
