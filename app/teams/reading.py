"""Teams in a CSV file, as wishes: a line for each student, with the team's name and the e-mail address."""

import csv
import io
from collections.abc import Mapping, Sequence

from app.errors import Unprocessable
from app.teams.names import tidied
from app.teams.planning import Wish
from models.columns import fold_email

MAX_LINES = 5000
_TEAM = ("team", "team name", "team_name", "group", "group name", "group_name")
_EMAIL = ("email", "e-mail", "email address", "e-mail address", "mail", "email_address")


def wishes_of(text: str) -> Sequence[Wish]:
    """What a CSV text asks for; a line without a team is for somebody who competes alone. Raises Unprocessable."""
    rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=_delimiter(text)))
    if len(rows) > MAX_LINES:
        raise Unprocessable("teams-csv", f"The file has {len(rows):,} lines; at most {MAX_LINES:,} are read at once.")
    heads = [cell.strip().casefold() for cell in rows[0]] if rows else []
    team, email = _column(heads, _TEAM), _column(heads, _EMAIL)
    found = []
    for line, row in enumerate(rows[1:], start=2):
        cells: Mapping[int, str] = dict(enumerate(row))
        address = fold_email(cells.get(email, ""))
        if address:
            name = cells.get(team, "").removeprefix("'").strip()
            found.append(Wish(line, tidied(name) if name else "", address))
    return found


def _delimiter(text: str) -> str:
    first = text.partition("\n")[0]
    return max((",", ";", "\t"), key=first.count)


def _column(heads: Sequence[str], names: Sequence[str]) -> int:
    for name in names:
        if name in heads:
            return heads.index(name)
    got = ", ".join(heads)[:200] or "nothing"
    raise Unprocessable(
        "teams-csv", f"The first line needs a column {names[0]!r}, got {got}. Write `team,email` and a line each."
    )
