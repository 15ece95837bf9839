"""One line for a cell of a notebook: what comes back shows itself as a small card."""

from getpass import getpass
from pathlib import Path

from client import account, checking, following, rules
from client.account import Account
from client.card import ENDS, Card
from client.connection import connect
from grader.report import Status

WAIT_SECONDS = 600.0

__all__ = ["Card", "check", "login", "submit"]


def login(url: str, token: str = "") -> None:
    """Writes down where the server is and who one is there; asks for the token where it is not given."""
    known = Account(url.rstrip("/"), (token or getpass("Token of your account's page: ")).strip())
    with connect(known) as connection:
        connection.get("/competitions")
    account.save(known)


def submit(path: str | Path, competition: str = "", *, wait: bool = True) -> Card:
    """Hands a weight file in and waits for its score."""
    known = account.load()
    with connect(known) as connection:
        slug = rules.chosen(connection, competition or known.competition)
        card = following.submit(connection, Path(path), slug, following.silent)
        if not wait or card.state in ENDS:
            return card
        return following.follow(connection, card.body["id"], following.silent, WAIT_SECONDS)


def check(path: str | Path, competition: str = "", *, offline: bool = False) -> Card:
    """What the server will say of a file, by its own code; nothing is handed in."""
    definition = rules.find(competition, offline=offline)
    report = checking.check(Path(path), definition)
    state = "rejected" if report.status is Status.REJECTED else "checked"
    return Card({"state": state, "competition": definition.slug, "report": report.as_json()})
