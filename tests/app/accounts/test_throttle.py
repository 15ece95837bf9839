"""How often somebody may try to sign in, on a clock that the test sets."""

import pytest

from app.accounts import throttle
from app.accounts.throttle import (
    FAILURES_PER_ADDRESS,
    FAILURES_PER_EMAIL,
    FAILURES_PER_PAIR,
    WINDOW_SECONDS,
    Throttle,
    confirming,
    joining,
    signing_in,
)
from app.errors import AppError

ADA = "ada@example.org"
HERE, THERE = "10.0.0.1", "10.0.0.2"


class HandClock:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def fail(gate: Throttle, times: int, email: str = ADA, address: str = HERE, browser: str | None = None) -> None:
    for _ in range(times):
        gate.begin(signing_in(email, address, browser))


def test_one_email_may_fail_ten_times_from_one_address() -> None:
    gate = Throttle(HandClock())
    fail(gate, FAILURES_PER_PAIR)

    with pytest.raises(AppError) as caught:
        fail(gate, 1)

    assert (caught.value.status, caught.value.code) == (429, "too-many-sign-ins")
    assert caught.value.extra == {"retry_after_seconds": WINDOW_SECONDS}


def test_a_classmate_locks_nobody_out_of_another_address() -> None:
    gate = Throttle(HandClock())
    fail(gate, FAILURES_PER_PAIR, address=THERE)

    fail(gate, 1, address=HERE)


def test_nor_out_of_a_browser_that_they_use_behind_the_same_address() -> None:
    gate = Throttle(HandClock())
    for number in range(FAILURES_PER_ADDRESS // FAILURES_PER_PAIR):
        fail(gate, FAILURES_PER_PAIR, f"{number}@example.org")
    with pytest.raises(AppError):
        fail(gate, 1)

    fail(gate, 1, browser="hers")


def test_a_browser_that_is_known_has_ten_tries_too() -> None:
    gate = Throttle(HandClock())
    fail(gate, FAILURES_PER_PAIR, browser="hers")

    with pytest.raises(AppError):
        fail(gate, 1, browser="hers")


def test_one_email_may_fail_fifty_times_from_everywhere() -> None:
    gate = Throttle(HandClock())
    for number in range(FAILURES_PER_EMAIL):
        fail(gate, 1, address=f"10.0.1.{number}")

    with pytest.raises(AppError):
        fail(gate, 1, address="10.0.2.1")


def test_spelling_an_email_differently_gives_no_more_tries() -> None:
    gate = Throttle(HandClock())
    fail(gate, FAILURES_PER_PAIR)

    with pytest.raises(AppError):
        fail(gate, 1, " ADA@example.org")


def test_one_address_may_fail_fifty_times_over_all_emails() -> None:
    gate = Throttle(HandClock())
    for number in range(FAILURES_PER_ADDRESS):
        fail(gate, 1, f"{number}@example.org")

    with pytest.raises(AppError):
        fail(gate, 1, "new@example.org")
    fail(gate, 1, "new@example.org", THERE)


def test_addresses_of_one_ipv6_network_count_as_one() -> None:
    gate = Throttle(HandClock())
    for number in range(FAILURES_PER_ADDRESS):
        fail(gate, 1, f"{number}@example.org", f"2001:db8::{number:x}")

    with pytest.raises(AppError):
        fail(gate, 1, "new@example.org", "2001:db8::ffff")
    fail(gate, 1, "new@example.org", "2001:db8:0:1::1")


def test_failures_are_forgotten_after_the_window() -> None:
    clock = HandClock()
    gate = Throttle(clock)
    fail(gate, FAILURES_PER_PAIR)

    clock.seconds += WINDOW_SECONDS - 0.5
    with pytest.raises(AppError, match="1 minute") as caught:
        fail(gate, 1)
    clock.seconds += 0.5
    fail(gate, 1)

    assert caught.value.extra == {"retry_after_seconds": 1}


def test_a_refused_try_does_not_prolong_the_wait() -> None:
    clock = HandClock()
    gate = Throttle(clock)
    fail(gate, FAILURES_PER_PAIR)

    clock.seconds += WINDOW_SECONDS / 2
    with pytest.raises(AppError):
        fail(gate, 1)
    clock.seconds += WINDOW_SECONDS / 2

    fail(gate, 1)


def test_success_forgets_the_failures_of_its_email() -> None:
    gate = Throttle(HandClock())
    fail(gate, FAILURES_PER_PAIR)
    gate.succeed(signing_in(ADA, HERE, None))

    fail(gate, FAILURES_PER_PAIR)
    with pytest.raises(AppError):
        fail(gate, 1)


def test_a_class_behind_one_address_can_sign_in_and_join() -> None:
    gate = Throttle(HandClock())
    for number in range(3 * FAILURES_PER_ADDRESS):
        for attempt in (signing_in(f"{number}@example.org", HERE, None), joining(HERE)):
            gate.begin(attempt)
            gate.succeed(attempt)


def test_guessing_join_codes_has_an_end() -> None:
    gate = Throttle(HandClock())
    for _ in range(FAILURES_PER_ADDRESS):
        gate.begin(joining(HERE))

    with pytest.raises(AppError):
        gate.begin(joining(HERE))


def test_the_present_password_may_be_wrong_ten_times_in_a_session() -> None:
    gate = Throttle(HandClock())
    for _ in range(FAILURES_PER_PAIR):
        gate.begin(confirming(7))

    with pytest.raises(AppError):
        gate.begin(confirming(7))
    gate.begin(confirming(8))


def test_made_up_emails_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "MAX_KEYS", 8)
    gate = Throttle(HandClock())
    fail(gate, FAILURES_PER_PAIR)
    for number in range(8):
        fail(gate, 1, f"{number}@example.org", THERE)

    fail(gate, 1)
