"""A mark in a browser that an account has signed in there before: wrong passwords typed elsewhere do not keep it out.

The mark is made with the account's password hash as the key. So nobody makes one without the database, and a new password
ends all of them; nothing has to be stored.
"""

import hashlib
import hmac
import secrets

from models.accounts import User

MARK_DAYS = 180


def mark(person: User) -> str:
    """A new mark for a browser in which the person has just signed in."""
    nonce = secrets.token_urlsafe(16)
    return f"{nonce}.{_seal(person, nonce)}"


def is_known(person: User | None, value: str | None) -> bool:
    """Whether the mark was made for this person, under the password of now."""
    if person is None or person.password_hash is None or not value:
        return False
    nonce, _, seal = value.partition(".")
    return hmac.compare_digest(seal.encode(), _seal(person, nonce).encode())


def _seal(person: User, nonce: str) -> str:
    key = (person.password_hash or "").encode()
    return hmac.new(key, f"known browser {person.id} {nonce}".encode(), hashlib.sha256).hexdigest()
