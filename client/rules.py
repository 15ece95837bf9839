"""The rules of a competition on one's own machine: from a definition file, from the server, or as they were kept."""

import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import ValidationError

from client import account
from client.connection import Connection, connect
from client.trouble import Exit, Trouble
from grader import competition
from grader.competition import Definition, Grading
from grader.errors import DefinitionError


def find(wanted: str, *, offline: bool = False) -> Definition:
    """The rules by a definition file's path or a competition's slug; none named: the usual one. Raises Trouble.

    What the server tells is kept, and taken where the server is not to be reached or not to be asked.
    """
    if wanted.endswith((".yaml", ".yml")):
        return _from_file(Path(wanted))
    known = account.load()
    if not known.url:
        told = "no server is known; sign in (secateur login), or name a definition: --competition FILE.yaml"
        raise Trouble(Exit.USAGE, told)
    if offline or not known.token:
        return _kept(known.url, wanted or known.competition)
    try:
        with connect(known) as connection:
            return fetch(connection, chosen(connection, wanted or known.competition))
    except Trouble as trouble:
        if trouble.exit_code != Exit.FAILED:
            raise
        return _kept(known.url, wanted or known.competition)


def fetch(connection: Connection, slug: str) -> Definition:
    """The rules as the server has them, kept for a time without it."""
    told = connection.get(f"/competitions/{quote(slug, safe='')}/rules")
    path = _place(connection.url, slug)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told), encoding="utf-8")
    return _definition(told)


def chosen(connection: Connection, wanted: str) -> str:
    """The slug that is meant: the one that was named, or the only one that there is. Raises Trouble."""
    if wanted:
        return wanted
    found = connection.get("/competitions")["items"]
    taken = [each for each in found if each["is_open"]] or found
    if len(taken) == 1:
        return str(taken[0]["slug"])
    names = ", ".join(str(each["slug"]) for each in taken) or "there is none for you"
    raise Trouble(
        Exit.USAGE, f"which competition? --competition SLUG, or once and for all: secateur use SLUG ({names})"
    )


def _from_file(path: Path) -> Definition:
    try:
        return competition.load(path)
    except DefinitionError as error:
        raise Trouble(Exit.USAGE, str(error)) from None


def _kept(url: str, slug: str) -> Definition:
    known = [_place(url, slug)] if slug else sorted(_place(url, "x").parent.glob("*.json"))
    if len(known) != 1 or not known[0].is_file():
        told = f"of {slug}" if slug else "of one competition alone"
        raise Trouble(Exit.USAGE, f"the rules {told} are not kept here: run the check once with the server at hand")
    return _definition(json.loads(known[0].read_text(encoding="utf-8")))


def _definition(told: Any) -> Definition:
    try:
        return Definition(told["competition"], Grading.model_validate(told["grading"]))
    except (ValidationError, KeyError, TypeError):
        told = "the server's rules are of another release: install its own secateur-client (its help page says how)"
        raise Trouble(Exit.FAILED, told) from None


def _place(url: str, slug: str) -> Path:
    server = hashlib.sha256(url.encode()).hexdigest()[:16]
    return account.folder() / "rules" / server / f"{quote(slug, safe='')}.json"
