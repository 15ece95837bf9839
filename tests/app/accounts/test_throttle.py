"""How often somebody may try to sign in, on a clock that the test sets."""

import pytest

from app.accounts import throttle
from app.accounts.throttle import FAILURES_PER_ADDRESS, FAILURES_PER_EMAIL, WINDOW_SECONDS, SignInThrottle
from app.errors import AppError


class HandClock:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def fail(gate: SignInThrottle, times: int, email: str = "ada@example.org", address: str = "10.0.0.1") -> None:
    for _ in range(times):
        gate.begin(email, address)


def test_one_email_may_fail_ten_times() -> None:
    gate = SignInThrottle(HandClock())
    fail(gate, FAILURES_PER_EMAIL)

    with pytest.raises(AppError) as caught:
        gate.begin("ada@example.org", "10.0.0.2")

    assert (caught.value.status, caught.value.code) == (429, "too-many-sign-ins")
    assert caught.value.extra == {"retry_after_seconds": WINDOW_SECONDS}


def test_spelling_an_email_differently_gives_no_more_tries() -> None:
    gate = SignInThrottle(HandClock())
    fail(gate, FAILURES_PER_EMAIL)

    with pytest.raises(AppError):
        gate.begin(" ADA@example.org", "10.0.0.2")


def test_one_address_may_fail_fifty_times_over_all_emails() -> None:
    gate = SignInThrottle(HandClock())
    for number in range(FAILURES_PER_ADDRESS):
        gate.begin(f"{number}@example.org", "10.0.0.1")

    with pytest.raises(AppError):
        gate.begin("new@example.org", "10.0.0.1")
    gate.begin("new@example.org", "10.0.0.2")


def test_addresses_of_one_ipv6_network_count_as_one() -> None:
    gate = SignInThrottle(HandClock())
    for number in range(FAILURES_PER_ADDRESS):
        gate.begin(f"{number}@example.org", f"2001:db8::{number:x}")

    with pytest.raises(AppError):
        gate.begin("new@example.org", "2001:db8::ffff")
    gate.begin("new@example.org", "2001:db8:0:1::1")


def test_failures_are_forgotten_after_the_window() -> None:
    clock = HandClock()
    gate = SignInThrottle(clock)
    fail(gate, FAILURES_PER_EMAIL)

    clock.seconds += WINDOW_SECONDS - 0.5
    with pytest.raises(AppError, match="1 minute") as caught:
        gate.begin("ada@example.org", "10.0.0.1")
    clock.seconds += 0.5
    gate.begin("ada@example.org", "10.0.0.1")

    assert caught.value.extra == {"retry_after_seconds": 1}


def test_a_refused_try_does_not_prolong_the_wait() -> None:
    clock = HandClock()
    gate = SignInThrottle(clock)
    fail(gate, FAILURES_PER_EMAIL)

    clock.seconds += WINDOW_SECONDS / 2
    with pytest.raises(AppError):
        gate.begin("ada@example.org", "10.0.0.1")
    clock.seconds += WINDOW_SECONDS / 2

    gate.begin("ada@example.org", "10.0.0.1")


def test_success_forgets_the_failures_of_its_email() -> None:
    gate = SignInThrottle(HandClock())
    fail(gate, FAILURES_PER_EMAIL)
    gate.succeed("ada@example.org", "10.0.0.1")

    fail(gate, FAILURES_PER_EMAIL)
    with pytest.raises(AppError):
        gate.begin("ada@example.org", "10.0.0.1")


def test_a_class_behind_one_address_can_sign_in() -> None:
    gate = SignInThrottle(HandClock())
    for number in range(3 * FAILURES_PER_ADDRESS):
        gate.begin(f"{number}@example.org", "10.0.0.1")
        gate.succeed(f"{number}@example.org", "10.0.0.1")


def test_made_up_emails_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "MAX_KEYS", 4)
    gate = SignInThrottle(HandClock())
    fail(gate, FAILURES_PER_EMAIL)
    for number in range(4):
        gate.begin(f"{number}@example.org", "10.0.0.2")

    gate.begin("ada@example.org", "10.0.0.1")
