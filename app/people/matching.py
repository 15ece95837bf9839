"""What applying a roster would do: who is added, changed, dropped, and whom nobody can tell."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.people.roster import Line
from models.courses import Role


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who is in the course."""

    user_id: int
    name: str
    email: str
    role: Role
    sid: str
    login: str
    section: str


@dataclass(frozen=True, slots=True)
class Addition:
    """Somebody who would come into the course. `user_id`: an account that there is; None: a new one."""

    line: Line
    role: Role
    user_id: int | None


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody in the course of whom the roster says something new. `values`: before and after, by what it is."""

    line: Line
    member: Member
    values: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A line that nothing is done with, and why."""

    line: Line
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done. `missing`: students who are not in the roster; they leave where `drops` says so."""

    added: Sequence[Addition]
    changed: Sequence[Change]
    unchanged: int
    missing: Sequence[Member]
    drops: bool
    doubts: Sequence[Doubt]

    @property
    def does_nothing(self) -> bool:
        """True where applying it would change nothing."""
        return not (self.added or self.changed or (self.drops and self.missing))


def plan(
    lines: Sequence[Line],
    members: Sequence[Member],
    accounts: Mapping[str, int],
    *,
    unproven: Collection[int] = (),
    drops: bool,
) -> Plan:
    """What a roster would do to a course. `accounts`: whose e-mail addresses have an account already.

    `unproven`: accounts that came by a join code, which get no role of staff by a file.

    A line is a member's by its SID, else by its e-mail address, else by its login. Lines that contradict each other or
    themselves are left to the staff; a member whom such a line may mean is not missing.
    """
    matching = _Matching(lines, members, accounts, unproven)
    for line in lines:
        matching.take(line)
    missing = [each for each in members if each.user_id not in matching.met and each.role is Role.STUDENT]
    return Plan(
        added=matching.added,
        changed=matching.changed,
        unchanged=matching.unchanged,
        missing=missing,
        drops=drops,
        doubts=matching.doubts,
    )


class _Matching:
    """Takes line after line, and keeps what became of it."""

    def __init__(
        self,
        lines: Sequence[Line],
        members: Sequence[Member],
        accounts: Mapping[str, int],
        unproven: Collection[int],
    ) -> None:
        self._by_sid = _unique((each.sid, each) for each in members)
        self._by_email = {each.email: each for each in members}
        self._by_login = _unique((each.login.casefold(), each) for each in members)
        self._accounts, self._unproven = accounts, unproven
        self._seen = {
            "SID": Counter(line.sid for line in lines),
            "e-mail address": Counter(line.email for line in lines),
            "login": Counter(line.login.casefold() for line in lines),
        }
        self.met: set[int] = set()
        self.added: list[Addition] = []
        self.changed: list[Change] = []
        self.doubts: list[Doubt] = []
        self.unchanged = 0

    def take(self, line: Line) -> None:
        """Decides what becomes of a line."""
        meant = self._meant(line)
        reason = self._contradiction(line, meant)
        member = meant[0] if meant else None
        already = member is not None and member.user_id in self.met
        self.met |= {each.user_id for each in meant}
        if not reason and already:
            reason = "another line means the same person"
        if reason:
            self.doubts.append(Doubt(line, reason))
        elif member is None:
            self.added.append(Addition(line, line.role or Role.STUDENT, self._accounts.get(line.email)))
        elif values := _news(line, member):
            self.changed.append(Change(line, member, values))
        else:
            self.unchanged += 1

    def _meant(self, line: Line) -> list[Member]:
        """Everybody in the course whom the line may mean, the one by the SID first."""
        found = (
            self._by_sid.get(line.sid) if line.sid else None,
            self._by_email.get(line.email) if line.email else None,
            self._by_login.get(line.login.casefold()) if line.login else None,
        )
        return list(dict.fromkeys(each for each in found if each is not None))

    def _contradiction(self, line: Line, meant: Sequence[Member]) -> str:
        """Why nothing can be done with a line; an empty text where something can."""
        values = {"SID": line.sid, "e-mail address": line.email, "login": line.login.casefold()}
        for what, value in values.items():
            if value and self._seen[what][value] > 1:
                return f"{self._seen[what][value]} lines have the {what} {value}"
        if line.unknown_role:
            return f"{line.unknown_role!r} is no role here: student, TA, reader or instructor"
        if len(meant) > 1:
            return "SID, e-mail address and login mean different people: " + " and ".join(each.email for each in meant)
        if role := self._unproven_role(line, meant):
            return f"nobody has checked whose account this is: give them a link first, then make them {role.value}"
        if meant:
            return _change_of_sid(line, meant[0])
        if not line.email:
            return "nobody in the course has this SID or login, and a new account needs an e-mail address"
        return "" if _is_email(line.email) else f"{line.email!r} is not an e-mail address"

    def _unproven_role(self, line: Line, meant: Sequence[Member]) -> Role | None:
        """The role of staff that a line would give to an account of which nobody has checked whose it is."""
        account = meant[0].user_id if meant else self._accounts.get(line.email)
        is_new = not meant or meant[0].role is not line.role
        return line.role if line.role and line.role.is_staff and is_new and account in self._unproven else None


def _change_of_sid(line: Line, member: Member) -> str:
    """The same address with another SID: a typing error, or another person who was given it."""
    if line.sid and member.sid and line.sid != member.sid:
        return f"{member.email} has the SID {member.sid} in the course, and {line.sid} in the file"
    return ""


def _news(line: Line, member: Member) -> dict[str, tuple[str, str]]:
    """What a line says of a member that was not known, before and after. What it leaves out stays."""
    before = {"sid": member.sid, "login": member.login, "section": member.section, "role": member.role.value}
    after = {
        "sid": line.sid,
        "login": line.login,
        "section": line.section,
        "role": line.role.value if line.role else "",
    }
    if member.role is Role.INSTRUCTOR:
        after["role"] = ""  # a file takes no course away from those who run it
    if line.name and member.name == member.email:
        before["name"], after["name"] = member.name, line.name  # nobody had told the name yet
    return {what: (before[what], after[what]) for what in before if after[what] and after[what] != before[what]}


def _unique(pairs: Iterable[tuple[str, Member]]) -> dict[str, Member]:
    """Members by a value that only one of them has."""
    listed = [(value, member) for value, member in pairs if value]
    times = Counter(value for value, _ in listed)
    return {value: member for value, member in listed if times[value] == 1}


def _is_email(text: str) -> bool:
    mailbox, at, host = text.rpartition("@")
    return bool(mailbox and at and host) and text.isprintable() and not any(each.isspace() for each in text)
