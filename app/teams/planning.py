"""What staff want of teams, set against what there is: pure rules. Nothing is changed here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.teams.names import folded, is_among


@dataclass(frozen=True, slots=True)
class Competitor:
    """A student of the course, the entrant that they compete as, and how much it has handed in that is charged."""

    user_id: int
    name: str
    email: str
    entrant_id: int | None
    alias: str | None
    charged: int


class Wish(NamedTuple):
    """A person who is to be in a team; an empty name: alone. `line` is where it was said, from 1."""

    line: int
    team: str
    email: str


class Problem(NamedTuple):
    """Why a line cannot be done."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Planned:
    """A team as it will be. `entrant_id` None: a new entry is made; `was`: another name that its entry has now."""

    name: str
    entrant_id: int | None
    was: str | None
    joining: tuple[Competitor, ...]
    staying: tuple[Competitor, ...]

    @property
    def left_behind(self) -> int:
        """Charged submissions of those who join, which stay with the entries that they were handed in by."""
        entries = {each.entrant_id: each.charged for each in self.joining}
        return sum(entries.values())


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be changed, and what cannot be. With a problem nothing is done."""

    teams: tuple[Planned, ...] = ()
    alone: tuple[Competitor, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def changes(self) -> int:
        """How many people would be moved, and how many entries renamed."""
        return len(self.alone) + sum(len(each.joining) + (each.was is not None) for each in self.teams)


def plan(
    wishes: Sequence[Wish],
    competitors: Sequence[Competitor],
    aliases: Mapping[int, str],
    size: int,
    baselines: Sequence[str],
) -> Plan:
    """What the wishes come to. Whoever is in no wish stays where they are; no team is called like a baseline."""
    known = {each.email: each for each in competitors}
    problems = list(_problems(wishes, known))
    wanted: dict[str, list[Competitor]] = {}
    names: dict[str, Wish] = {}
    for wish in wishes:
        person = known.get(wish.email)
        if person is not None and person not in wanted.setdefault(folded(wish.team), []):
            wanted[folded(wish.team)].append(person)
            names.setdefault(folded(wish.team), wish)
    moved = {person.user_id for people in wanted.values() for person in people}
    alone = wanted.pop("", [])
    teams = [_planned(names[key].team, people, competitors, moved, aliases) for key, people in wanted.items()]
    for each in teams:
        if len(each.joining) + len(each.staying) > size:
            told = f"the team {each.name!r} would have {len(each.joining) + len(each.staying)} members; at most {size}"
            problems.append(Problem(names[folded(each.name)].line, told))
        if is_among(each.name, baselines):
            told = f"there is a baseline {each.name!r} on the board; give the team another name"
            problems.append(Problem(names[folded(each.name)].line, told))
    lonely = [person for person in alone if _companions(person, competitors)]
    return Plan(tuple(teams), tuple(lonely), tuple(sorted(problems)))


def _problems(wishes: Sequence[Wish], known: Mapping[str, Competitor]) -> Sequence[Problem]:
    found, seen = [], dict[str, int]()
    for wish in wishes:
        if wish.email not in known:
            found.append(Problem(wish.line, f"there is no student {wish.email!r} in the course"))
        elif wish.email in seen:
            found.append(Problem(wish.line, f"{wish.email} stands in line {seen[wish.email]} already"))
        seen.setdefault(wish.email, wish.line)
    return found


def _planned(
    name: str,
    people: Sequence[Competitor],
    competitors: Sequence[Competitor],
    moved: set[int],
    aliases: Mapping[int, str],
) -> Planned:
    home = next((number for number, alias in aliases.items() if folded(alias) == folded(name)), None)
    was = None
    if home is None:
        home = _home(people, competitors)
        was = aliases.get(home) if home is not None else None
    inside = [each for each in competitors if home is not None and each.entrant_id == home]
    chosen = {person.user_id for person in people}
    staying = [each for each in inside if each.user_id in chosen or each.user_id not in moved]
    joining = [each for each in people if each not in inside]
    return Planned(name, home, was, tuple(joining), tuple(staying))


def _home(people: Sequence[Competitor], competitors: Sequence[Competitor]) -> int | None:
    """The one entry of these people with submissions that count, so that they keep counting; None: a new one is made."""
    entries = {each.entrant_id for each in people if each.charged and each.entrant_id is not None}
    if len(entries) != 1:
        return None
    [only] = entries
    chosen = {person.user_id for person in people}
    return only if all(each.user_id in chosen for each in competitors if each.entrant_id == only) else None


def _companions(person: Competitor, competitors: Sequence[Competitor]) -> int:
    if person.entrant_id is None:
        return 0
    return sum(each.entrant_id == person.entrant_id for each in competitors) - 1
