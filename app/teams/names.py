"""The names of teams, which stand on the board."""

from collections.abc import Iterable, Mapping

from app.errors import Conflict, Unprocessable
from models.entrants import ALIAS_LENGTH


def folded(name: str) -> str:
    """What two names are compared by: nobody should have to tell `Pruners` from `pruners`."""
    return " ".join(name.split()).casefold()


def is_among(name: str, names: Iterable[str]) -> bool:
    """Whether a reader of the board would take the name for one of these."""
    return folded(name) in map(folded, names)


def tidied(name: str) -> str:
    """The name without spaces that nobody sees. Raises Unprocessable where nothing is left, or too much."""
    trimmed = " ".join(name.split())
    if not 1 <= len(trimmed) <= ALIAS_LENGTH or not trimmed.isprintable():
        raise Unprocessable(
            "team-name", f"The name has {len(trimmed)} characters; it needs 1 to {ALIAS_LENGTH}, all of them printable."
        )
    return trimmed


def checked_name(name: str, taken: Mapping[int, str], own_id: int, baselines: Iterable[str]) -> str:
    """The tidied name for an entrant. Raises AppError where another one of the competition or a baseline has it."""
    trimmed = tidied(name)
    if any(folded(other) == folded(trimmed) for number, other in taken.items() if number != own_id):
        raise Conflict("team-name-taken", f"There is already an entry {trimmed!r} on the board; choose another name.")
    if is_among(trimmed, baselines):
        raise Conflict("team-name-taken", f"There is a baseline {trimmed!r} on the board; choose another name.")
    return trimmed
