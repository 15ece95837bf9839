"""Password rules and hashes (Argon2id, RFC 9106)."""

import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.errors import AppError

MIN_PASSWORD_CHARACTERS = 10
"""NIST SP 800-63B asks for 8; a class shares hosts and neighbours."""
MAX_PASSWORD_CHARACTERS = 256
"""Long enough for any sentence; hashing a megabyte would be a way to keep the service busy."""


class Passwords:
    """Makes and checks password hashes at one cost. Takes tens of milliseconds: call it outside of a write session."""

    def __init__(self, *, memory_kib: int, passes: int, lanes: int) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=lanes)
        self._nobody = self._hasher.hash(secrets.token_bytes(32))

    def hash(self, password: str) -> str:
        """The hash of a new password, with its salt and cost. Raises AppError where the password breaks the rules."""
        length = len(password)
        if length < MIN_PASSWORD_CHARACTERS:
            detail = f"The password has {length} characters; it needs at least {MIN_PASSWORD_CHARACTERS}."
            raise AppError(422, "password-too-short", detail, field="password")
        if length > MAX_PASSWORD_CHARACTERS:
            detail = f"The password has {length} characters; at most {MAX_PASSWORD_CHARACTERS} are kept."
            raise AppError(422, "password-too-long", detail, field="password")
        return self._hasher.hash(_normal(password))

    def matches(self, stored: str | None, password: str) -> bool:
        """True where the password belongs to the hash. Takes as long without a hash, so as not to tell who exists."""
        if len(password) > MAX_PASSWORD_CHARACTERS:
            return False
        try:
            self._hasher.verify(stored or self._nobody, _normal(password))
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None

    def is_outdated(self, stored: str) -> bool:
        """True where the hash was made at another cost and should be made again at the next sign-in."""
        return self._hasher.check_needs_rehash(stored)


def _normal(password: str) -> str:
    """The same password however a keyboard composes its characters (NFKC, as NIST SP 800-63B says)."""
    return unicodedata.normalize("NFKC", password)
