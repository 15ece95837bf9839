"""How often somebody may try to sign in. Kept in memory: a restart forgets, and each web process counts for itself."""

import ipaddress
from collections import deque
from dataclasses import dataclass
from math import ceil
from threading import Lock

from app.clock import MonotonicClock
from app.errors import AppError
from models.columns import fold_email

WINDOW_SECONDS = 15 * 60
"""How long a failure counts."""
FAILURES_PER_PAIR = 10
"""Failures within the window after which an e-mail address has to wait at one network address, or in one known browser."""
FAILURES_PER_EMAIL = 50
"""The same for an e-mail address from everywhere: who guesses from many places gets 4,800 tries a day."""
FAILURES_PER_ADDRESS = 50
"""The same for a network address: a whole class may sit behind one."""
MAX_KEYS = 20_000
"""Addresses remembered at once; beyond it the oldest are forgotten, so that made-up ones cannot fill the memory."""
IPV6_NETWORK_BITS = 64
"""What one subscriber gets of IPv6; single addresses within it cost nothing."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a try counts for: keys with their limits. `own`: those that its success forgets altogether."""

    limits: tuple[tuple[str, int], ...]
    own: frozenset[str] = frozenset()


def signing_in(email: str, address: str, known_browser: str | None) -> Attempt:
    """A try with a password. `known_browser`: a browser in which this very account has signed in before.

    It is counted by itself, so that whoever types wrong passwords for somebody else keeps them out of no browser that
    they use, whatever network the two share.
    """
    if known_browser is not None:
        key = f"browser {known_browser}"
        return Attempt(((key, FAILURES_PER_PAIR),), frozenset({key}))
    mail, place = f"email {fold_email(email)}", _place(address)
    pair = f"{mail} at {place}"
    limits = ((pair, FAILURES_PER_PAIR), (mail, FAILURES_PER_EMAIL), (place, FAILURES_PER_ADDRESS))
    return Attempt(limits, frozenset({pair, mail}))


def confirming(session_id: int) -> Attempt:
    """A try with the present password by somebody who is signed in."""
    key = f"session {session_id}"
    return Attempt(((key, FAILURES_PER_PAIR),), frozenset({key}))


def joining(address: str) -> Attempt:
    """A try with a join code."""
    return Attempt(((f"code at {_place(address)}", FAILURES_PER_ADDRESS),))


class Throttle:
    """Counts tries. One counts as a failure until it is known to have succeeded, so that many at once cannot slip through."""

    def __init__(self, clock: MonotonicClock) -> None:
        self._clock = clock
        self._failures: dict[str, deque[float]] = {}
        # Sign-ins run in several threads; the lock keeps looking and counting together.
        self._lock = Lock()

    def begin(self, attempt: Attempt) -> None:
        """Count a try. Raises AppError 429 with `retry_after_seconds` where there were too many."""
        now = self._clock()
        with self._lock:
            wait = max(self._wait(key, limit, now) for key, limit in attempt.limits)
            if wait > 0:
                raise _too_many(ceil(wait))
            for key, _ in attempt.limits:
                self._add(key, now)

    def succeed(self, attempt: Attempt) -> None:
        """Take back the try that `begin` counted, and forget what was counted for its own keys."""
        with self._lock:
            for key, _ in attempt.limits:
                if key in attempt.own:
                    self._failures.pop(key, None)
                elif counted := self._failures.get(key):
                    counted.pop()

    def _wait(self, key: str, limit: int, now: float) -> float:
        """Seconds until the key may try again, 0 for now."""
        times = self._failures.get(key, deque())
        while times and times[0] <= now - WINDOW_SECONDS:
            times.popleft()
        return times[0] + WINDOW_SECONDS - now if len(times) >= limit else 0.0

    def _add(self, key: str, now: float) -> None:
        """Count one try, under the most recent of keys."""
        times = self._failures.pop(key, deque())
        times.append(now)
        self._failures[key] = times
        while len(self._failures) > MAX_KEYS:
            del self._failures[next(iter(self._failures))]


def _place(address: str) -> str:
    """One key for an IPv4 address or an IPv6 network; other texts stand for themselves."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return f"address {address}"
    if parsed.version == 4:
        return f"address {parsed}"
    return f"address {ipaddress.ip_network((int(parsed), IPV6_NETWORK_BITS), strict=False)}"


def _too_many(wait_seconds: int) -> AppError:
    minutes = ceil(wait_seconds / 60)
    detail = f"Too many failed tries. Try again in {minutes} {'minute' if minutes == 1 else 'minutes'}."
    return AppError(429, "too-many-sign-ins", detail, retry_after_seconds=wait_seconds)
