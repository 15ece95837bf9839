"""How often somebody may try to sign in. Kept in memory: a restart forgets, and each web process counts for itself."""

import ipaddress
from collections import deque
from math import ceil
from threading import Lock

from app.clock import MonotonicClock
from app.errors import AppError
from models.columns import fold_email

WINDOW_SECONDS = 15 * 60
"""How long a failure counts."""
FAILURES_PER_EMAIL = 10
"""Failures within the window after which an address of e-mail has to wait."""
FAILURES_PER_ADDRESS = 50
"""The same for a network address: a whole class may sit behind one."""
MAX_KEYS = 20_000
"""Addresses remembered at once; beyond it the oldest are forgotten, so that made-up ones cannot fill the memory."""
IPV6_NETWORK_BITS = 64
"""What one subscriber gets of IPv6; single addresses within it cost nothing."""


class SignInThrottle:
    """Counts tries to sign in for each e-mail and each network address.

    A try counts as a failure until it is known to have succeeded, so that many at once cannot slip through together.
    """

    def __init__(self, clock: MonotonicClock) -> None:
        self._clock = clock
        self._failures: dict[str, deque[float]] = {}
        # Sign-ins run in several threads; the lock keeps looking and counting together.
        self._lock = Lock()

    def begin(self, email: str, address: str) -> None:
        """Count a try. Raises AppError 429 with `retry_after_seconds` where there were too many."""
        now = self._clock()
        limits = ((_email_key(email), FAILURES_PER_EMAIL), (_address_key(address), FAILURES_PER_ADDRESS))
        with self._lock:
            wait = max(self._wait(key, limit, now) for key, limit in limits)
            if wait > 0:
                raise _too_many(ceil(wait))
            for key, _ in limits:
                self._add(key, now)

    def succeed(self, email: str, address: str) -> None:
        """Take back the try that `begin` counted, and forget what was counted for the e-mail."""
        with self._lock:
            self._failures.pop(_email_key(email), None)
            from_address = self._failures.get(_address_key(address))
            if from_address:
                from_address.pop()

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


def _email_key(email: str) -> str:
    return f"email {fold_email(email)}"


def _address_key(address: str) -> str:
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
    detail = f"Too many failed sign-ins. Try again in {minutes} {'minute' if minutes == 1 else 'minutes'}."
    return AppError(429, "too-many-sign-ins", detail, retry_after_seconds=wait_seconds)
