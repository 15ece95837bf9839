"""`secateur login`, `logout` and `use`: what is written down on one's own machine."""

from urllib.parse import urlsplit

import click

from client import account, rules
from client.account import Account
from client.connection import connect
from client.trouble import Exit, Trouble

KEPT = 10
"""Competitions, the newest first, whose rules are kept at once."""
NEAR = frozenset({"localhost", "127.0.0.1", "::1"})


@click.command()
@click.argument("url", default="")
@click.option("--token", default="", help="A token of your account's page; asked for where it is not given.")
def login(url: str, token: str) -> None:
    """Sign in at the server at URL with a token of yours, and write both down for the other commands."""
    known = account.load()
    address = (url or known.url or click.prompt("Address of your course's server")).rstrip("/")
    if not address.startswith(("http://", "https://")):
        address = f"https://{address}"
    if address.startswith("http://") and urlsplit(address).hostname not in NEAR:
        click.echo("this address is not encrypted: everybody on the way can read your token", err=True)
    if not token:
        click.echo(f"Make a token at {address}/account (one that may look and hand in is enough).", err=True)
        token = click.prompt("Token", hide_input=True)
    entered = Account(address, token.strip(), known.competition if address == known.url else "")
    with connect(entered) as connection:
        found = connection.get("/competitions")["items"]
        for each in found[:KEPT]:  # so that `check` needs no server
            rules.fetch(connection, str(each["slug"]))
    path = account.save(entered)
    names = ", ".join(str(each["slug"]) for each in found) or "none yet"
    click.echo(f"Signed in at {address}; written to {path}. Competitions: {names}.")


@click.command()
def logout() -> None:
    """Forget server and token; the token itself ends on your account's page."""
    click.echo("Forgotten." if account.forget() else "Nobody was signed in.")


@click.command()
@click.argument("slug")
def use(slug: str) -> None:
    """Take the competition SLUG from now on where none is named."""
    with connect() as connection:
        known = {str(each["slug"]): each for each in connection.get("/competitions")["items"]}
    if slug not in known:
        raise Trouble(Exit.USAGE, f"there is no competition {slug} for you; there are: {', '.join(known) or 'none'}")
    account.remember_competition(slug)
    click.echo(f"From now on: {slug}, {known[slug]['title']}")
