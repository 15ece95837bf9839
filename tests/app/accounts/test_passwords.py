"""Password rules and hashes."""

import pytest

from app.accounts.passwords import MAX_PASSWORD_CHARACTERS, MIN_PASSWORD_CHARACTERS, Passwords
from app.errors import AppError

GOOD = "prune with care"


def test_a_password_matches_its_own_hash_alone(passwords: Passwords) -> None:
    stored = passwords.hash(GOOD)

    assert passwords.matches(stored, GOOD)
    assert not passwords.matches(stored, "prune with haste")


def test_equal_passwords_have_different_hashes(passwords: Passwords) -> None:
    assert passwords.hash(GOOD) != passwords.hash(GOOD)


def test_the_hash_is_argon2id(passwords: Passwords) -> None:
    assert passwords.hash(GOOD).startswith("$argon2id$")


def test_nothing_matches_an_account_without_a_password(passwords: Passwords) -> None:
    assert not passwords.matches(None, GOOD)


def test_an_unreadable_hash_matches_nothing(passwords: Passwords) -> None:
    assert not passwords.matches("not a hash", GOOD)


def test_an_accent_counts_the_same_however_it_was_typed(passwords: Passwords) -> None:
    assert passwords.matches(passwords.hash("caf\u00e9 caf\u00e9 caf\u00e9"), "cafe\u0301 cafe\u0301 cafe\u0301")


@pytest.mark.parametrize(
    ("length", "code"),
    [(MIN_PASSWORD_CHARACTERS - 1, "password-too-short"), (MAX_PASSWORD_CHARACTERS + 1, "password-too-long")],
)
def test_a_password_outside_the_limits_is_refused_with_its_length(passwords: Passwords, length: int, code: str) -> None:
    with pytest.raises(AppError, match=str(length)) as caught:
        passwords.hash("a" * length)

    assert (caught.value.status, caught.value.code) == (422, code)


@pytest.mark.parametrize("length", [MIN_PASSWORD_CHARACTERS, MAX_PASSWORD_CHARACTERS])
def test_a_password_at_a_limit_is_taken(passwords: Passwords, length: int) -> None:
    assert passwords.matches(passwords.hash("a" * length), "a" * length)


def test_a_hash_of_another_cost_is_outdated(passwords: Passwords) -> None:
    dearer = Passwords(memory_kib=16, passes=1, lanes=1)

    assert dearer.is_outdated(passwords.hash(GOOD))
    assert not passwords.is_outdated(passwords.hash(GOOD))
