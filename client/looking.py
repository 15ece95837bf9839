"""`secateur competitions`, `submissions`, `show`, `leaderboard`, `limits`: what the server knows."""

import json
from typing import Any

import click

from client import account
from client.card import Card
from client.connection import Connection, connect
from client.options import competition_option, format_option, meant, show
from client.tables import Format, moment
from client.trouble import Exit, Trouble

LISTED = 50


@click.command()
@format_option
def competitions(form: str) -> None:
    """List your competitions."""
    with connect() as connection:
        found = connection.get("/competitions")
    rows = [
        {
            "competition": each["slug"],
            "title": each["title"],
            "open": each["is_open"],
            "closes": moment(each["closes"]),
            "file": " or ".join(each["file_names"]),
        }
        for each in found["items"]
    ]
    show(rows, form, found, "no competition yet: ask your instructor for the course's link or code")


@click.command()
@competition_option("Only those to this competition.")
@click.option("--limit", type=click.IntRange(1), default=LISTED, show_default=True, help="So many of the newest.")
@format_option
def submissions(competition: str, limit: int, form: str) -> None:
    """List your submissions, the newest first."""
    found: list[dict[str, Any]] = []
    with connect() as connection:
        address = "/submissions"
        query = {"competition": competition or None}
        while address and len(found) < limit:
            part = connection.get(address, **query)
            found += part["items"]
            address, query = part["next"], {}
    shown = found[:limit]
    rows = [
        {
            "submission": each["id"],
            "competition": each["competition"],
            "state": each["state"],
            "score": each["score"],
            "file": each["files"][0]["name"],
            "received": moment(each["received_at"]),
        }
        for each in shown
    ]
    show(rows, form, {"items": shown}, "nothing handed in yet: secateur submit FILE")


@click.command("show")
@click.argument("submission", type=click.IntRange(1), required=False)
@format_option
def show_one(submission: int | None, form: str) -> None:
    """Tell what became of one SUBMISSION, by its number, or of the newest. Ends with 1 where its file was rejected."""
    with connect() as connection:
        submission = submission or _newest(connection)
        body = connection.get(f"/submissions/{submission}")
        card = Card(body, f"{connection.url}/submissions/{submission}")
    if form == Format.JSON:
        click.echo(json.dumps(body, indent=2, ensure_ascii=False))
    elif form == Format.CSV:
        show([{"submission": submission, "state": card.state, **dict(card.facts())}], form, body)
    else:
        click.echo(str(card))
    raise SystemExit(int(card.exit))


@click.command()
@competition_option("Whose board.")
@click.option("--board", type=click.Choice(["public", "private"]), help="Default: the one that is shown at present.")
@format_option
def leaderboard(competition: str, board: str | None, form: str) -> None:
    """Tell who stands where; your own row is marked."""
    with connect(known := account.load()) as connection:
        found = connection.get(f"/competitions/{meant(connection, known, competition)}/leaderboard", board=board)
    rows = [
        {
            "rank": each["rank"],
            "name": each["alias"] + (" (you)" if each["is_own"] else ""),
            "score": each["score"],
            "accuracy": each["accuracy"],
            "sparsity": each["sparsity"],
            "entries": each["entries"],
            "last": moment(each["received_at"]),
        }
        for each in found["rows"]
    ]
    show(rows, form, found, "nobody is on the board yet")


@click.command()
@competition_option("Of which competition.")
@format_option
def limits(competition: str, form: str) -> None:
    """Tell how much time and how many tries are left, and what the file must be."""
    with connect(known := account.load()) as connection:
        body = connection.get(f"/competitions/{meant(connection, known, competition)}")
    tries = body["tries"] or {}
    facts = {
        "competition": body["slug"],
        "open": body["is_open"],
        "closes": moment(body["closes"]),
        "late until": moment(body["late_until"]),
        "tries left today": _unlimited(tries.get("left")),
        "tries left in all": _unlimited(tries.get("left_in_all")),
        "refused files left today": _unlimited(tries.get("refused_left")),
        "next try": moment(tries.get("next_at")) or ("now" if body["is_open"] else None),
        "file": " or ".join(body["file_names"]),
        "bytes at most": body["max_bytes"],
    }
    rows = [facts] if form == Format.CSV else [{"": name, " ": _told(value)} for name, value in facts.items()]
    show(rows, form, body)


def _newest(connection: Connection) -> int:
    """The number of the newest submission. Raises Trouble where nothing was handed in."""
    found = connection.get("/submissions")["items"]
    if not found:
        raise Trouble(Exit.USAGE, "nothing handed in yet: secateur submit FILE")
    return int(found[0]["id"])


def _unlimited(count: int | None) -> int | str:
    return "no limit" if count is None else count


def _told(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
